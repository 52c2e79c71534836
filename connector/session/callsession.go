package session

// DefaultLicense counts until the server says otherwise.
const DefaultLicense = "VIDEO"

var initialCallSession = CallSession{Role: Participant, License: DefaultLicense, SendingMedia: true}

// CallSessionState is the read model of role, licence and duplex mode (spec connector 1, 4). It tells of changes only.
type CallSessionState struct {
	current          CallSession
	sending          bool // the server's newest word; it shows with the next change
	changed          func(before, after CallSession)
	emitted, deduped int
}

// NewCallSessionState starts as a participant with the default licence.
func NewCallSessionState(changed func(before, after CallSession)) CallSessionState {
	return CallSessionState{current: initialCallSession, sending: true, changed: changed}
}

// Get the state now.
func (s *CallSessionState) Get() CallSession { return s.current }

// Counters of changes told and of repetitions kept back, for diagnostics.
func (s *CallSessionState) Counters() (emitted, deduped int) { return s.emitted, s.deduped }

func (s *CallSessionState) set(next CallSession) {
	next.SendingMedia = s.sending
	if next == s.current {
		s.deduped++
		return
	}
	before := s.current
	s.current = next
	s.emitted++
	if s.changed != nil {
		s.changed(before, next)
	}
}

// role changes the role; the same role again tells nothing.
func (s *CallSessionState) role(role Role, audioID string, sending bool) {
	s.sending = sending
	if s.current.Role == role && s.current.AudioID == audioID {
		return
	}
	next := s.current
	next.Role, next.AudioID = role, audioID
	s.set(next)
}

// Participant takes part.
func (s *CallSessionState) Participant() { s.role(Participant, "", true) }

// Synthetic watches and hears the call's own mix. Sending tells whether the server wants what we send.
func (s *CallSessionState) Synthetic(sending bool) { s.role(SpectatorSynthetic, "", sending) }

// Spectator watches a session of its own with one sound mix.
func (s *CallSessionState) Spectator(audioID string, sending bool) {
	s.role(Spectator, audioID, sending)
}

// SetLicense follows the server's word.
func (s *CallSessionState) SetLicense(license string) {
	next := s.current
	next.License = license
	s.set(next)
}

// SetDuplex follows the server's word: a forced change of the media state switches duplex sending on.
func (s *CallSessionState) SetDuplex(on bool) {
	next := s.current
	next.DuplexMode = on
	s.set(next)
}

// HandleEvent follows an event of the server: forced tells of its sync flag.
func (s *CallSessionState) HandleEvent(name string, forced bool) {
	switch name {
	case "api:admin:force-sync-media-state", "api:admin:stop-main-cam", "api:admin:start-mic", "api:admin:stop-mic":
		s.SetDuplex(forced)
	}
}

// Reset is the end of a call.
func (s *CallSessionState) Reset() {
	s.sending = true
	s.set(initialCallSession)
}

// The changes of role that others act on.

// EntersSpectator tells whether a receive-only session has to be built or rebuilt.
func EntersSpectator(_, after CallSession) bool { return after.Role == Spectator }

// LeavesSpectator tells whether it ends.
func LeavesSpectator(before, after CallSession) bool {
	return before.Role == Spectator && after.Role != Spectator
}

// EntersAnySpectator tells whether we begin to watch only.
func EntersAnySpectator(before, after CallSession) bool {
	return !before.SpectatorAny() && after.SpectatorAny()
}

// LeavesAnySpectator tells whether we take part again.
func LeavesAnySpectator(before, after CallSession) bool {
	return before.SpectatorAny() && !after.SpectatorAny()
}
