package connectcall

import (
	"context"
	"errors"
	"log/slog"

	"parley/connector/autoconnect"
	"parley/connector/connection"
	"parley/connector/loop"
)

// The errors of a session that did not begin.
var (
	ErrActive        = errors.New("connect and call: session-active")
	ErrAutoConnector = errors.New("connect and call: auto-connector-active")
	ErrReplaced      = errors.New("connect and call: another call was answered meanwhile")
)

// Deps of a Manager.
type Deps struct {
	Loop *loop.Loop
	// AutoConnector is taken exclusively.
	AutoActive func() bool
	AutoStart  func(done func(autoconnect.Outcome, error))
	AutoStop   func(done func())
	// Call calls; the redial is armed by it.
	Call       func(done func(error))
	EndCall    func(done func())
	Disarm     func()
	Redialling func() bool // whether a failure is being repaired
	Changed    func(Phase)
	Logger     *slog.Logger
}

// Manager runs one session at a time. Its methods are called on the loop.
type Manager struct {
	deps    Deps
	machine *Machine
	started func(error)
	closed  []func(Reason)
	err     error
	handing bool // the session's call makes way for another one
}

// NewManager makes a manager without a session.
func NewManager(deps Deps) *Manager { return &Manager{deps: deps, machine: NewMachine(deps.Logger)} }

// Phase of the session; closed and idle mean that there is none.
func (m *Manager) Phase() Phase { return m.machine.State() }

// Active tells whether a session runs.
func (m *Manager) Active() bool { return m.Phase() != Idle && m.Phase() != Closed }

// HandOver lets the session's call make way for another one: what swap ends does not end the session, which lives on with
// the next call.
func (m *Manager) HandOver(swap func()) {
	m.handing = true
	swap()
	m.handing = false
	switch m.Phase() {
	case Calling:
		m.send(EventCallStarted, "")
		m.settle(ErrReplaced)
	case Reconnecting:
		m.send(EventRedialSucceeded, "")
		m.settle(ErrReplaced)
	}
}

// Start connects and calls. Done runs when the call is up, or with why it will not be.
func (m *Manager) Start(done func(error)) {
	if m.Active() {
		done(ErrActive)
		return
	}
	m.machine = NewMachine(m.deps.Logger)
	m.started, m.err = done, nil
	m.send(EventStart, "")
	if m.deps.AutoActive() {
		m.send(EventReject, ReasonAutoConnectorActive)
		m.settle(ErrAutoConnector)
		return
	}
	session := m.machine
	m.deps.AutoStart(func(outcome autoconnect.Outcome, err error) {
		if m.machine != session || m.Phase() != Connecting {
			return
		}
		if outcome != autoconnect.Started {
			reason := ReasonAutoConnectFailed
			if outcome == autoconnect.Cancelled || errors.Is(err, connection.ErrCanceled) || errors.Is(err, context.Canceled) {
				reason = ReasonCancelled
			}
			m.finalize(reason, &autoconnect.Error{Outcome: outcome, Err: err})
			return
		}
		m.send(EventAutoConnected, "")
		m.deps.Call(func(err error) { m.called(session, err) })
	})
}

func (m *Manager) send(event string, reason Reason) {
	if accepted, _ := m.machine.Send(event, reason); accepted && m.deps.Changed != nil {
		m.deps.Changed(m.Phase())
	}
}

func (m *Manager) settle(err error) {
	if started := m.started; started != nil {
		m.started = nil
		started(err)
	}
}

// called is the outcome of the first call. A failure that is being repaired is none yet.
func (m *Manager) called(session *Machine, err error) {
	if m.machine != session || m.handing {
		return
	}
	switch {
	case err == nil:
		m.send(EventCallStarted, "")
		m.settle(nil)
	case m.Phase() == Calling && m.deps.Redialling():
		m.send(EventRedialStarted, "")
		m.err = err
	case m.Phase() == Calling:
		m.finalize(ReasonInitialCallFailed, err)
	case m.Phase() == Reconnecting:
		m.err = err
	}
}

// HandleEvent follows the events of redial, call and auto-connector. Before there is a connection they are none of ours.
func (m *Manager) HandleEvent(name string) {
	if !m.Active() || m.handing || m.Phase() == Connecting {
		return
	}
	switch name {
	case "call-reconnect:failure-detected":
		m.send(EventRedialStarted, "")
	case "call-reconnect:attempt-succeeded":
		m.send(EventRedialSucceeded, "")
		m.settle(nil)
	case "call-reconnect:terminal":
		m.finalize(ReasonRedialExhausted, m.err)
	case "call-reconnect:cancelled":
		if m.Phase() == Reconnecting {
			m.finalize(ReasonCancelled, m.err)
		}
	case "auto-connect:failed-all-attempts", "auto-connect:stop-attempts-by-error", "auto-connect:limit-reached-attempts":
		// Without a server the call cannot be restored, and nobody tries to reach one any more.
		m.finalize(ReasonAutoConnectFailed, m.err)
	case "call:ended", "call:failed":
		// The redial has classified this end already: when it repairs, the phase is reconnecting.
		if m.Phase() == Active && !m.deps.Redialling() {
			m.finalize(ReasonCompleted, nil)
		}
	}
}

// finalize ends the session by itself.
func (m *Manager) finalize(reason Reason, err error) {
	if m.Phase() == Finalizing || m.Phase() == Cancelling {
		return
	}
	m.err = err
	m.send(EventFinalize, reason)
	m.cleanup()
}

// Close ends the session because a person wants it. Done runs when all is cleaned up.
func (m *Manager) Close(done func(Reason)) {
	if !m.Active() {
		done(m.machine.Context())
		return
	}
	m.closed = append(m.closed, done)
	if m.Phase() == Finalizing || m.Phase() == Cancelling {
		return
	}
	m.send(EventManualClose, "")
	m.cleanup()
}

// Closed runs fn at the end of the session, at once when there is none.
func (m *Manager) Closed(fn func(Reason)) {
	if !m.Active() {
		fn(m.machine.Context())
		return
	}
	m.closed = append(m.closed, fn)
}

// cleanup runs once a session: disarm, end the call, stop the auto-connector.
func (m *Manager) cleanup() {
	err := m.err
	m.deps.Disarm()
	m.deps.EndCall(func() {
		m.deps.AutoStop(func() {
			m.send(EventCleanupComplete, "")
			if err == nil {
				err = errors.New("connect and call: " + string(m.machine.Context()))
			}
			m.settle(err)
			closed := m.closed
			m.closed = nil
			for _, fn := range closed {
				fn(m.machine.Context())
			}
		})
	})
}

// Machine of the newest session, for readers.
func (m *Manager) Machine() *Machine { return m.machine }
