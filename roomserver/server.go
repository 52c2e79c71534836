// Package roomserver is a small conference server in the same binary: it gives a newcomer a working conference, tests a
// peer that needs nothing from outside, and QA a way to provoke every message of a server.
//
// A Server listens on one port for HTTPS and WebSocket (wss), registers users, connects calls between them, and holds
// conferences in rooms. New checks the configuration, Start listens, Close says goodbye to everyone.
package roomserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	// Every codec of this build: the mix needs Opus, the bots need video.
	_ "parley/media/codec/all"
)

// Defaults of a Config.
const (
	DefaultListen     = "127.0.0.1:8443"
	DefaultRoomFirst  = 2000
	DefaultRoomLast   = 2999
	DefaultBotRoom    = "2001"
	DefaultMaxClients = 200
	// messagesPerSecond is what one client may send; more is slowed down.
	messagesPerSecond = 1000
	// MinExpires is the shortest registration that is taken.
	MinExpires = 30 * time.Second
)

// Config of a Server. Zero values take the defaults.
type Config struct {
	Listen    string            // host:port; port 0 takes a free one
	Users     map[string]string // password by user; secrets, never logged
	RoomFirst int               // numbers of the rooms
	RoomLast  int
	Bots      int    // synthetic participants
	BotRoom   string // where they are
	// BotPresents lets the first bot present, whenever nobody else does.
	BotPresents bool
	// BotCalls are users whom a bot calls directly, a few seconds after each time they register.
	BotCalls []string
	CertFile string // PEM; both or none: then a certificate is made at start
	KeyFile  string
	// KeptCert is the file (PEM, key and certificate) that holds the certificate made at a start for the next ones: whoever has
	// trusted its fingerprint comes in again. Empty: each start makes its own.
	KeptCert string
	Codec    string // of every room: "VP8" or "H264"; empty: the first participant decides
	// MaxClients limits connections, MaxParticipants a room.
	MaxClients      int
	MaxParticipants int
	Moderator       string // host:port of the moderator's HTTP API; empty: none
	NoGuests        bool   // only registered users may call
	TakeOver        bool   // a second presenter takes over from the first
	MinExpires      time.Duration
	// TokenLife is how long a participant's token lets him ask for a spectator's media; 12 hours by default.
	TokenLife time.Duration
	// Algorithms of the digest challenges in their order, SHA-256 before MD5 by default (RFC 8760 2.4: best first). It must
	// end with MD5: JsSIP, which most web clients are built on, looks at the last one only and knows no other.
	Algorithms []string
	// Origins of web pages that may connect besides our own, as host patterns. All by default: there are no cookies here
	// that a page could ride on.
	Origins []string
	// Loopback keeps media on 127.0.0.1 (tests).
	Loopback bool
	// PingInterval of WebSocket pings to clients, 30 s by default; negative sends none.
	PingInterval time.Duration
	Events       func(Event) // told what happens; must be quick and may be called from several goroutines
	Logger       *slog.Logger
}

// ErrConfig is wrapped by every error of New that is about the configuration.
var ErrConfig = errors.New("room server configuration")

func (c *Config) complete() error {
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.RoomFirst == 0 && c.RoomLast == 0 {
		c.RoomFirst, c.RoomLast = DefaultRoomFirst, DefaultRoomLast
	}
	if c.BotRoom == "" {
		c.BotRoom = DefaultBotRoom
	}
	if c.MaxClients == 0 {
		c.MaxClients = DefaultMaxClients
	}
	if c.MinExpires == 0 {
		c.MinExpires = MinExpires
	}
	if c.Algorithms == nil {
		c.Algorithms = []string{"SHA-256", "MD5"}
	}
	if c.Origins == nil {
		c.Origins = []string{"*"}
	}
	if c.PingInterval == 0 {
		c.PingInterval = 30 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c.check()
}

func (c *Config) check() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("%w: listen address %q: %w", ErrConfig, c.Listen, err)
	}
	if c.RoomFirst < 1 || c.RoomLast < c.RoomFirst {
		return fmt.Errorf("%w: rooms %d-%d: the first must be above 0 and not above the last", ErrConfig, c.RoomFirst, c.RoomLast)
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return fmt.Errorf("%w: a certificate needs its key and the other way round", ErrConfig)
	}
	if c.Bots < 0 || c.Bots > 50 {
		return fmt.Errorf("%w: %d bots: 0 to 50 are possible", ErrConfig, c.Bots)
	}
	if c.Bots > 0 && !c.isRoom(c.BotRoom) {
		return fmt.Errorf("%w: the bots' room %q is not one of %d-%d", ErrConfig, c.BotRoom, c.RoomFirst, c.RoomLast)
	}
	if c.BotPresents && c.Bots == 0 {
		return fmt.Errorf("%w: without bots none can present", ErrConfig)
	}
	for _, user := range c.BotCalls {
		if _, ok := c.Users[user]; !ok {
			return fmt.Errorf("%w: a bot is to call %q, who is no user", ErrConfig, user)
		}
	}
	for user := range c.Users {
		if user == "" || c.isRoom(user) {
			return fmt.Errorf("%w: user %q: empty, or a room's number", ErrConfig, user)
		}
	}
	return nil
}

