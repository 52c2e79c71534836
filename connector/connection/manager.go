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

// DisconnectError is a socket that ended or could not be opened.
type DisconnectError struct{ signal.Disconnect }

func (e *DisconnectError) Error() string {
	switch {
	case e.Err != nil:
		return "connection lost: " + e.Err.Error()
	case e.Reason != "":
		return "connection lost: " + e.Reason
	}
	return "connection lost"
}

func (e *DisconnectError) Unwrap() error { return e.Err }

// Handshake tells whether the WebSocket handshake failed: the only failure that is tried again at once.
func Handshake(err error) bool {
	var lost *DisconnectError
	return errors.As(err, &lost) && lost.Code == codeHandshake
}

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

func (m *Manager) handler(generation int) signal.Handler {
	post := func(fn func()) {
		m.deps.Loop.Post(func() {
			if m.generation == generation {
				fn()
			}
		})
	}
	return signal.Handler{
		OnConnecting:   func(n int) { post(func() { m.onConnecting(n) }) },
		OnReopen:       func() { post(m.onReopen) },
		OnConnected:    func() { post(m.onConnected) },
		OnDisconnected: func(d signal.Disconnect) { post(func() { m.onDisconnected(d) }) },
		OnRegistered:   func() { post(m.onRegistered) },
		OnUnregistered: func() { post(func() { m.deps.Emit("unregistered", nil) }) },
		OnRegistrationFailed: func(err *signal.ResponseError) {
			post(func() { m.onRegistrationFailed(err) })
		},
		OnSession: m.deps.OnSession,
		OnMessage: func(msg signal.Message) {
			post(func() {
				m.deps.Emit("newMessage", messageData{msg.From.User, msg.ContentType, len(msg.Body)})
				if m.deps.OnMessage != nil {
					m.deps.OnMessage(msg)
				}
			})
		},
		OnNotify: func(headers []signal.Header, body []byte) {
			post(func() {
				m.deps.Emit("sipEvent", nil)
				m.deps.OnNotify(headers, body)
			})
		},
	}
}

type messageData struct {
	From        string `json:"from"`
	ContentType string `json:"contentType"`
	Size        int    `json:"size"` // bytes
}

func (m *Manager) onConnecting(attempt int) {
	m.cutting = false
	m.deps.Emit("connecting", map[string]int{"attempt": attempt})
}

func (m *Manager) onReopen() {
	m.reopens--
	m.cutting = true
}

func (m *Manager) onConnected() {
	m.heal()
	m.deps.Emit("connected", nil)
	if configuration := m.machine.Configuration(); configuration != nil {
		m.deps.Emit("connected-with-configuration", configuration.Public())
	}
	switch {
	case m.attempt == nil && m.params != nil && !m.params.Register:
		m.resumed(nil)
	case m.attempt != nil && !m.attempt.params.Register:
		m.succeed()
	}
}

func (m *Manager) onRegistered() {
	m.heal()
	m.deps.Emit("registered", nil)
	switch {
	case m.attempt == nil:
		m.resumed(nil)
	case m.attempt.params.Register:
		m.succeed()
	}
}

// heal lets the machine follow an agent that came back by itself: from disconnected only "connecting" leads out.
func (m *Manager) heal() {
	if m.machine.State() == Disconnected {
		m.machine.Send(EventUAConnecting, nil)
	}
}

func (m *Manager) onRegistrationFailed(err *signal.ResponseError) {
	m.deps.Emit("registrationFailed", ErrorData(err))
	if m.resuming != nil {
		m.resumed(err)
	}
	if m.attempt != nil && m.attempt.params.Register {
		m.failed(err)
	}
}

func (m *Manager) onDisconnected(d signal.Disconnect) {
	m.back, m.cutting = false, false
	err := &DisconnectError{d}
	m.deps.Emit("disconnected", disconnectData{d.Code, d.Reason, d.Clean, errorText(d.Err)})
	if m.attempt != nil {
		m.failed(err)
	}
}

