package incoming

import (
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"

	"parley/connector/loop"
	"parley/connector/signal"
)

// ErrNone is returned when nothing rings, or not the call that was meant.
var ErrNone = errors.New("incoming: no such call rings")

// Codes of a refusal (spec connector 5).
const (
	codeDeclined    = 487
	codeBusy        = 486
	codeUnavailable = 480
)

// maxRinging calls may ring at once with call waiting; more are answered busy.
const maxRinging = 4

// Deps of a Manager.
type Deps struct {
	Loop *loop.Loop
	Emit func(name string, data any) // name without prefix
	// Closed tells that no call can be taken any more, Active that one is active.
	Closed, Active func() bool
	// Handler makes the handler of a session; before is told of its end while it rings.
	Handler func(session signal.Session, before func(signal.End)) signal.SessionHandler
	Logger  *slog.Logger
}

// Call is one that rings, and the payload of its events. ID is its identity: unique within the manager's life, never
// empty.
type Call struct {
	ID string `json:"id"`
	Remote
}

// ringing is a call with its session.
type ringing struct {
	Call
	session signal.Session
}

// Manager holds the calls that ring: one, or with Waiting a few. The oldest is the one that is shown. Its methods are
// called on the loop, but for OnSession.
type Manager struct {
	deps    Deps
	machine *Machine
	ringing []*ringing // in order of arrival
	newest  int        // number of the newest call

	// Waiting is call waiting: a further call rings beside a running or ringing one instead of hearing that we are busy.
	Waiting bool
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

func remoteOf(session signal.Session) Remote {
	id := session.Remote()
	return Remote{DisplayName: id.DisplayName, Host: id.Host, Number: id.User}
}

// busy tells whether a further call is refused.
func (m *Manager) busy() bool {
	if m.deps.Closed() || len(m.ringing) >= maxRinging {
		return true
	}
	return !m.Waiting && (len(m.ringing) > 0 || m.deps.Active())
}

// ring announces the call, or answers that we are busy.
func (m *Manager) ring(session signal.Session) {
	if m.busy() {
		_ = session.Reject(codeBusy, "Busy Here")
		return
	}
	m.newest++
	c := &ringing{Call{strconv.Itoa(m.newest), remoteOf(session)}, session}
	m.ringing = append(m.ringing, c)
	_ = session.Ring()
	if len(m.ringing) == 1 {
		m.machine.Send(EventRinging, &c.Remote)
	}
	m.deps.Emit("ringing", c.Call)
}

// Shown is the oldest call that rings, and how many others do. False: none rings.
func (m *Manager) Shown() (c Call, others int, rings bool) {
	if len(m.ringing) == 0 {
		return Call{}, 0, false
	}
	return m.ringing[0].Call, len(m.ringing) - 1, true
}

// find the call with that identity; an empty one is the oldest.
func (m *Manager) find(id string) *ringing {
	i := slices.IndexFunc(m.ringing, func(c *ringing) bool { return id == "" || c.ID == id })
	if i < 0 {
		return nil
	}
	return m.ringing[i]
}

// leave takes a call out of those that ring. The machine follows the oldest: when that one leaves, it ends in the
// machine and the next one, if there is one, rings in its place.
func (m *Manager) leave(c *ringing, event string) {
	shown := m.ringing[0] == c
	m.ringing = slices.DeleteFunc(slices.Clone(m.ringing), func(other *ringing) bool { return other == c })
	if !shown {
		return
	}
	m.machine.Send(event, &c.Remote)
	if len(m.ringing) > 0 {
		m.machine.Send(EventRinging, &m.ringing[0].Remote)
	}
}

// ended is the end of a call that rings; each has its identity, the end of one that rings no more changes nothing.
func (m *Manager) ended(session signal.Session, end signal.End) {
	i := slices.IndexFunc(m.ringing, func(c *ringing) bool { return c.session == session })
	if i < 0 {
		return
	}
	c := m.ringing[i]
	if end.Originator == signal.Remote {
		m.leave(c, EventTerminated)
		m.deps.Emit("terminatedIncomingCall", c.Call)
		return
	}
	m.leave(c, EventFailed)
	m.deps.Emit("failedIncomingCall", c.Call)
}

// Rings tells whether the call with that identity rings; an empty one is any call.
func (m *Manager) Rings(id string) bool { return m.find(id) != nil }

// Take hands the session of a ringing call over; an empty identity is the oldest.
func (m *Manager) Take(id string) (signal.Session, error) {
	c := m.find(id)
	if c == nil {
		return nil, ErrNone
	}
	m.leave(c, EventConsumed)
	return c.session, nil
}

// Decline answers 487, or 486 when busy; an empty identity is the oldest call.
func (m *Manager) Decline(id string, busy bool) error {
	c := m.find(id)
	if c == nil {
		return ErrNone
	}
	code, reason := codeDeclined, "Request Terminated"
	if busy {
		code, reason = codeBusy, "Busy Here"
	}
	err := c.session.Reject(code, reason)
	m.leave(c, EventDeclined)
	m.deps.Emit("declinedIncomingCall", c.Call)
	return err
}

// Lost clears after the connection or the registration was lost: what rang can not be answered any more. A caller who can
// still be reached is told.
func (m *Manager) Lost() {
	lost := m.ringing
	m.ringing = nil
	for _, c := range lost {
		_ = c.session.Reject(codeUnavailable, "Temporarily Unavailable")
		m.deps.Emit("failedIncomingCall", c.Call)
	}
	m.machine.Send(EventClear, nil)
}