// isRoom tells whether a number is a room's.
func (c *Config) isRoom(number string) bool {
	n, err := strconv.Atoi(number)
	return err == nil && strconv.Itoa(n) == number && n >= c.RoomFirst && n <= c.RoomLast
}

// Server is made by New.
type Server struct {
	c     Config
	cert  tls.Certificate
	leaf  *x509.Certificate
	begun time.Time

	mu        sync.Mutex
	core      *core
	listener  net.Listener // nil before Start, and while a restart has it closed
	listensAt string       // of the listener, host:port
	http      *http.Server
	moderator *moderator
	work      sync.WaitGroup
	restart   sync.Mutex // held by Restart and Close
	closing   chan struct{}
	closed    bool
}

// New checks the configuration and makes a server that does not listen yet.
func New(c Config) (*Server, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	s := &Server{c: c, begun: time.Now(), closing: make(chan struct{})}
	var err error
	if s.cert, err = c.certificate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if s.leaf, err = x509.ParseCertificate(s.cert.Certificate[0]); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if s.core, err = s.newCore(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return s, nil
}

// Start listens and lets the bots in. ctx bounds starting only.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.listener != nil {
		return errors.New("room server: Start after Start or Close")
	}
	if s.c.Moderator != "" && s.moderator == nil {
		var err error
		if s.moderator, err = s.startModerator(ctx); err != nil {
			return err
		}
	}
	return s.listen(ctx, s.c.Listen)
}

// listen opens the port and lets the bots in. s.mu is held.
func (s *Server) listen(ctx context.Context, address string) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("room server: %w", err)
	}
	if err := s.core.letBotsIn(s.c); err != nil {
		_ = listener.Close()
		return fmt.Errorf("room server: %w", err)
	}
	s.listener, s.listensAt = listener, listener.Addr().String()
	server := &http.Server{
		Handler: s.routes(),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12,
			NextProtos: []string{"http/1.1"}, // a WebSocket over HTTP/2 is nothing that our clients do
		},
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    32 << 10,
		ConnContext:       withLine,
		ErrorLog:          slog.NewLogLogger(s.c.Logger.Handler(), slog.LevelDebug),
	}
	s.http = server
	s.work.Go(func() {
		if err := server.ServeTLS(lines{listener}, "", ""); !errors.Is(err, http.ErrServerClosed) {
			s.c.Logger.Error("room server stopped", "error", err)
		}
	})
	return nil
}

// current is what a request that comes now is for.
func (s *Server) current() *core {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.core
}

// Addr is where the server listens, host:port; empty before Start.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listensAt == "" {
		return ""
	}
	host, _, _ := net.SplitHostPort(s.c.Listen)
	_, port, _ := net.SplitHostPort(s.listensAt)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// URL of the WebSocket.
func (s *Server) URL() string { return "wss://" + s.Addr() + "/webrtc/wss/" }

// Fingerprint of the certificate, SHA-256.
func (s *Server) Fingerprint() string { return fingerprint(s.cert.Certificate[0]) }

// Certificate of the server, for a client that is to trust just it.
func (s *Server) Certificate() *x509.Certificate { return s.leaf }

// Close says BYE to everyone, closes all connections and waits for everything to end, at most until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.closing)
	s.mu.Unlock()
	s.restart.Lock() // a restart that runs ends first
	defer s.restart.Unlock()
	s.mu.Lock()
	server, core, moderator := s.http, s.core, s.moderator
	s.mu.Unlock()
	if moderator != nil {
		moderator.close()
	}
	err := core.close(ctx)
	if server != nil {
		_ = server.Close() // what is left are requests of a few milliseconds
	}
	s.work.Wait()
	if err != nil {
		return fmt.Errorf("close room server: %w", err)
	}
	return nil
}
