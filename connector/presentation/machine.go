package presentation

import (
	"log/slog"

	"parley/connector/machine"
	"parley/connector/rtc"
)

// The machine's events.
const (
	EventStarting   = "SCREEN.STARTING"
	EventStarted    = "SCREEN.STARTED"
	EventUpdating   = "SCREEN.UPDATING"
	EventUpdated    = "SCREEN.UPDATED"
	EventEnding     = "SCREEN.ENDING"
	EventEnded      = "SCREEN.ENDED"
	EventFailed     = "SCREEN.FAILED"
	EventCallEnded  = "CALL.ENDED"
	EventCallFailed = "CALL.FAILED"
	EventReset      = "PRESENTATION.RESET"
)

// Event carries the track or the error of an event.
type Event struct {
	Track rtc.LocalTrack
	Err   error
}

// Context of the machine.
type Context struct {
	Track   rtc.LocalTrack
	LastErr error
}

// Machine follows the presentation (spec connector 6).
type Machine struct {
	*machine.Machine[State, Context, Event]
}

type row = machine.Transition[State, Context, Event]

func show(c Context, e Event) Context {
	if e.Track != nil {
		c.Track = e.Track
	}
	c.LastErr = nil
	return c
}

func start(_ Context, e Event) Context { return Context{Track: e.Track} }

func none(Context, Event) Context { return Context{} }

func fail(_ Context, e Event) Context { return Context{LastErr: e.Err} }

var running = []State{Starting, Active, Stopping}

// Table is the transition table of the presentation machine.
var Table = machine.Table[State, Context, Event]{
	Name:    "presentation",
	Initial: Idle,
	States:  []State{Idle, Starting, Active, Stopping, Failed},
	Transitions: []row{
		{From: []State{Idle, Failed}, On: EventStarting, To: Starting, Do: start},
		{From: []State{Starting}, On: EventStarted, To: Active, Do: show},
		{From: []State{Active}, On: EventUpdating, Do: show},
		{From: []State{Active}, On: EventUpdated, Do: show},
		{From: []State{Active}, On: EventEnding, To: Stopping},
		{From: []State{Starting, Active, Stopping, Failed}, On: EventEnded, To: Idle, Do: none},
		{From: running, On: EventFailed, To: Failed, Do: fail},
		{From: running, On: EventCallEnded, To: Idle, Do: none},
		{From: running, On: EventCallFailed, To: Failed, Do: fail},
		{From: []State{Failed}, On: EventReset, To: Idle, Do: none},
	},
}

// NewMachine starts in idle.
func NewMachine(logger *slog.Logger) *Machine { return &Machine{machine.New(&Table, logger)} }

// HandleEvent translates an event of the connector's stream for the machine.
func (m *Machine) HandleEvent(name string, event Event) {
	switch name {
	case "presentation:start":
		m.Send(EventStarting, event)
	case "presentation:started":
		m.Send(EventStarted, event)
	case "presentation:updating":
		m.Send(EventUpdating, event)
	case "presentation:updated":
		m.Send(EventUpdated, event)
	case "presentation:end":
		m.Send(EventEnding, event)
	case "presentation:ended":
		m.Send(EventEnded, event)
	case "presentation:failed":
		m.Send(EventFailed, event)
	case "call:ended":
		m.Send(EventCallEnded, event)
	case "call:failed":
		m.Send(EventCallFailed, event)
	}
}

// Pending tells whether a start or a stop is under way.
func (s State) Pending() bool { return s == Starting || s == Stopping }

// ActiveOrPending tells whether a new start has to wait.
func (s State) ActiveOrPending() bool { return s == Active || s.Pending() }

// ActiveTrack is the track of a presentation that is active or on its way, nil else.
func (m *Machine) ActiveTrack() rtc.LocalTrack {
	if !m.State().ActiveOrPending() {
		return nil
	}
	return m.Context().Track
}

// PendingTrack is the track of a presentation that starts, nil else.
func (m *Machine) PendingTrack() rtc.LocalTrack {
	if m.State() != Starting {
		return nil
	}
	return m.Context().Track
}
