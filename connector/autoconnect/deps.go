package autoconnect

import (
	"log/slog"
	"time"

	"parley/connector/connection"
	"parley/connector/loop"
)

// The defaults of spec connector 3.
const (
	RetryDelay        = 3 * time.Second
	PingInterval      = 15 * time.Second
	maxPingFailures   = 2
	TelephonyInterval = 15 * time.Second
)

// Connection is what the auto-connector needs of the connection manager.
type Connection interface {
	Connect(connection.Parameters, func(*connection.Configuration, error))
	CancelConnect()
	Disconnect(func())
	Ping(done func(error))
	PingWithin(limit time.Duration, done func(error))
	// Reopen cuts the socket and keeps the user agent, which opens another one; Resume waits for that one to be connected and,
	// where asked to, registered. A call goes on meanwhile.
	Reopen(done func())
	Resume(func(*connection.Configuration, error))
	CheckTelephony(connection.Parameters, func(error)) (cancel func())
	Busy() bool
	Machine() *connection.Machine
}

// Options of a Manager; zero values are the defaults.
type Options struct {
	RetryDelay, PingInterval, TelephonyInterval time.Duration
	PingTimeout                                 time.Duration // how long the connection waits for a ping, 10 s when 0
	OnChange, OnOnline                          Policy
	OfflineGrace                                time.Duration
	// StartAttempts is after how many attempts a start that did not connect tells so; 0: AttemptsLimit. What has been
	// connected once tries AttemptsLimit times.
	StartAttempts int
}

// Deps of a Manager.
type Deps struct {
	Loop       *loop.Loop
	Emit       func(name string, data any) // name without prefix
	Connection Connection
	InCall     func() bool
	Network    Network // nil: no events
	Options    Options
	Logger     *slog.Logger
}

func or(d, standard time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return standard
}
