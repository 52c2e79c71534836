package redial

// State of the call reconnect machine (spec connector 10); the values are the wire names.
type State string

// The states.
const (
	Idle             State = "idle"
	Armed            State = "armed"
	Evaluating       State = "evaluating"
	Backoff          State = "backoff"
	WaitingSignaling State = "waitingSignaling"
	Attempting       State = "attempting"
	LimitReached     State = "limitReached"
	ErrorTerminal    State = "errorTerminal"
)
