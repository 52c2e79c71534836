package redial

// Reconnecting tells whether a call is being restored.
func (s State) Reconnecting() bool {
	switch s {
	case Evaluating, Backoff, WaitingSignaling, Attempting:
		return true
	}
	return false
}
