package window

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"parley/connector"
	"parley/connector/discovery"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/sip"
	"parley/media/audio"
	_ "parley/media/codec/all" // every codec of this build
	"parley/media/peer"
	"parley/views"
)

// Connector is what the window asks of connector.Connector.
type Connector interface {
	Connect(ctx context.Context, p connector.ConnectParameters) error
	Disconnect(ctx context.Context) error
	Call(ctx context.Context, p connector.CallParameters) error
	HangUp(ctx context.Context) error
	Accept(ctx context.Context, stream rtc.LocalStream) error
	Decline(ctx context.Context, busy bool) error
	SetMicrophone(ctx context.Context, on bool) error
	SetCamera(ctx context.Context, on bool) error
	StartPresentation(ctx context.Context, track rtc.LocalTrack, o connector.PresentationOptions) error
	StopPresentation(ctx context.Context) error
	SendDTMF(ctx context.Context, tones string) error
	Snapshot() session.Snapshot
	Watch(fn func(session.Snapshot)) (cancel func())
	Subscribe(fn func(connector.Event)) (cancel func())
	Close(ctx context.Context) error
}

// Link is one server's connector with its sound.
type Link struct {
	Connector Connector
	// Connect asks the server for its parameters and connects.
	Connect func(ctx context.Context) error
	// Ring rings until stopped; nil rings nothing.
	Ring func() (stop func())
	// SetSpeaker moves the sound to another device; nil when there is no sound.
	SetSpeaker func(device string)
	// Close disconnects and waits until nothing runs any more.
	Close func(ctx context.Context) error
}

// Opener makes a link; nothing is sent before Connect.
type Opener func(form views.SignIn, tls *tls.Config) (*Link, error)

// fetchTime bounds the question for the server's parameters.
const fetchTime = 10 * time.Second

// openLink is the Opener with real parts.
func openLink(o Options, speaker func() string) Opener {
	return func(form views.SignIn, tlsConfig *tls.Config) (*Link, error) {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = tlsConfig
		transport.DisableKeepAlives = true
		client := &http.Client{Transport: transport}
		mixer := audio.NewMixer()
		made, err := connector.New(connector.Config{
			Peers:      peer.New(peer.Config{Output: mixer, Loopback: onThisMachine(form.Server), Logger: o.Logger}),
			Dialer:     sip.Dialer{Logger: o.Logger},
			HTTP:       client,
			Logger:     o.Logger,
			UserAgent:  o.UserAgent,
			InstanceID: o.InstanceID,
		})
		if err != nil {
			return nil, fmt.Errorf("make the connector: %w", err)
		}
		output := audio.NewOutput(mixer, audio.OutputOptions{Device: speaker(), Null: o.Silent, Logger: o.Logger})
		return &Link{
			Connector:  made,
			Connect:    func(ctx context.Context) error { return connect(ctx, made, client, form, tlsConfig) },
			Ring:       func() func() { return ring(mixer) },
			SetSpeaker: output.SetDevice,
			Close: func(ctx context.Context) error {
				err := made.Close(ctx)
				output.Close()
				client.CloseIdleConnections()
				return err
			},
		}, nil
	}
}

func connect(ctx context.Context, c Connector, client *http.Client, form views.SignIn, tlsConfig *tls.Config) error {
	asking, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	address, err := discovery.Fetch(asking, client, form.Server, false)
	if err != nil {
		return fmt.Errorf("ask for the server's parameters: %w", err)
	}
	return c.Connect(ctx, connector.ConnectParameters{
		SIPServerURL:  address.SIPServerURL,
		SIPServerIP:   address.SIPServerIP,
		RemoteAddress: address.RemoteAddress,
		ICEServers:    address.ICEServers,
		DisplayName:   form.Name,
		Register:      !form.Guest,
		User:          form.User,
		Password:      form.Password,
		TLS:           tlsConfig,
	})
}

// onThisMachine tells whether a server is reached over the loopback interface; then media must use it too.
func onThisMachine(server string) bool {
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		host = server
	}
	address := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || address.IsLoopback()
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
