package incoming

import (
	"errors"
	"log/slog"
	"sync"

	"parley/connector/loop"
	"parley/connector/signal"
)

// ErrNone is returned when nothing rings.
var ErrNone = errors.New("incoming: no call rings")

// Codes of a decline.
const (
	codeDeclined = 487
	codeBusy     = 486
)

// Deps of a Manager.
type Deps struct {
	Loop *loop.Loop
	Emit func(name string, data any) // name without prefix
	// Busy tells whether a call is active.
	Busy func() bool
	// Handler makes the handler of a session; before is told of its end while it rings.
	Handler func(session signal.Session, before func(signal.End)) signal.SessionHandler
	Logger  *slog.Logger
}

// Manager holds the call that rings. Its methods are called on the loop, but for OnSession.
type Manager struct {
	deps    Deps
	machine *Machine
	ringing signal.Session
}

// NewManager makes a manager with nothing ringing.
func NewManager(deps Deps) *Manager { return &Manager{deps: deps, machine: NewMachine(deps.Logger)} }

// Machine for readers.
func (m *Manager) Machine() *Machine { return m.machine }

// OnSession takes a new incoming session, on the user agent's goroutine.
func (m *Manager) OnSession(session signal.Session) {
	var once sync.Once
	session.SetHandler(m.deps.Handler(session, func(end signal.End) { once.Do(func() { m.ended(session, end) }) }))
	if !m.deps.Loop.Post(func() { m.ring(session) }) {
		_ = session.Reject(codeBusy, "Busy Here")
	}
}

func remoteOf(session signal.Session) *Remote {
	id := session.Remote()
	return &Remote{DisplayName: id.DisplayName, Host: id.Host, Number: id.User}
}

// ring announces the call. While a call is active or another one rings it is answered busy.
func (m *Manager) ring(session signal.Session) {
	if m.ringing != nil || m.deps.Busy() {
		_ = session.Reject(codeBusy, "Busy Here")
		return
	}
	m.ringing = session
	_ = session.Ring()
	m.machine.Send(EventRinging, remoteOf(session))
	m.deps.Emit("ringing", remoteOf(session))
}

// ended is the end of a call that rings; each call has its identity, an older one's end changes nothing.
func (m *Manager) ended(session signal.Session, end signal.End) {
	if m.ringing != session {
		return
	}
	m.ringing = nil
	name, event := "failedIncomingCall", EventFailed
	if end.Originator == signal.Remote {
		name, event = "terminatedIncomingCall", EventTerminated
	}
	m.machine.Send(event, remoteOf(session))
	m.deps.Emit(name, remoteOf(session))
}

// Ringing tells whether a call rings.
func (m *Manager) Ringing() bool { return m.ringing != nil }

// Take hands the ringing session over to a call.
func (m *Manager) Take() (signal.Session, error) {
	if m.ringing == nil {
		return nil, ErrNone
	}
	session := m.ringing
	m.ringing = nil
	m.machine.Send(EventConsumed, nil)
	return session, nil
}

// Decline answers 487, or 486 when busy.
func (m *Manager) Decline(busy bool) error {
	if m.ringing == nil {
		return ErrNone
	}
	session := m.ringing
	m.ringing = nil
	code, reason := codeDeclined, "Request Terminated"
	if busy {
		code, reason = codeBusy, "Busy Here"
	}
	err := session.Reject(code, reason)
	m.machine.Send(EventDeclined, remoteOf(session))
	m.deps.Emit("declinedIncomingCall", remoteOf(session))
	return err
}

// Lost clears after the connection was lost: what rang can not be answered any more.
func (m *Manager) Lost() {
	session := m.ringing
	m.ringing = nil
	if session != nil {
		m.deps.Emit("failedIncomingCall", remoteOf(session))
	}
	m.machine.Send(EventClear, nil)
}
