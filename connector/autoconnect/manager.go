package autoconnect

import (
	"time"

	"parley/connector/connection"
	"parley/connector/loop"
)

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

// sparing tells whether an attempt is under way that gives the user agent of a call another socket.
func (m *Manager) sparing() bool { return m.resume && m.machine.State() == AttemptingConnect }

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
