package connection

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"parley/connector/loop"
	"parley/connector/signal"
)

// The defaults of spec connector 2.
const (
	Attempts      = 3
	AttemptDelay  = 300 * time.Millisecond
	PingTimeout   = 10 * time.Second
	stopTimeout   = 5 * time.Second
	codeHandshake = 1006 // RFC 6455 7.4.1: closed without a close frame, which is also a failed handshake
)

// Errors of the manager.
var (
	ErrCanceled     = errors.New("connect: cancelled")
	ErrSuperseded   = errors.New("connect: a newer request took its place")
	ErrNotConnected = errors.New("not connected")
	//lint:ignore ST1005 the text of the reference, which people search for
	ErrTelephony = errors.New("Telephony is not available")
)

// Deps of a Manager.
type Deps struct {
	Loop                  *loop.Loop
	Emit                  func(name string, data any) // name without prefix
	Dialer                signal.Dialer
	UserAgent, InstanceID string
	PingTimeout           time.Duration // of the package when 0
	Logger                *slog.Logger
	OnSession             func(signal.Session) // on the user agent's goroutine
	OnNotify              func(headers []signal.Header, body []byte)
	OnMessage             func(signal.Message) // on the loop; nil: nobody reads them
}

// Manager is the SIP user agent's life. Its methods are called on the loop.
type Manager struct {
	deps    Deps
	machine *Machine

	agent       signal.UserAgent
	generation  int // of the agent: callbacks of older ones are dropped
	params      *Parameters
	attempt     *attempt
	queued      func() // the newest operation that waits for the running one
	drop        func() // tells the queued one that it is superseded
	stopping    bool
	back        bool // the socket that follows a Reopen is there
	reopens     int  // that were asked for and have not taken effect yet
	cutting     bool // the last one has, and the old socket is not gone yet
	resuming    func(*Configuration, error)
	stopped     []func()                   // to call when the running disconnect has ended
	requests    map[int]context.CancelFunc // that are under way
	nextRequest int
}

// attempt is one running connect.
type attempt struct {
	params *Parameters
	cancel context.CancelFunc // of the question for the parameters, nil when there is none
	tries  int
	retry  *loop.Timer
	limit  *loop.Timer
	done   func(*Configuration, error)
}

// NewManager makes a manager in idle.
func NewManager(deps Deps) *Manager {
	return &Manager{deps: deps, machine: NewMachine(deps.Logger), requests: map[int]context.CancelFunc{}}
}

// Machine for readers.
func (m *Manager) Machine() *Machine { return m.machine }

// Agent now, nil when there is none.
func (m *Manager) Agent() signal.UserAgent { return m.agent }

// Busy tells whether a connect or disconnect runs.
func (m *Manager) Busy() bool { return m.attempt != nil || m.stopping || m.resuming != nil }

// Connect connects. A running connect is cancelled, a running disconnect awaited, and a connection that is there ended first;
// a queued older request is superseded.
func (m *Manager) Connect(params Parameters, done func(*Configuration, error)) {
	start := func() { m.start(&params, done) }
	switch {
	case m.stopping:
		m.enqueue(start, func() { done(nil, ErrSuperseded) })
	case m.attempt != nil:
		m.finish(nil, ErrSuperseded)
		start()
	case m.agent != nil:
		m.Disconnect(nil)
		m.enqueue(start, func() { done(nil, ErrSuperseded) })
	default:
		start()
	}
}

func (m *Manager) enqueue(run, drop func()) {
	if m.drop != nil {
		m.drop()
	}
	m.queued, m.drop = run, drop
}

func (m *Manager) start(params *Parameters, done func(*Configuration, error)) {
	m.attempt = &attempt{params: params, done: done}
	m.machine.Send(EventStartConnect, nil)
	m.deps.Emit("connect-started", nil)
	if params.Resolve == nil {
		m.resolved(nil)
		return
	}
	a := m.attempt
	ctx, cancel := context.WithCancel(m.deps.Loop.Context())
	a.cancel = cancel
	m.deps.Loop.Go(func(context.Context) func() {
		found, err := params.resolved(ctx)
		return func() {
			cancel()
			if m.attempt != a {
				return
			}
			a.cancel = nil
			a.params = &found
			m.resolved(err)
		}
	})
}

