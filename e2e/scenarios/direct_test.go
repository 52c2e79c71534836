package scenarios

import (
	"testing"

	"parley/connector/call"
	"parley/connector/session"
)

// Two clients call each other directly, through the server as a proxy: picture both ways, a presentation each way and both at
// once, and the end is known to both.
func TestDirectCallWithPresentations(t *testing.T) {
	s := newStage(t, nil)
	a, b := s.newParty(ann, options{}), s.newParty(ben, options{})
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
	for _, p := range []*party{a, b} {
		p.until("in a direct call", func(n session.Snapshot) bool { return n.Call.State == call.DirectP2PRoom })
	}
	a.sees(benColour)
	b.sees(annColour)

	first, mark, seen := screen(t, slides), a.log.mark(), b.log.mark()
	a.must(a.presents(first))
	b.seesShared(slides)
	a.must(a.StopPresentation(a.ctx))
	a.sequence(mark, ofPresentation, "presentation:start", "presentation:started", "presentation:end", "presentation:ended")
	b.expects(seen, "api:contented-stream:available", "api:contented-stream:not-available")
	a.stopped(first)

	second, mark, seen := screen(t, desktop), b.log.mark(), a.log.mark()
	b.must(b.presents(second))
	a.seesShared(desktop)
	third := screen(t, film)
	a.must(a.presents(third)) // nobody is asked in a direct call: both present
	b.seesShared(film)
	a.seesShared(desktop)
	a.sees(benColour)
	b.sees(annColour)
	b.must(b.StopPresentation(b.ctx))
	b.sequence(mark, ofPresentation, "presentation:start", "presentation:started", "presentation:end", "presentation:ended")
	a.expects(seen, "api:contented-stream:available", "api:contented-stream:not-available")
	b.stopped(second)
	b.seesShared(film)

	mark = a.log.mark()
	b.must(b.HangUp(b.ctx))
	a.expects(mark, "call:ended:fromserver", "call:ended")
	a.stopped(third)
	a.sequence(mark, []string{"presentation:", "call:ended"}, "call:ended:fromserver", "call:ended", "presentation:ended")
}
