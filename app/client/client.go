// Package client puts the pieces together that talk to one server: the connector, SIP over WebSocket, peer connections
// and sound.
package client

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"parley/app/problem"
	"parley/connector"
	"parley/connector/autoconnect"
	"parley/connector/discovery"
	"parley/connector/fault"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/sip"
	"parley/media/audio"
	"parley/media/codec"
	_ "parley/media/codec/all" // every codec of this build
	"parley/media/device"
	"parley/media/peer"
)

// Options of a client.
type Options struct {
	Server         string // host[:port]
	User, Password string // the password is never logged
	Guest          bool
	Name           string      // shown to others
	TLS            *tls.Config // nil: the system's authorities
	// CallWaiting lets a further call ring during a call; otherwise it is answered busy.
	CallWaiting bool
	// Plain talks http and ws instead of https and wss: only ever because a person asked for it.
	Plain bool
	// ICEServers take the place of those that the server names; their credentials are never logged.
	ICEServers []rtc.ICEServer

	Codecs              rtc.Codecs
	MaxWidth, MaxHeight int // of what is sent, pixels; 0 is no limit
	MaxBitrate          int // of the main video that is sent, bit/s; 0 is no limit
	MaxReceiveBitrate   int // of the video that comes, bit/s; 0 is no limit

	Balancer       connector.BalancerConfig
	Recovery       connector.RecoveryConfig
	Redial         redial.Options
	MoreICEServers []rtc.ICEServer // beside those that the server names
	Proxy          *url.URL        // of HTTP and the WebSocket; nil: as the environment says
	// KeepConnected connects again by itself whenever the connection or the network is lost.
	KeepConnected bool

	// Speaker by name or ID; "" follows the system. Silent plays into nothing, paced by a clock: no sound card is touched.
	Speaker string
	Silent  bool
	// SpeakerChanged, when not nil, is told what plays now, "" while nothing does (audio.OutputOptions).
	SpeakerChanged func(device string)
	// CodecFailed, when not nil, is told of what has no codec that opens (peer.Config).
	CodecFailed func(peer.CodecFailure)
	// Processor, when not nil, hears what is played, so that it can take the echo out of a microphone. It stays the
	// caller's to close, after Close.
	Processor  audio.Processor
	InstanceID string // UUID of this installation
	UserAgent  string
	Logger     *slog.Logger
}

// Client is a connector with all it needs.
type Client struct {
	Connector *connector.Connector
	Mixer     *audio.Mixer

	// Faults and Gate break signalling and media on purpose (diagnostics).
	Faults *fault.Switch
	Gate   *peer.Gate

	options Options
	deafen  func() // ends what the processor hears
	volume  *audio.Volume
	output  *audio.Output
	http    *http.Client
}

// fetchTime bounds the question for the server's parameters.
const fetchTime = 10 * time.Second

// startAttempts of a connection that is kept: a person waits for the first one, and wants to know.
const startAttempts = 3

// New makes a client; nothing is sent before Connect.
func New(o Options) (*Client, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = o.TLS.Clone()
	if o.Proxy != nil {
		transport.Proxy = http.ProxyURL(o.Proxy)
	}
	transport.DisableKeepAlives = true // few requests, and none may be left over at the end
	c := &Client{options: o, Mixer: audio.NewMixer(), Faults: &fault.Switch{}, Gate: &peer.Gate{}, http: &http.Client{
		Transport: transport,
		// A server that redirects could lead out of TLS, and Go would send the token there.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	made, err := connector.New(connector.Config{
		Peers: peer.New(peer.Config{
			Output:   c.Mixer,
			Loopback: onThisMachine(o.Server),
			Gate:     c.Gate,

			CodecFailed: o.CodecFailed,
			Logger:      o.Logger,
		}),
		Dialer:      c.Faults.Dialer(sip.Dialer{Logger: o.Logger, Proxy: o.Proxy}),
		HTTP:        c.http,
		Logger:      o.Logger,
		UserAgent:   o.UserAgent,
		InstanceID:  o.InstanceID,
		CallWaiting: o.CallWaiting,
		Codecs:      o.Codecs,
		MaxBitrate:  o.MaxBitrate, MaxReceiveBitrate: o.MaxReceiveBitrate,
		Balancer:    o.Balancer,
		Recovery:    o.Recovery,
		Redial:      o.Redial,
		AutoConnect: autoconnect.Options{StartAttempts: startAttempts},
		Network:     autoconnect.SystemNetwork(),
	})
	if err != nil {
		return nil, fmt.Errorf("make the connector: %w", err)
	}
	c.Connector = made
	c.deafen = func() {}
	if o.Processor != nil {
		c.deafen = c.Mixer.Overhear(o.Processor.ProcessRender)
	}
	c.volume = audio.NewVolume(c.Mixer, 100)
	c.output = audio.NewOutput(c.volume, audio.OutputOptions{Device: o.Speaker, Null: o.Silent, Logger: o.Logger,
		Changed: o.SpeakerChanged, Known: device.KnownSpeaker})
	return c, nil
}

// Connect asks the server for its parameters and connects. Errors are *problem.Problem.
func (c *Client) Connect(ctx context.Context) error {
	o := c.options
	what := "could not connect to " + o.Server
	asking, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	address, err := discovery.Fetch(asking, c.http, o.Server, o.Plain)
	if err != nil {
		return problem.New(what, err)
	}
	parameters := connector.ConnectParameters{
		SIPServerURL:  address.SIPServerURL,
		SIPServerIP:   address.SIPServerIP,
		RemoteAddress: address.RemoteAddress,
		ICEServers:    append(address.ICEServers, o.MoreICEServers...),
		DisplayName:   o.Name,
		Register:      !o.Guest,
		User:          o.User,
		Password:      o.Password,
		MaxWidth:      o.MaxWidth,
		MaxHeight:     o.MaxHeight,
		TLS:           o.TLS,
		Plain:         o.Plain,
	}
	if len(o.ICEServers) > 0 {
		parameters.ICEServers = o.ICEServers
	}
	connect := c.Connector.Connect
	if o.KeepConnected {
		connect = c.Connector.AutoConnect
	}
	if err := connect(ctx, parameters); err != nil {
		if o.User != "" {
			what += " as " + o.User
		}
		return problem.New(what, err)
	}
	return nil
}

// Close hangs up, disconnects and waits until nothing of it runs any more.
func (c *Client) Close(ctx context.Context) error {
	err := c.Connector.Close(ctx)
	c.output.Close()
	c.deafen()
	c.http.CloseIdleConnections()
	return err
}

// SetSpeaker moves the sound to another device; it goes on.
func (c *Client) SetSpeaker(device string) { c.output.SetDevice(device) }

// SetVolume of what is heard, percent.
func (c *Client) SetVolume(percent int) { c.volume.Set(percent) }

// LookForSpeaker says that devices came or went: the wanted speaker is taken back, or given up.
func (c *Client) LookForSpeaker() { c.output.Look() }

// onThisMachine tells whether a server is reached over the loopback interface; then media must use it too.
func onThisMachine(server string) bool {
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		host = server
	}
	address := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || address.IsLoopback()
}

// OnlyCodec limits video to one codec; "" leaves all.
func OnlyCodec(name string) rtc.Codecs {
	if name == "" {
		return rtc.Codecs{}
	}
	only := rtc.Codecs{Preferred: []string{name}}
	for _, adapter := range codec.VideoAdapters() {
		if !strings.EqualFold(adapter.Name, name) {
			only.Excluded = append(only.Excluded, adapter.Name)
		}
	}
	return only
}
