package autoconnect

import (
	"context"
	"errors"
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

// Outcome of a start; the values are the wire names.
type Outcome string

// The outcomes.
const (
	Started        Outcome = "started"
	Coalesced      Outcome = "coalesced"
	FailedAll      Outcome = "failed-all-attempts"
	StoppedByError Outcome = "stop-attempts-by-error"
	LimitReached   Outcome = "limit-reached-attempts"
	Cancelled      Outcome = "cancelled-attempts"
)

// Error is a start that did not end in a connection.
type Error struct {
	Outcome Outcome
	Err     error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return "auto-connect: " + string(e.Outcome)
	}
	return "auto-connect: " + string(e.Outcome) + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

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

// Manager keeps the connection up. Its methods are called on the loop.
type Manager struct {
	deps      Deps
	machine   *Machine
	attempts  Attempts
	coalescer Coalescer
	policy    FailPolicy
	watcher   watcher

	params       *connection.Parameters
	epoch        int // of the state: results of an older one are dropped
	timer        *loop.Timer
	cancelCheck  func()
	pingFailures int
	registration bool // failed in a call: reconnect at its end
	resume       bool // a call is spared: its user agent gets another socket
	starting     func(Outcome, error)
	stopped      []func()
	err          error
}

// NewManager makes an idle auto-connector.
func NewManager(deps Deps) *Manager {
	o := &deps.Options
	o.RetryDelay = or(o.RetryDelay, RetryDelay)
	o.PingInterval = or(o.PingInterval, PingInterval)
	o.TelephonyInterval = or(o.TelephonyInterval, TelephonyInterval)
	o.OfflineGrace = or(o.OfflineGrace, OfflineGrace)
	m := &Manager{deps: deps, machine: NewMachine(deps.Logger), coalescer: Coalescer{Window: CoalesceWindow},
		policy: NewFailPolicy()}
	m.attempts = Attempts{Limit: AttemptsLimit, Saturate: true, OnChanged: func(on bool) {
		m.deps.Emit("changed-attempt-status", map[string]bool{"isInProgress": on})
	}}
	m.watcher = watcher{manager: m}
	return m
}

func or(d, standard time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return standard
}

// Machine for readers.
func (m *Manager) Machine() *Machine { return m.machine }

// Err is why the newest attempt failed, nil when it did not.
func (m *Manager) Err() error { return m.err }

// Active tells whether a cycle runs.
func (m *Manager) Active() bool { return m.machine.State() != Idle }

// Start a cycle. Done runs once: with Started, or why it did not come to that.
func (m *Manager) Start(params connection.Parameters, done func(Outcome, error)) {
	if m.Active() {
		done(Coalesced, nil)
		return
	}
	m.params = &params
	m.starting = done
	if n := m.deps.Options.StartAttempts; n > 0 {
		m.attempts.Limit = n
	}
	m.attempts.Reset()
	m.coalescer.Ask(ReasonStart, time.Now())
	m.watcher.subscribe()
	m.send(EventStart)
}

// Restart the running cycle with its parameters, or the last one; nothing when there was none.
func (m *Manager) Restart() { m.request(ReasonManualRestart) }

// Stop cancels everything and disconnects. Done runs in idle.
func (m *Manager) Stop(done func()) {
	m.watcher.unsubscribe()
	m.stop(done)
}

func (m *Manager) stop(done func()) {
	if !m.Active() {
		done()
		return
	}
	m.stopped = append(m.stopped, done)
	m.send(EventStop)
}

// request asks for a reconnect; a recent request of no lower priority speaks for it.
func (m *Manager) request(reason Reason) {
	if m.params == nil {
		return
	}
	if m.machine.State() == ErrorTerminal && !CanRetry(m.err) && reason != ReasonManualRestart {
		return // refused credentials stay refused: no loop of 403s, ever
	}
	decision := m.coalescer.Ask(reason, time.Now())
	if !decision.Request {
		m.log("reconnect coalesced", "reason", reason, "by", decision.CoalescedBy)
		return
	}
	m.log("reconnect", "reason", reason)
	m.attempts.Reset()
	if !m.Active() {
		m.watcher.subscribe()
		m.send(EventStart)
		return
	}
	m.send(EventRestart)
}

func (m *Manager) log(text string, args ...any) {
	if m.deps.Logger != nil {
		m.deps.Logger.Debug("auto-connector: "+text, args...)
	}
}

func (m *Manager) connected() bool {
	return m.deps.Connection.Machine().State() == connection.Established
}

func (m *Manager) occupied() bool {
	switch m.deps.Connection.Machine().State() {
	case connection.Idle, connection.Disconnected:
		return m.deps.Connection.Busy()
	}
	return true
}

// send hands an event to the machine and runs what follows.
func (m *Manager) send(event string) {
	before := m.machine.State()
	_, effects := m.machine.Send(event, Input{Busy: m.occupied()})
	if m.machine.State() == before {
		return
	}
	m.leave()
	if m.machine.State() == Idle {
		m.idle()
	}
	for _, effect := range effects {
		m.run(effect)
	}
}

// leave ends what the state before had started.
func (m *Manager) leave() {
	m.epoch++
	m.timer.Stop()
	m.timer = nil
	if m.cancelCheck != nil {
		m.cancelCheck()
		m.cancelCheck = nil
	}
}

// guarded makes a callback that counts only while the state is the same.
func (m *Manager) guarded(fn func(error)) func(error) {
	epoch := m.epoch
	return func(err error) {
		if m.epoch == epoch {
			fn(err)
		}
	}
}

func (m *Manager) run(effect string) {
	switch effect {
	case effectDisconnect:
		m.attempts.Finish()
		done := m.guarded(func(error) { m.send(EventDone) })
		m.deps.Connection.CancelConnect()
		if m.resume = len(m.stopped) == 0 && m.deps.InCall(); m.resume {
			m.deps.Connection.Reopen(func() { done(nil) })
			return
		}
		m.deps.Connection.Disconnect(func() { done(nil) })
	case effectGate:
		m.gate()
	case effectConnect:
		m.connect()
	case effectWait:
		m.timer = m.deps.Loop.After(m.deps.Options.RetryDelay, func() { m.send(EventWaited) })
	case effectMonitor:
		m.monitor()
	case effectTelephony:
		m.checkTelephony()
	}
}

func (m *Manager) gate() {
	m.deps.Emit("before-attempt", struct{}{})
	if m.attempts.LimitReached() {
		m.attempts.Finish()
		m.deps.Emit("limit-reached-attempts", connection.ErrorData(m.lastError()))
		m.settle(LimitReached, m.lastError())
		m.send(EventLimit)
		return
	}
	m.attempts.Begin()
	m.attempts.Increment()
	m.send(EventOpen)
}

func (m *Manager) lastError() error {
	if m.err == nil {
		return errors.New("limit of attempts reached")
	}
	return m.err
}

func (m *Manager) connect() {
	done := m.guarded(m.connectDone)
	if m.resume = m.resume && m.deps.InCall(); m.resume {
		m.deps.Connection.Resume(func(_ *connection.Configuration, err error) { done(err) })
		return
	}
	m.deps.Connection.Connect(*m.params, func(_ *connection.Configuration, err error) { done(err) })
}

func (m *Manager) connectDone(err error) {
	m.err = err
	switch {
	case err == nil:
		m.attempts.Finish()
		m.attempts.Reset()
		m.policy.Reset()
		m.succeeded()
		m.send(EventConnected)
	case errors.Is(err, connection.ErrCanceled), errors.Is(err, connection.ErrSuperseded), errors.Is(err, context.Canceled):
		m.halt("cancelled-attempts", Cancelled, err)
	case !CanRetry(err) || validation(err):
		m.halt("stop-attempts-by-error", StoppedByError, err)
	default:
		m.attempts.Finish()
		m.send(EventFailed)
	}
}

// errCallOver ends the wait for another socket of the user agent.
var errCallOver = errors.New("auto-connect: the call that was spared is over")

// validation errors stay the same however often they are tried.
func validation(err error) bool {
	for _, v := range []error{connection.ErrNoServerIP, connection.ErrNoServerURL, connection.ErrNoPassword, connection.ErrNoUser} {
		if errors.Is(err, v) {
			return true
		}
	}
	return false
}

func (m *Manager) succeeded() {
	m.deps.Emit("success", nil)
	m.settle(Started, nil)
}

func (m *Manager) halt(event string, outcome Outcome, err error) {
	m.attempts.Finish()
	m.deps.Emit(event, connection.ErrorData(err))
	m.send(EventHalted)
	m.settle(outcome, err)
}

func (m *Manager) settle(outcome Outcome, err error) {
	m.attempts.Limit = AttemptsLimit
	if done := m.starting; done != nil {
		m.starting = nil
		done(outcome, err)
	}
}

// idle is the end of a stop.
func (m *Manager) idle() {
	m.attempts.Finish()
	m.settle(Cancelled, nil)
	stopped := m.stopped
	m.stopped = nil
	for _, fn := range stopped {
		fn()
	}
}

// monitor pings every interval, beginning now; two failures in a row reconnect.
func (m *Manager) monitor() {
	m.pingFailures = 0
	m.ping()
	if m.registration && !m.deps.InCall() {
		m.registration = false
	}
}

func (m *Manager) ping() {
	m.deps.Connection.Ping(m.guarded(func(err error) {
		if err == nil {
			m.pingFailures = 0
		} else if m.pingFailures++; m.pingFailures >= maxPingFailures {
			m.request(ReasonPeriodicPingFailed)
			return
		}
		m.timer = m.deps.Loop.After(m.deps.Options.PingInterval, m.ping)
	}))
}

// probe pings after a network event.
func (m *Manager) probe(done func(error)) {
	if m.deps.InCall() {
		m.deps.Connection.PingWithin(CallProbeTimeout, done)
		return
	}
	m.deps.Connection.Ping(done)
}

// HandleEvent follows the connector's stream.
func (m *Manager) HandleEvent(name string) {
	switch name {
	case "connection:registrationFailed":
		switch {
		case m.machine.State() != ConnectedMonitoring:
		case m.deps.InCall():
			m.registration = true
		default:
			m.request(ReasonRegistrationFailed)
		}
	case "connection:registered":
		m.registration = false
	case "call:ended", "call:failed":
		if m.deps.InCall() {
			return // another call takes this one's place: what waits for the end of calls goes on waiting
		}
		m.watcher.callOver()
		if m.resume && m.machine.State() == AttemptingConnect {
			m.resume = false
			m.connectDone(errCallOver) // nothing is left to spare: connect in the ordinary way
			return
		}
		if m.registration {
			m.registration = false
			if m.machine.State() == ConnectedMonitoring {
				m.request(ReasonRegistrationFailed)
			}
		}
	}
}

type failureData struct {
	Count     int    `json:"failCount"`
	Level     Level  `json:"escalationLevel"`
	Reconnect bool   `json:"shouldRequestReconnect"`
	Delay     int64  `json:"nextRetryDelayMs"`
	Error     string `json:"error"`
}

// checkTelephony asks at once and then periodically whether a connection can be had at all.
func (m *Manager) checkTelephony() {
	m.cancelCheck = m.deps.Connection.CheckTelephony(*m.params, m.guarded(func(err error) {
		m.cancelCheck = nil
		if err == nil {
			m.telephonyUp()
			return
		}
		d := m.policy.Fail(time.Now())
		data := failureData{d.Count, d.Level, d.Reconnect, d.NextDelay.Milliseconds(), err.Error()}
		m.deps.Emit("telephony-check-failure", data)
		if d.Escalated {
			m.deps.Emit("telephony-check-escalated", data)
		}
		if d.Reconnect {
			m.request(ReasonTelephonyCheckFailed)
		}
		if m.machine.State() == TelephonyChecking {
			m.timer = m.deps.Loop.After(m.deps.Options.TelephonyInterval, m.checkTelephony)
		}
	}))
}

func (m *Manager) telephonyUp() {
	m.policy.Reset()
	if !m.connected() {
		m.request(ReasonTelephonyDisconnected)
		return
	}
	m.succeeded()
	m.send(EventStillUp)
}
