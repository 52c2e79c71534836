package presentation

// State of the presentation machine (spec connector 6); the values are the wire names.
type State string

// The states.
const (
	Idle     State = "idle"
	Starting State = "starting"
	Active   State = "active"
	Stopping State = "stopping"
	Failed   State = "failed"
)
