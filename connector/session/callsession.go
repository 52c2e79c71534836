package session

// DefaultLicense counts until the server says otherwise.
const DefaultLicense = "VIDEO"

// CallSessionState is the read model of role, licence and duplex mode (spec connector 1, 4). It tells of changes only.
type CallSessionState struct {
	current CallSession
	changed func(before, after CallSession)
}

// NewCallSessionState starts as a participant with the default licence.
func NewCallSessionState(changed func(before, after CallSession)) CallSessionState {
	return CallSessionState{current: CallSession{Role: Participant, License: DefaultLicense}, changed: changed}
}

// Get the state now.
func (s *CallSessionState) Get() CallSession { return s.current }

func (s *CallSessionState) set(next CallSession) {
	if next == s.current {
		return
	}
	before := s.current
	s.current = next
	if s.changed != nil {
		s.changed(before, next)
	}
}

// Participant takes part.
func (s *CallSessionState) Participant() {
	next := s.current
	next.Role, next.AudioID = Participant, ""
	s.set(next)
}

// Synthetic watches and hears the call's own mix.
func (s *CallSessionState) Synthetic(available bool) {
	next := s.current
	next.Role, next.AudioID, next.DuplexMode = SpectatorSynthetic, "", available
	s.set(next)
}

// Spectator watches a session of its own with one sound mix.
func (s *CallSessionState) Spectator(audioID string, available bool) {
	next := s.current
	next.Role, next.AudioID, next.DuplexMode = Spectator, audioID, available
	s.set(next)
}

// SetLicense follows the server's word.
func (s *CallSessionState) SetLicense(license string) {
	next := s.current
	next.License = license
	s.set(next)
}

// Reset is the end of a call.
func (s *CallSessionState) Reset() { s.set(CallSession{Role: Participant, License: DefaultLicense}) }
