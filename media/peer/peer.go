package peer

import (
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/pion/transport/v5"

	"parley/connector/rtc"
	"parley/media/audio"
)

// Errors of connections.
var (
	// ErrClosed means that the connection was closed before or during the operation.
	ErrClosed = errors.New("peer connection closed")
	// ErrState means that the operation does not fit the signalling state: an answer without an offer.
	ErrState = errors.New("wrong signalling state")
	// ErrNoSlot means that the connection does not send on that slot (a receive-only one sends nothing).
	ErrNoSlot = errors.New("this connection has no such m-line to send on")
)

// Output plays the sound of remote tracks; audio.Mixer is one.
type Output interface {
	Add(audio.Input)
	Remove(audio.Input)
}

// Config of a Factory. The zero value works: no sound is played.
type Config struct {
	// Output gets an input for each remote audio track while it lives. nil: sound is received, decoded by nobody.
	Output Output
	// Loopback makes candidates on the loopback interface too (UDP over IPv4, no mDNS): tests and the demo.
	Loopback bool
	// IPFilter keeps only candidates on addresses for which it is true; nil keeps all.
	IPFilter func(net.IP) bool
	// Logger; nil: slog.Default.
	Logger *slog.Logger
	// Disconnected and Failed are how long nothing may come from the peer until the state is disconnected, and after
	// that until it is failed. 0: 5 s and 25 s.
	Disconnected, Failed time.Duration
	// Net replaces the network of the machine (tests).
	Net transport.Net
	// CodecFailed, when not nil, is told once of each codec that does not open, for each track; one call at a time.
	CodecFailed func(CodecFailure)
	// Gate, when not nil, can block all media of these connections (diagnostics).
	Gate *Gate

	apart *apartConfig // of the connection of one m-line (apart.go)
}

func (c *Config) logger() *slog.Logger {
	if c.Logger != nil {
		return c.Logger
	}
	return slog.Default()
}

func (c *Config) disconnectedTimeout() time.Duration {
	if c.Disconnected > 0 {
		return c.Disconnected
	}
	return 5 * time.Second
}

func (c *Config) failedTimeout() time.Duration {
	if c.Failed > 0 {
		return c.Failed
	}
	return 25 * time.Second
}

// Factory makes peer connections (rtc.Factory). Codecs are those registered in media/codec.
type Factory struct{ config Config }

var _ rtc.Factory = (*Factory)(nil)

// New makes a factory.
func New(config Config) *Factory { return &Factory{config: config} }

// NewPeerConnection makes a connection; its concrete type is *Conn. ErrNoCommonCodec when every codec is excluded.
func (f *Factory) NewPeerConnection(config rtc.Config) (rtc.PeerConnection, error) {
	return newConn(f.config, config)
}
