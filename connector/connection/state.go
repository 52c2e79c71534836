package connection

// State of the connection machine (spec connector 2); the values are the wire names.
type State string

// The states.
const (
	Idle          State = "connection:idle"
	Preparing     State = "connection:preparing"
	Connecting    State = "connection:connecting"
	Connected     State = "connection:connected"
	Registered    State = "connection:registered"
	Established   State = "connection:established"
	Disconnecting State = "connection:disconnecting"
	Disconnected  State = "connection:disconnected"
)
