package connection

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"parley/connector/rtc"
	"parley/connector/signal"
)

// Parameters of one connect (spec connector 2).
type Parameters struct {
	SIPServerURL, SIPServerIP, RemoteAddress  string
	ICEServers                                []rtc.ICEServer
	DisplayName                               string
	Register                                  bool
	User, Password                            string
	SessionTimers                             bool
	RegisterExpires, RecoveryMin, RecoveryMax time.Duration
	ExtraHeaders                              []signal.Header
	MaxWidth, MaxHeight                       int
	Plain                                     bool
	TLS                                       *tls.Config
	Attempts                                  int // tries while the handshake fails, 3 when 0
	// Resolve, when set, is asked at each connect for the parameters to use, on a goroutine of its own.
	Resolve func(ctx context.Context) (Parameters, error)
}

// resolved asks Resolve, where there is one.
func (p *Parameters) resolved(ctx context.Context) (Parameters, error) {
	if p.Resolve == nil {
		return *p, nil
	}
	found, err := p.Resolve(ctx)
	found.Resolve = nil
	return found, err
}

func (p *Parameters) attempts() int {
	if p.Attempts > 0 {
		return p.Attempts
	}
	return Attempts
}

// The validation errors, before anything is sent.
var (
	ErrNoServerIP  = errors.New("connect: sipServerIp is missing")
	ErrNoServerURL = errors.New("connect: sipServerUrl is missing")
	ErrNoPassword  = errors.New("connect: a password is needed to register")
	ErrNoUser      = errors.New("connect: a user is needed to register")
)

// Validate reports what is missing.
func (p *Parameters) Validate() error {
	switch {
	case p.SIPServerIP == "":
		return ErrNoServerIP
	case p.SIPServerURL == "":
		return ErrNoServerURL
	case p.Register && p.Password == "":
		return ErrNoPassword
	case p.Register && strings.TrimSpace(p.User) == "":
		return ErrNoUser
	}
	return nil
}

// Configuration of a running user agent: the parameters as they were used. It encodes to JSON without secrets.
type Configuration struct {
	SIPServerIP       string         `json:"sipServerIp"`
	SIPServerURL      string         `json:"sipServerUrl"`
	RemoteAddress     string         `json:"remoteAddress,omitempty"`
	ICEServers        ICEServers     `json:"iceServers,omitempty"`
	DisplayName       string         `json:"displayName"`
	AuthorizationUser string         `json:"authorizationUser"`
	Register          *bool          `json:"register,omitempty"` // nil: not said, which means false
	User              string         `json:"user,omitempty"`
	Plain             bool           `json:"-"` // ws and http instead of wss and https
	MaxResolution     *MaxResolution `json:"maxAvailableResolution,omitempty"`
}

// ICEServers encodes to the servers' URLs, without their credentials.
type ICEServers []rtc.ICEServer

// MarshalJSON leaves the credentials out.
func (s ICEServers) MarshalJSON() ([]byte, error) {
	urls := []string{}
	for _, server := range s {
		urls = append(urls, server.URLs...)
	}
	return json.Marshal(urls)
}

// MaxResolution limits what is sent, pixels.
type MaxResolution struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Clone copies; nil stays nil.
func (c *Configuration) Clone() *Configuration {
	if c == nil {
		return nil
	}
	d := *c
	d.ICEServers = append(ICEServers(nil), c.ICEServers...)
	if c.Register != nil {
		register := *c.Register
		d.Register = &register
	}
	if c.MaxResolution != nil {
		limit := *c.MaxResolution
		d.MaxResolution = &limit
	}
	return &d
}

// Public is a copy for events: without the credentials of ICE servers.
func (c *Configuration) Public() *Configuration {
	d := c.Clone()
	if d != nil {
		for i := range d.ICEServers {
			d.ICEServers[i].Username, d.ICEServers[i].Credential = "", ""
		}
	}
	return d
}

func (c *Configuration) registers() bool { return c != nil && c.Register != nil && *c.Register }

// Registers tells whether this connection is a registered user's and not a guest's.
func (c *Configuration) Registers() bool { return c.registers() }

// Configure turns parameters into the configuration of a user agent. User names a guest; it is only used when the
// parameters do not register.
func Configure(p *Parameters, guest string) *Configuration {
	register := p.Register
	c := &Configuration{SIPServerIP: p.SIPServerIP, SIPServerURL: p.SIPServerURL, RemoteAddress: p.RemoteAddress,
		ICEServers: p.ICEServers, DisplayName: DisplayName(p.DisplayName), AuthorizationUser: guest, Register: &register,
		User: p.User, Plain: p.Plain}
	if register {
		c.AuthorizationUser = strings.TrimSpace(p.User)
	}
	if p.MaxWidth > 0 || p.MaxHeight > 0 {
		c.MaxResolution = &MaxResolution{Width: p.MaxWidth, Height: p.MaxHeight}
	}
	return c
}

// UserAgentConfig is what the user agent needs for this configuration.
func (p *Parameters) UserAgentConfig(c *Configuration, userAgent, instanceID string) signal.Config {
	scheme := "wss"
	if p.Plain {
		scheme = "ws"
	}
	config := signal.Config{URL: WebSocketURL(scheme, p.SIPServerURL), Domain: p.SIPServerIP, User: c.AuthorizationUser,
		Password: p.Password, DisplayName: c.DisplayName, Register: p.Register, RegisterExpires: p.RegisterExpires,
		SessionTimers: p.SessionTimers, UserAgent: userAgent, InstanceID: instanceID, RecoveryMin: p.RecoveryMin,
		RecoveryMax: p.RecoveryMax, TLS: p.TLS}
	if !p.Register {
		config.Password = ""
	}
	config.ExtraHeaders = RegisterHeaders(p.RemoteAddress, p.ExtraHeaders)
	return config
}

// RegisterHeaders are the extra headers of every REGISTER.
func RegisterHeaders(remoteAddress string, extra []signal.Header) []signal.Header {
	var headers []signal.Header
	if remoteAddress != "" {
		headers = append(headers, signal.Header{Name: "X-Vinteo-Remote", Value: remoteAddress})
	}
	return append(headers, extra...)
}

// WebSocketURL of a server (protocol, "SIP over WebSocket").
func WebSocketURL(scheme, server string) string { return scheme + "://" + server + "/webrtc/wss/" }

// URI is the SIP URI of a user at a server.
func URI(user, server string) string { return "sip:" + user + "@" + server }

// DisplayName trims and replaces spaces by underscores.
func DisplayName(name string) string {
	return strings.ReplaceAll(strings.TrimSpace(name), " ", "_")
}

// GuestID makes a guest's user id, in [100000, 99999999); random is in [0, 1).
func GuestID(random float64) int {
	const low, high = 100_000, 99_999_999
	return low + int(random*(high-low))
}

func randomGuest() string { return strconv.Itoa(GuestID(rand.Float64())) }
