package incoming

// State of the incoming call machine (spec connector 5); the values are the wire names.
type State string

// The states.
const (
	Idle       State = "incoming:idle"
	Ringing    State = "incoming:ringing"
	Consumed   State = "incoming:consumed"
	Declined   State = "incoming:declined"
	Terminated State = "incoming:terminated"
	Failed     State = "incoming:failed"
)
