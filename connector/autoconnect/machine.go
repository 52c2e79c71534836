package autoconnect

import (
	"log/slog"

	"parley/connector/machine"
)

// The machine's events.
const (
	EventStart     = "START"
	EventRestart   = "RESTART"
	EventStop      = "STOP"
	EventDone      = "DISCONNECTED"
	EventOpen      = "GATE_OPEN"
	EventLimit     = "LIMIT_REACHED"
	EventConnected = "CONNECTED"
	EventFailed    = "FAILED"
	EventHalted    = "HALTED"
	EventWaited    = "WAITED"
	EventStillUp   = "STILL_CONNECTED"
)

// The effects of entering a state.
const (
	effectDisconnect = "disconnect"
	effectGate       = "gate"
	effectConnect    = "connect"
	effectWait       = "wait"
	effectMonitor    = "monitor"
	effectTelephony  = "check-telephony"
)

// Context of the machine: a stop was asked for, so that what follows the disconnect is idle.
type Context struct{ Stopping bool }

// Input of an event: Busy tells whether anything is connected or pending.
type Input struct{ Busy bool }

type row = machine.Transition[State, Context, Input]

func busy(_ Context, in Input) bool { return in.Busy }

func run(Context, Input) Context { return Context{} }

func stopping(Context, Input) Context { return Context{Stopping: true} }

func afterDisconnect(c Context) State {
	if c.Stopping {
		return Idle
	}
	return AttemptingGate
}

var running = []State{Disconnecting, AttemptingGate, AttemptingConnect, WaitingBeforeRetry, ConnectedMonitoring,
	TelephonyChecking, ErrorTerminal}

// Table is the transition table of the auto-connector.
var Table = machine.Table[State, Context, Input]{
	Name:    "auto-connector",
	Initial: Idle,
	States:  append([]State{Idle}, running...),
	Transitions: []row{
		{From: []State{Idle}, On: EventStart, If: busy, To: Disconnecting, Do: run},
		{From: []State{Idle}, On: EventStart, To: AttemptingGate, Do: run},
		{From: running, On: EventRestart, To: Disconnecting, Do: run},
		{From: running, On: EventStop, To: Disconnecting, Do: stopping},
		{From: []State{Disconnecting}, On: EventDone, Choose: afterDisconnect},
		{From: []State{AttemptingGate}, On: EventOpen, To: AttemptingConnect},
		{From: []State{AttemptingGate}, On: EventLimit, To: TelephonyChecking},
		{From: []State{AttemptingConnect}, On: EventConnected, To: ConnectedMonitoring},
		{From: []State{AttemptingConnect}, On: EventFailed, To: WaitingBeforeRetry},
		{From: []State{AttemptingConnect, WaitingBeforeRetry}, On: EventHalted, To: ErrorTerminal},
		{From: []State{WaitingBeforeRetry}, On: EventWaited, To: AttemptingGate},
		{From: []State{TelephonyChecking}, On: EventStillUp, To: ConnectedMonitoring},
	},
	Entry: map[State][]string{
		Disconnecting: {effectDisconnect}, AttemptingGate: {effectGate}, AttemptingConnect: {effectConnect},
		WaitingBeforeRetry: {effectWait}, ConnectedMonitoring: {effectMonitor}, TelephonyChecking: {effectTelephony},
	},
}

// Machine of the auto-connector.
type Machine struct {
	*machine.Machine[State, Context, Input]
}

// NewMachine starts in idle.
func NewMachine(logger *slog.Logger) *Machine { return &Machine{machine.New(&Table, logger)} }
