package redial

import (
	"log/slog"

	"parley/connector/machine"
)

// The machine's events.
const (
	EventArm           = "ARM"
	EventDisarm        = "DISARM"
	EventFailure       = "NETWORK_FAILURE"
	EventLimit         = "LIMIT_EXCEEDED"
	EventWaitSignaling = "WAIT_SIGNALING"
	EventReady         = "SIGNALING_READY"
	EventElapsed       = "DELAY_ELAPSED"
	EventSucceeded     = "ATTEMPT_SUCCEEDED"
	EventAttemptFailed = "ATTEMPT_FAILED"
	EventHalted        = "HALTED"
	EventCancelAttempt = "CANCEL_ATTEMPT"
	EventForce         = "FORCE"
)

// The effects of entering a state.
const (
	effectEvaluate = "evaluate"
	effectBackoff  = "backoff"
	effectWait     = "wait-signaling"
	effectAttempt  = "attempt"
)

type row = machine.Transition[State, struct{}, struct{}]

// Table is the transition table of the redial.
var Table = machine.Table[State, struct{}, struct{}]{
	Name:    "call-reconnect",
	Initial: Idle,
	States:  []State{Idle, Armed, Evaluating, Backoff, WaitingSignaling, Attempting, LimitReached, ErrorTerminal},
	Transitions: []row{
		{On: EventArm, To: Armed},
		{From: []State{Armed, Evaluating, Backoff, WaitingSignaling, Attempting, LimitReached, ErrorTerminal}, On: EventDisarm,
			To: Idle},
		{From: []State{Armed}, On: EventFailure, To: Evaluating},
		{From: []State{Evaluating}, On: EventLimit, To: LimitReached},
		{From: []State{Evaluating, Backoff}, On: EventWaitSignaling, To: WaitingSignaling},
		{From: []State{Evaluating, WaitingSignaling}, On: EventReady, To: Backoff},
		{From: []State{Backoff}, On: EventElapsed, To: Attempting},
		{From: []State{Attempting}, On: EventSucceeded, To: Armed},
		{From: []State{Attempting}, On: EventAttemptFailed, To: Evaluating},
		{From: []State{WaitingSignaling, Attempting}, On: EventHalted, To: ErrorTerminal},
		{From: []State{Backoff, WaitingSignaling, Attempting}, On: EventCancelAttempt, To: Armed},
		{From: []State{LimitReached, ErrorTerminal}, On: EventForce, To: Evaluating},
	},
	Entry: map[State][]string{Evaluating: {effectEvaluate}, Backoff: {effectBackoff}, WaitingSignaling: {effectWait},
		Attempting: {effectAttempt}},
}

// Machine of the redial.
type Machine struct {
	*machine.Machine[State, struct{}, struct{}]
}

// NewMachine starts in idle.
func NewMachine(logger *slog.Logger) *Machine { return &Machine{machine.New(&Table, logger)} }
