package connection

import (
	"log/slog"

	"parley/connector/machine"
)

// The machine's events.
const (
	EventStartConnect    = "START_CONNECT"
	EventStartUA         = "START_UA"
	EventUAConnecting    = "UA_CONNECTING"
	EventUAConnected     = "UA_CONNECTED"
	EventUARegistered    = "UA_REGISTERED"
	EventUAUnregistered  = "UA_UNREGISTERED"
	EventStartDisconnect = "START_DISCONNECT"
	EventUADisconnected  = "UA_DISCONNECTED"
	EventReset           = "RESET"
)

// Context of the machine: the configuration of the running user agent, nil when there is none.
type Context struct{ Configuration *Configuration }

// Machine follows the connection's events (spec connector 2).
type Machine struct {
	*machine.Machine[State, Context, *Configuration]
}

type row = machine.Transition[State, Context, *Configuration]

func hold(_ Context, configuration *Configuration) Context {
	return Context{Configuration: configuration.Clone()}
}

func forget(Context, *Configuration) Context { return Context{} }

func guest(c Context, _ *Configuration) bool { return !c.Configuration.registers() }

// Table is the transition table of the connection machine.
var Table = machine.Table[State, Context, *Configuration]{
	Name:    "connection",
	Initial: Idle,
	States: []State{Idle, Preparing, Connecting, Connected, Registered, Established, Disconnecting,
		Disconnected},
	Transitions: []row{
		{From: []State{Idle, Disconnected}, On: EventStartConnect, To: Preparing},
		{From: []State{Preparing}, On: EventStartUA, To: Connecting, Do: hold},
		{From: []State{Disconnected}, On: EventUAConnecting, To: Connecting},
		{From: []State{Connecting}, On: EventUAConnected, To: Connected},
		{From: []State{Connecting, Connected}, On: EventUARegistered, To: Registered},
		{From: []State{Registered}, On: EventUAUnregistered, To: Connected},
		{From: []State{Connecting, Connected, Registered, Established}, On: EventStartDisconnect, To: Disconnecting},
		{From: []State{Preparing, Connecting, Connected, Registered, Established, Disconnecting},
			On: EventUADisconnected, To: Disconnected},
		{From: []State{Established, Disconnected}, On: EventReset, To: Idle, Do: forget},
	},
	Always: []row{
		{From: []State{Connected}, If: guest, To: Established},
		{From: []State{Registered}, To: Established},
	},
}

// NewMachine starts in idle.
func NewMachine(logger *slog.Logger) *Machine {
	return &Machine{machine.New(&Table, logger)}
}

// Configuration now, nil when there is none; the caller owns the copy.
func (m *Machine) Configuration() *Configuration { return m.Context().Configuration.Clone() }

// HandleEvent translates an event of the connector's stream (without its prefix) for the machine.
func (m *Machine) HandleEvent(name string) {
	switch name {
	case "connecting":
		m.Send(EventUAConnecting, nil)
	case "connected":
		m.Send(EventUAConnected, nil)
	case "registered":
		m.Send(EventUARegistered, nil)
	case "unregistered":
		m.Send(EventUAUnregistered, nil)
	case "disconnecting":
		m.Send(EventStartDisconnect, nil)
	case "disconnected", "registrationFailed", "connect-failed":
		m.Send(EventUADisconnected, nil)
	}
}

// Pending tells whether a connect is under way.
func (s State) Pending() bool { return s == Preparing || s.StartingUA() }

// StartingUA tells whether the user agent was started and is not ready yet.
func (s State) StartingUA() bool { return s == Connecting }

// Active tells whether requests can be sent.
func (s State) Active() bool { return s == Connected || s == Registered || s == Established }
