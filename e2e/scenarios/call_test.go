package scenarios

import (
	"errors"
	"testing"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/incoming"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/stats"
)

// talk is a direct call of ann's that ben has answered.
func talk(s *stage, o options) (a, b *party) {
	s.t.Helper()
	a, b = s.newParty(ann, options{}), s.newParty(ben, o)
	answered := make(chan error, 1)
	go func() {
		if _, err := b.log.until(b.ctx, 0, "incoming-call:ringing", nil); err != nil {
			answered <- err
			return
		}
		answered <- b.Accept(b.ctx, b.stream)
	}()
	a.calls(ben)
	b.must(<-answered)
	a.sees(benColour)
	b.sees(annColour)
	return a, b
}

// With call waiting a third person's call rings during a call; taking it ends the first one, with the same camera and
// microphone. Without it the third person hears that the line is busy.
func TestCallWaiting(t *testing.T) {
	s := newStage(t, nil)
	a, b := talk(s, options{})
	c := s.newParty(cleo, options{})
	var busy *connector.CallError
	if err := c.Call(c.ctx, connector.CallParameters{Number: ben, Stream: c.stream}); !errors.As(err, &busy) || busy.Cause != "Busy" {
		t.Errorf("without call waiting: %v", err)
	}
	b.must(b.SetCallWaiting(b.ctx, true))
	mark, seen := b.log.mark(), a.log.mark()
	up := make(chan error, 1)
	go func() { up <- c.Call(c.ctx, connector.CallParameters{Number: ben, Stream: c.stream}) }()
	rings := b.hears(mark, "incoming-call:ringing", nil).data.(incoming.Call)
	if rings.Number != cleo {
		t.Errorf("%+v rings", rings)
	}
	a.sees(benColour) // the first call goes on
	mark = b.log.mark()
	b.must(b.Answer(b.ctx, connector.AnswerParameters{ID: rings.ID, Stream: b.stream, HangUp: true}))
	c.must(<-up)
	b.sequence(mark, []string{"call:end", "call:start-call", "call:confirmed"}, "call:end-call", "call:ended", "call:start-call", "call:confirmed")
	b.sees(cleoColour)
	c.sees(benColour)
	a.expects(seen, "call:ended:fromserver", "call:ended")
	c.must(c.HangUp(c.ctx))
	b.until("free", func(n session.Snapshot) bool { return n.Call.State == call.Idle })
}

// A call on hold shows nothing either way and is told on both sides; taken back it goes on.
func TestHoldOfADirectCall(t *testing.T) {
	s := newStage(t, nil)
	a, b := talk(s, options{})
	mark, seen := a.log.mark(), b.log.mark()
	a.must(a.Hold(a.ctx, true))
	a.expects(mark, "call:hold")
	b.expects(seen, "call:hold")
	if n := a.Snapshot(); !n.Call.OnHold || n.Call.Held {
		t.Errorf("%+v", n.Call)
	}
	b.until("held", func(n session.Snapshot) bool { return n.Call.Held && !n.Call.OnHold })
	a.until("without ben's picture", func(n session.Snapshot) bool { return n.Streams.Main.Video() == nil })
	mark, seen = a.log.mark(), b.log.mark()
	a.must(a.Hold(a.ctx, false))
	a.expects(mark, "call:unhold")
	b.expects(seen, "call:unhold")
	a.sees(benColour)
	b.sees(annColour)
}

// Other devices in a call: the new camera is proven to be sent, one that delivers nothing is not.
func TestReplacedCameraIsProven(t *testing.T) {
	s := newStage(t, nil)
	a, b := talk(s, options{})
	other := newCamera(t, film, 320, 180)
	a.must(a.ReplaceStream(a.ctx, rtc.LocalStream{Audio: a.stream.Audio, Video: other}, connector.ReplaceOptions{Prove: stats.Strict}))
	b.sees(film)
	dead := newCamera(t, slides, 320, 180)
	dead.Stop()
	var unsent *stats.ErrNotSent
	err := a.ReplaceStream(a.ctx, rtc.LocalStream{Audio: a.stream.Audio, Video: dead}, connector.ReplaceOptions{Prove: stats.Fast})
	if !errors.As(err, &unsent) {
		t.Errorf("a camera that is gone: %v", err)
	}
	a.must(a.ReplaceStream(a.ctx, a.stream, connector.ReplaceOptions{Prove: stats.Normal}))
	b.sees(annColour)
}

// ICE is restarted by UPDATE and by re-INVITE; sound and picture go on.
func TestRestartOfICE(t *testing.T) {
	s := newStage(t, nil)
	a, b := talk(s, options{})
	for _, update := range []bool{true, false} {
		mark := b.log.mark()
		a.must(a.RestartICE(a.ctx, connector.RestartOptions{UseUpdate: update}))
		name := "call:reinvite"
		if update {
			name = "call:update"
		}
		b.expects(mark, name)
		a.sees(benColour)
		b.sees(annColour)
	}
}