type disconnectData struct {
	Code   int    `json:"code"`
	Reason string `json:"reason,omitempty"`
	Clean  bool   `json:"clean"`
	Error  string `json:"error,omitempty"`
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

// Reopen replaces the socket and keeps the user agent, so that a call goes on. Done runs when the old one is cut.
func (m *Manager) Reopen(done func()) {
	m.back = false
	agent := m.agent
	if agent != nil {
		m.reopens++
	}
	m.deps.Loop.Go(func(context.Context) func() {
		if agent != nil {
			agent.Reopen()
		}
		return done
	})
}

// Resume waits for the socket that follows a Reopen to be connected and, where asked to, registered.
func (m *Manager) Resume(done func(*Configuration, error)) {
	switch {
	case m.agent == nil:
		m.deps.Loop.Later(func() { done(nil, ErrNotConnected) })
	case m.back:
		m.deps.Loop.Later(func() { done(m.machine.Configuration(), nil) })
	default:
		m.resuming = done
	}
}

// resumed ends the wait of Resume, unless what happened is still of the socket that a Reopen cuts: the answer to a refresh of
// the registration, say.
func (m *Manager) resumed(err error) {
	if !errors.Is(err, ErrCanceled) && (m.reopens > 0 || m.cutting) {
		return
	}
	m.back = err == nil
	if done := m.resuming; done != nil {
		m.resuming = nil
		done(m.machine.Configuration(), err)
	}
}

// CheckTelephony connects and disconnects a second, unregistered user agent. cancel ends the wait.
func (m *Manager) CheckTelephony(params Parameters, done func(error)) (cancel func()) {
	ctx, stop := context.WithCancel(m.deps.Loop.Context())
	m.deps.Loop.Go(func(context.Context) func() {
		err := m.probe(ctx, params)
		return func() {
			stop()
			done(err)
		}
	})
	return stop
}

func (m *Manager) probe(ctx context.Context, params Parameters) error {
	params, err := params.resolved(ctx)
	if err == nil {
		err = params.Validate()
	}
	if err != nil {
		return errors.Join(ErrTelephony, err)
	}
	params.Register = false
	configuration := Configure(&params, randomGuest())
	result := make(chan bool, 2)
	agent, err := m.deps.Dialer.NewUserAgent(params.UserAgentConfig(configuration, m.deps.UserAgent, ""),
		signal.Handler{
			OnConnected:    func() { offer(result, true) },
			OnDisconnected: func(signal.Disconnect) { offer(result, false) },
		})
	if err != nil {
		return errors.Join(ErrTelephony, err)
	}
	ctx, cancel := context.WithTimeout(ctx, PingTimeout)
	defer cancel()
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		_ = agent.Stop(stop)
	}()
	if err := agent.Start(); err != nil {
		return errors.Join(ErrTelephony, err)
	}
	select {
	case connected := <-result:
		if connected {
			return nil
		}
		return ErrTelephony
	case <-ctx.Done():
		return errors.Join(ErrTelephony, ctx.Err())
	}
}

func offer(result chan<- bool, value bool) {
	select {
	case result <- value:
	default:
	}
}

// ErrorInfo is an error in an event.
type ErrorInfo struct {
	Message    string       `json:"message"`
	StatusCode int          `json:"statusCode,omitempty"`
	Cause      signal.Cause `json:"cause,omitempty"`
	Code       int          `json:"code,omitempty"` // WebSocket close code
}

// ErrorData describes an error for an event's payload.
func ErrorData(err error) map[string]ErrorInfo {
	info := ErrorInfo{Message: errorText(err)}
	var response *signal.ResponseError
	if errors.As(err, &response) {
		info.StatusCode, info.Cause = response.StatusCode, response.Cause
	}
	var lost *DisconnectError
	if errors.As(err, &lost) {
		info.Code = lost.Code
	}
	return map[string]ErrorInfo{"error": info}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
