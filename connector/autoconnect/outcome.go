package autoconnect

// Outcome of a start; the values are the wire names.
type Outcome string

// The outcomes.
const (
	Started        Outcome = "started"
	Coalesced      Outcome = "coalesced"
	FailedAll      Outcome = "failed-all-attempts"
	StoppedByError Outcome = "stop-attempts-by-error"
	LimitReached   Outcome = "limit-reached-attempts"
	Cancelled      Outcome = "cancelled-attempts"
)

// Error is a start that did not end in a connection.
type Error struct {
	Outcome Outcome
	Err     error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return "auto-connect: " + string(e.Outcome)
	}
	return "auto-connect: " + string(e.Outcome) + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }
