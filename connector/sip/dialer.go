package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
	"parley/connector/sip/websocket"
)

const (
	defaultExpires     = 300 * time.Second
	defaultRecoveryMin = 2 * time.Second
	defaultRecoveryMax = 6 * time.Second
	dialTimeout        = 20 * time.Second
	pingInterval       = 15 * time.Second // finds half-open sockets between the connector's OPTIONS
)

// Dialer makes user agents. Its zero value is usable.
type Dialer struct {
	Logger *slog.Logger
	Proxy  *url.URL // of the WebSocket; nil: as the environment says
	// PingInterval between WebSocket pings, 15 s when 0: one that is not answered within it ends the socket, which is how a
	// half-open connection is found.
	PingInterval time.Duration

	dial dialFunc // tests: a connection within the process
}

var _ signal.Dialer = Dialer{}

// connection is what the agent needs of a WebSocket.
type connection interface {
	transaction.Conn
	Close(code int, reason string) error
	CloseNow() error
}

type dialFunc func(ctx context.Context) (connection, error)

// NewUserAgent checks the configuration and makes an agent that does nothing before Start.
func (d Dialer) NewUserAgent(config signal.Config, handler signal.Handler) (signal.UserAgent, error) {
	u, err := url.Parse(config.URL)
	if err != nil {
		return nil, fmt.Errorf("server URL: %w", err)
	}
	if u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return nil, fmt.Errorf("server URL: want ws:// or wss:// and a host")
	}
	if config.User == "" || config.Domain == "" {
		return nil, errors.New("user and domain are needed")
	}
	setDefaults(&config)
	own, err := parseTarget(escapeUser(config.User), config.Domain)
	if err != nil {
		return nil, fmt.Errorf("own address: %w", err)
	}
	a := &agent{
		config: config, handler: handler, log: d.Logger, dial: d.dial,
		own: own, transport: strings.ToUpper(u.Scheme), host: randomToken(12) + ".invalid",
		calls: make(chan func()), hurry: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}), stopped: make(chan struct{}),
		queue:    newDispatcher(),
		sessions: make(map[string]*session),
		auth:     newAuthenticator(config.User, config.Password),
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	a.contact = sip.Uri{Scheme: "sip", User: randomToken(8), Host: randomToken(12) + ".invalid"}
	a.contact.UriParams.Add("transport", "ws") // RFC 7118 5.2: ws for secure ones too
	a.registration = registration{a: a, callID: randomToken(22), tag: randomToken(10), expires: config.RegisterExpires,
		wanted: config.Register}
	if a.dial == nil {
		ping := d.PingInterval
		if ping <= 0 {
			ping = pingInterval
		}
		a.dial = func(ctx context.Context) (connection, error) {
			return websocket.Dial(ctx, config.URL, websocket.Options{TLS: config.TLS, Proxy: d.Proxy,
				PingInterval: ping})
		}
	}
	return a, nil
}

func setDefaults(c *signal.Config) {
	if c.RegisterExpires <= 0 {
		c.RegisterExpires = defaultExpires
	}
	if c.RecoveryMin <= 0 {
		c.RecoveryMin = defaultRecoveryMin
	}
	if c.RecoveryMax <= 0 {
		c.RecoveryMax = defaultRecoveryMax
	}
	c.RecoveryMax = max(c.RecoveryMax, c.RecoveryMin)
}
