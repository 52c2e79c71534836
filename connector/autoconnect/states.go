package autoconnect

// Connecting tells whether an attempt runs or is awaited.
func (s State) Connecting() bool {
	return s == AttemptingGate || s == AttemptingConnect || s == WaitingBeforeRetry
}
