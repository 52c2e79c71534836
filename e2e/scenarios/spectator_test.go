package scenarios

import (
	"testing"
	"time"

	"parley/connector/call"
	"parley/connector/session"
)

// A moderator moves somebody to the spectators and back: he sees the same conference all the time, over the receive-only
// session and then over the call again, and is seen by the others only as a participant.
func TestSpectatorThereAndBack(t *testing.T) {
	s := newStage(t, nil)
	a, b := s.newParty(ann, options{}), s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	if s := a.sees(benColour).stream; s != "main" {
		t.Errorf("the picture came in stream %q", s)
	}
	b.sees(annColour)

	for range 2 { // the second time is like the first
		mark, server := a.log.mark(), s.log.mark()
		s.tell("spectator ann")
		a.expects(mark, "api:participant:move-request-to-spectators-with-audio-id", "call:recv-session-started")
		s.until(server, "reception-connected", of(ann))
		if s := a.sees(benColour).stream; s != "default" {
			t.Errorf("a spectator's picture came in stream %q", s)
		}
		if role := a.Snapshot().CallSession.Role; role != session.Spectator {
			t.Errorf("role %s", role)
		}
		if p := s.participant(ann); p.State.Spectator == nil || !p.State.Spectator.Receiving {
			t.Errorf("the server's list: %+v", p)
		}

		mark = a.log.mark()
		s.tell("participant ann")
		a.expects(mark, "api:participant:move-request-to-participants", "call:recv-session-ended")
		if s := a.sees(benColour).stream; s != "main" {
			t.Errorf("a participant's picture came in stream %q", s)
		}
		b.sees(annColour)
	}
	if role := a.Snapshot().CallSession.Role; role != session.Participant {
		t.Errorf("role %s", role)
	}
	a.must(a.HangUp(a.ctx))
}

// A spectator asks for another quality: the session is built anew without an end, and the picture goes on.
func TestReceiveQuality(t *testing.T) {
	s := newStage(t, nil)
	a, b := s.newParty(ann, options{}), s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	s.tell("spectator ann")
	a.expects(0, "call:recv-session-started")
	a.sees(benColour)
	mark := a.log.mark()
	for _, quality := range []call.Quality{call.QualityLow, call.QualityMedium, call.QualityHigh} {
		server := s.log.mark()
		a.must(a.SetRecvQuality(a.ctx, quality))
		s.until(server, "reception-connected", func(d map[string]any) bool { return d["quality"] == string(quality) })
		a.hears(mark, "call:recv-quality-changed", func(data any) bool {
			changed, ok := data.(call.QualityData)
			return ok && changed.Quality == quality
		})
		// Nothing is transcoded: the size stays, and low leaves out all but a picture every two seconds. A picture of before
		// may still be on its way, so the first gap is not always the new one's.
		gap := a.gap(benColour)
		for range 2 {
			if (gap > time.Second) == (quality == call.QualityLow) {
				break
			}
			gap = a.gap(benColour)
		}
		if (gap > time.Second) != (quality == call.QualityLow) {
			t.Errorf("at quality %s two pictures are %v apart", quality, gap)
		}
		if p := s.participant(ann); string(p.State.Spectator.Quality) != string(quality) {
			t.Errorf("the server sends %s, want %s", p.State.Spectator.Quality, quality)
		}
	}
	if told := a.log.count(mark, "call:recv-session-started") + a.log.count(mark, "call:recv-session-ended"); told != 0 {
		t.Errorf("%d starts and ends of the session were told: a change of quality is silent", told)
	}
	// Another name for the same quality changes nothing.
	mark = a.log.mark()
	a.must(a.SetRecvQuality(a.ctx, call.QualityAuto))
	a.sees(benColour)
	if n := a.log.count(mark, "call:recv-quality-changed"); n != 0 {
		t.Errorf("told %d times of a quality that is the same", n)
	}
}
