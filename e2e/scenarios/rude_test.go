package scenarios

import (
	"testing"

	"parley/connector/call"
)

// A rude server sends garbage, nonsense in the call's own dialog, and a message that is too large: the connection is kept or
// repaired, and the healthy call goes on with its picture.
func TestRudeServer(t *testing.T) {
	s := newStage(t, nil)
	a, b := s.newParty(ann, options{}), s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	a.sees(benColour)
	mark, server := a.log.mark(), s.log.mark()
	for range 3 {
		s.tell("garbage ann")
	}
	s.tell("mute ann forced") // a sane command behind all that
	a.expects(mark, "call:muted")
	s.until(server, "media-state", of(ann))
	if n := a.log.count(mark, "connection:disconnected"); n != 0 {
		t.Errorf("the connection was given up %d times for garbage", n)
	}
	a.sees(benColour)

	s.tell("oversize ann")
	a.expects(mark, "connection:disconnected", "connection:registered")
	s.until(server, "registered", of(ann))
	s.tell("unmute ann forced")
	a.expects(mark, "api:admin:start-mic")
	a.sees(benColour)
	b.sees(annColour)
	if n := a.log.count(0, "call:ended") + a.log.count(0, "call:failed"); n != 0 {
		t.Error("the call ended")
	}
	if state := a.Snapshot().Call.State; state != call.InRoom {
		t.Errorf("the call is %s", state)
	}
}

// The spectators' endpoint fails with 500 at first, and a token turns out to be wrong in the middle: the session starts when
// the server has come to itself, and a failed renegotiation leaves it as it was.
func TestSpectatorsEndpointFails(t *testing.T) {
	s := newStage(t, nil)
	a, b := s.newParty(ann, options{}), s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	a.sees(benColour)
	s.tell("offer-refuse ann 500 2")
	mark := a.log.mark()
	s.tell("spectator ann")
	a.expects(mark, "call:recv-session-started")
	a.sees(benColour)

	// A token of another room says nothing of this call; a wrong one of this room is refused (401), ten times.
	mark = a.log.mark()
	s.tell(`notify ann {"cmd":"ConferenceParticipantTokenIssued","body":{"conference":"2999","participant":"ann","jwt":"x.y.z"}}`)
	s.tell(`notify ann {"cmd":"ConferenceParticipantTokenIssued","body":{"conference":"2101","participant":"ann","jwt":"x.y.z"}}`)
	a.expects(mark, "api:conference:participant-token-issued", "api:conference:participant-token-issued")
	a.sees(benColour)
	server := s.log.mark()
	s.tell("token ann")
	s.until(server, "reception", func(d map[string]any) bool { return d["renegotiated"] == true })
	a.sees(benColour)
	if n := a.log.count(0, "call:ended") + a.log.count(0, "call:recv-session-ended"); n != 0 {
		t.Error("the call or the session ended")
	}
	s.tell("participant ann")
	a.expects(mark, "call:recv-session-ended")
	a.sees(benColour)
	b.sees(annColour)
}
