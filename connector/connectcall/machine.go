// Package connectcall is one operation that connects, calls and keeps the call alive until its end (spec connector 11).
package connectcall

import (
	"log/slog"

	"parley/connector/machine"
)

// Phase of the session; the values are the wire names.
type Phase string

// The phases.
const (
	Idle         Phase = "idle"
	Connecting   Phase = "connecting"
	Calling      Phase = "calling"
	Active       Phase = "active"
	Reconnecting Phase = "reconnecting"
	Finalizing   Phase = "finalizing"
	Cancelling   Phase = "cancelling"
	Closed       Phase = "closed"
)

// The machine's events.
const (
	EventStart           = "START"
	EventReject          = "REJECT"
	EventAutoConnected   = "AUTO_CONNECTED"
	EventCallStarted     = "CALL_STARTED"
	EventRedialStarted   = "REDIAL_STARTED"
	EventRedialSucceeded = "REDIAL_SUCCEEDED"
	EventFinalize        = "FINALIZE"
	EventManualClose     = "MANUAL_CLOSE"
	EventCleanupComplete = "CLEANUP_COMPLETE"
)

// Reason of the close; the values are the wire names.
type Reason string

// The reasons.
const (
	ReasonManual              Reason = "manual"
	ReasonCompleted           Reason = "completed"
	ReasonRedialExhausted     Reason = "redial-exhausted"
	ReasonAutoConnectFailed   Reason = "auto-connect-failed"
	ReasonInitialCallFailed   Reason = "initial-call-failed"
	ReasonCancelled           Reason = "cancelled"
	ReasonAutoConnectorActive Reason = "auto-connector-active"
)

// Machine of one session; the context is the reason of its close.
type Machine struct {
	*machine.Machine[Phase, Reason, Reason]
}

type row = machine.Transition[Phase, Reason, Reason]

func because(_, reason Reason) Reason { return reason }

func manual(Reason, Reason) Reason { return ReasonManual }

// Table is the transition table.
var Table = machine.Table[Phase, Reason, Reason]{
	Name:    "connect-and-call",
	Initial: Idle,
	States:  []Phase{Idle, Connecting, Calling, Active, Reconnecting, Finalizing, Cancelling, Closed},
	Transitions: []row{
		{From: []Phase{Idle}, On: EventStart, To: Connecting},
		{From: []Phase{Connecting}, On: EventReject, To: Closed, Do: because},
		{From: []Phase{Connecting}, On: EventAutoConnected, To: Calling},
		{From: []Phase{Calling}, On: EventCallStarted, To: Active},
		{From: []Phase{Calling, Active}, On: EventRedialStarted, To: Reconnecting},
		{From: []Phase{Reconnecting}, On: EventRedialSucceeded, To: Active},
		{From: []Phase{Connecting, Calling, Active, Reconnecting}, On: EventFinalize, To: Finalizing, Do: because},
		{From: []Phase{Connecting, Calling, Active, Reconnecting}, On: EventManualClose, To: Cancelling, Do: manual},
		{From: []Phase{Finalizing, Cancelling}, On: EventCleanupComplete, To: Closed},
	},
}

// NewMachine starts in idle.
func NewMachine(logger *slog.Logger) *Machine { return &Machine{machine.New(&Table, logger)} }