// resolved goes on with the parameters, or ends the connect.
func (m *Manager) resolved(err error) {
	params := m.attempt.params
	if err != nil {
		m.deps.Emit("connect-parameters-resolve-failed", ErrorData(err))
		m.finish(nil, err)
		return
	}
	m.deps.Emit("connect-parameters-resolve-success", Configure(params, "").Public())
	if err := params.Validate(); err != nil {
		m.finish(nil, err)
		return
	}
	m.try()
}

// try starts a user agent, after the old one has stopped.
func (m *Manager) try() {
	a := m.attempt
	a.tries++
	m.retireAgent(func() {
		if m.attempt != a {
			return
		}
		m.params = a.params
		configuration := Configure(a.params, randomGuest())
		m.machine.Send(EventStartConnect, nil) // after a failed try: disconnected → preparing
		m.machine.Send(EventStartUA, configuration)
		m.generation++
		m.reopens, m.cutting = 0, false
		agent, err := m.deps.Dialer.NewUserAgent(
			a.params.UserAgentConfig(configuration, m.deps.UserAgent, m.deps.InstanceID), m.handler(m.generation))
		if err == nil {
			m.agent = agent
			err = agent.Start()
		}
		if err != nil {
			m.failed(err)
		}
	})
}

// retireAgent stops the present user agent and forgets it.
func (m *Manager) retireAgent(then func()) {
	agent := m.agent
	if agent == nil {
		then()
		return
	}
	m.agent = nil
	m.generation++
	m.deps.Loop.Go(func(ctx context.Context) func() {
		ctx, cancel := context.WithTimeout(ctx, stopTimeout)
		defer cancel()
		_ = agent.Stop(ctx)
		return then
	})
}

func (m *Manager) succeed() {
	configuration := m.machine.Configuration()
	m.deps.Emit("connect-succeeded", configuration.Public())
	m.settle(configuration, nil)
}

// failed ends a try: a failed handshake is tried again, everything else ends the connect.
func (m *Manager) failed(err error) {
	a := m.attempt
	if Handshake(err) && a.tries < a.params.attempts() {
		a.retry = m.deps.Loop.After(AttemptDelay, m.try)
		return
	}
	m.finish(nil, err)
}

// finish ends the connect without success and leaves no user agent behind.
func (m *Manager) finish(configuration *Configuration, err error) {
	m.retireAgent(func() {})
	if !errors.Is(err, ErrCanceled) && !errors.Is(err, ErrSuperseded) {
		m.deps.Emit("connect-failed", ErrorData(err))
	}
	m.settle(configuration, err)
}

func (m *Manager) settle(configuration *Configuration, err error) {
	a := m.attempt
	m.attempt = nil
	if a != nil {
		if a.cancel != nil { // the answer comes too late
			a.cancel()
			m.deps.Emit("connect-parameters-resolve-failed", ErrorData(err))
		}
		a.retry.Stop()
		a.limit.Stop()
		a.done(configuration, err)
	}
}

// CancelConnect ends a running or queued connect.
func (m *Manager) CancelConnect() {
	if m.drop != nil {
		drop := m.drop
		m.queued, m.drop = nil, nil
		drop()
	}
	if m.resuming != nil {
		m.resumed(ErrCanceled)
	}
	if m.attempt != nil {
		m.finish(nil, ErrCanceled)
		m.machine.Send(EventUADisconnected, nil)
	}
}

// Disconnect ends everything: requests, the user agent, the configuration. It succeeds always; done runs at the end.
func (m *Manager) Disconnect(done func()) {
	m.CancelConnect()
	for _, cancel := range m.requests {
		cancel()
	}
	if done != nil {
		m.stopped = append(m.stopped, done)
	}
	if m.stopping {
		return
	}
	m.stopping = true
	if m.agent == nil {
		m.disconnected()
		return
	}
	m.deps.Emit("disconnecting", nil)
	agent := m.agent
	m.agent = nil
	m.generation++
	m.deps.Loop.Go(func(ctx context.Context) func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		_ = agent.Stop(ctx)
		return func() {
			m.deps.Emit("disconnected", disconnectData{Code: 1000, Clean: true})
			m.disconnected()
		}
	})
}

func (m *Manager) disconnected() {
	m.stopping = false
	m.params = nil
	m.machine.Send(EventUADisconnected, nil)
	m.machine.Send(EventReset, nil)
	stopped := m.stopped
	m.stopped = nil
	for _, fn := range stopped {
		fn()
	}
	if next := m.queued; next != nil {
		m.queued, m.drop = nil, nil
		next()
	}
}
