package incoming

import (
	"log/slog"

	"parley/connector/machine"
)

// The machine's events.
const (
	EventRinging    = "INCOMING.RINGING"
	EventConsumed   = "INCOMING.CONSUMED"
	EventDeclined   = "INCOMING.DECLINED"
	EventTerminated = "INCOMING.TERMINATED"
	EventFailed     = "INCOMING.FAILED"
	EventClear      = "INCOMING.CLEAR"
)

// Remote is who calls.
type Remote struct {
	DisplayName string `json:"displayName"`
	Host        string `json:"host"`
	Number      string `json:"incomingNumber"`
}

// Context of the machine: the newest caller and how his call went on.
type Context struct {
	Remote     *Remote
	LastReason State // the state in which the last call ended, empty while one rings
}

// Machine follows incoming calls (spec connector 5).
type Machine struct {
	*machine.Machine[State, Context, *Remote]
}

type row = machine.Transition[State, Context, *Remote]

func ring(_ Context, r *Remote) Context {
	if r == nil {
		return Context{}
	}
	remote := *r
	return Context{Remote: &remote}
}

func ended(reason State) func(Context, *Remote) Context {
	return func(c Context, r *Remote) Context {
		if r != nil {
			remote := *r
			c.Remote = &remote
		}
		c.LastReason = reason
		return c
	}
}

func clearAll(Context, *Remote) Context { return Context{} }

// Table is the transition table of the incoming call machine.
var Table = machine.Table[State, Context, *Remote]{
	Name:    "incoming",
	Initial: Idle,
	States:  []State{Idle, Ringing, Consumed, Declined, Terminated, Failed},
	Transitions: []row{
		{On: EventRinging, To: Ringing, Do: ring},
		{From: []State{Ringing}, On: EventConsumed, To: Consumed, Do: ended(Consumed)},
		{From: []State{Ringing}, On: EventDeclined, To: Declined, Do: ended(Declined)},
		{From: []State{Ringing}, On: EventTerminated, To: Terminated, Do: ended(Terminated)},
		{From: []State{Ringing}, On: EventFailed, To: Failed, Do: ended(Failed)},
		{On: EventClear, To: Idle, Do: clearAll},
	},
}

// NewMachine starts in idle.
func NewMachine(logger *slog.Logger) *Machine { return &Machine{machine.New(&Table, logger)} }

// HandleEvent translates an event of the connector's stream for the machine.
func (m *Machine) HandleEvent(name string, remote *Remote) {
	switch name {
	case "incoming-call:ringing":
		m.Send(EventRinging, remote)
	case "incoming-call:declinedIncomingCall":
		m.Send(EventDeclined, remote)
	case "incoming-call:terminatedIncomingCall":
		m.Send(EventTerminated, remote)
	case "incoming-call:failedIncomingCall":
		m.Send(EventFailed, remote)
	case "connection:disconnected", "connection:registrationFailed", "connection:connect-failed":
		m.Send(EventClear, nil)
	}
}

// Finished tells whether the last call has ended or was handed over.
func (s State) Finished() bool {
	switch s {
	case Consumed, Declined, Terminated, Failed:
		return true
	}
	return false
}
