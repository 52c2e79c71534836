package autoconnect

// State of the auto-connector (spec connector 3); the values are the wire names.
type State string

// The states.
const (
	Idle                State = "idle"
	Disconnecting       State = "disconnecting"
	AttemptingGate      State = "attemptingGate"
	AttemptingConnect   State = "attemptingConnect"
	WaitingBeforeRetry  State = "waitingBeforeRetry"
	ConnectedMonitoring State = "connectedMonitoring"
	TelephonyChecking   State = "telephonyChecking"
	ErrorTerminal       State = "errorTerminal"
)
