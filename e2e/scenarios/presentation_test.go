package scenarios

import (
	"errors"
	"slices"
	"testing"

	"parley/connector"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/media/device"
)

// screen is something to present; the connector stops it.
func screen(t *testing.T, c colour) *device.VideoTrack { return newCamera(t, c, 640, 360) }

func (p *party) presents(track rtc.LocalTrack) error {
	return p.StartPresentation(p.ctx, track, connector.PresentationOptions{})
}

// sequence checks the exact order of a party's events of some kinds after mark.
func (p *party) sequence(mark int, prefixes []string, want ...string) {
	p.t.Helper()
	if got := p.log.names(mark, prefixes...); !slices.Equal(got, want) {
		p.t.Errorf("%s:\n got %v\nwant %v", p.user, got, want)
	}
}

// ofPresentation are the events of the one who presents.
var ofPresentation = []string{"presentation:", "stopped-presentation", "api:presentation:"}

// stopped checks that a track that was presented is being captured no more.
func (p *party) stopped(track rtc.LocalTrack) {
	p.t.Helper()
	select {
	case <-track.Ended():
	default:
		p.t.Errorf("%s: what was presented is still being captured", p.user)
	}
}

// sendsPresentation tells whether the third m-line sends.
func (p *party) sendsPresentation() bool {
	p.t.Helper()
	stats, err := p.Stats(p.ctx)
	p.must(err)
	return stats.Outbound.Presentation != nil && stats.Outbound.Presentation.Active
}

// A presentation from its start over a change of what is shown and its being taken over by another to the moderator's end:
// everyone sees what is presented, there is one presenter at a time, and nothing is left half attached.
func TestPresentation(t *testing.T) {
	s := newStage(t, nil)
	a, b, c := s.newParty(ann, options{}), s.newParty(ben, options{}), s.newParty(cleo, options{silent: true})
	for _, p := range []*party{a, b, c} {
		p.joins(hall)
	}
	a.sees(benColour)

	// Start.
	first, mark, seen := screen(t, slides), a.log.mark(), b.log.mark()
	a.must(a.presents(first))
	a.sequence(mark, ofPresentation, "presentation:start", "presentation:started")
	b.expects(seen, "api:contented-stream:available", "call:remote-streams-changed")
	if shown := b.seesShared(slides); shown.width != 640 || shown.height != 360 {
		t.Errorf("it is seen as %d×%d", shown.width, shown.height)
	}
	c.seesShared(slides)
	b.sees(annColour) // the main video is what it was

	// Another source, without a re-INVITE.
	second, mark := screen(t, desktop), a.log.mark()
	sent := s.requests(ann)["INVITE"]
	a.must(a.UpdatePresentation(a.ctx, second))
	a.sequence(mark, ofPresentation, "presentation:updating", "presentation:updated")
	b.seesShared(desktop)
	a.stopped(first)
	if now := s.requests(ann)["INVITE"]; now != sent {
		t.Errorf("%d re-INVITEs for another source", now-sent)
	}

	// Another one who is not allowed to take over is declined (603), and nothing of his try is left.
	refused, mark := screen(t, film), c.log.mark()
	if err := c.presents(refused); !errors.Is(err, presentation.ErrDeclined) {
		t.Errorf("a second presenter: %v", err)
	}
	c.sequence(mark, ofPresentation, "presentation:failed")
	c.stopped(refused)
	if c.sendsPresentation() || c.Snapshot().Media.Presentation != nil {
		t.Error("the declined presentation is half attached")
	}
	b.seesShared(desktop)

	// Allowed, he takes over.
	s.tell("take-over cleo")
	third, mark := screen(t, film), a.log.mark()
	c.must(c.presents(third))
	a.expects(mark, "presentation:ended")
	a.sequence(mark, ofPresentation, "api:presentation:must-stop", "stopped-presentation-by-server-command", "presentation:end",
		"presentation:ended")
	a.stopped(second)
	b.seesShared(film)
	a.seesShared(film)
	if a.sendsPresentation() {
		t.Error("who was taken over still sends")
	}

	// The moderator ends it.
	mark, seen = c.log.mark(), b.log.mark()
	s.tell("stop-presentation " + hall)
	c.expects(mark, "presentation:ended")
	c.sequence(mark, ofPresentation, "api:presentation:must-stop", "stopped-presentation-by-server-command", "presentation:end",
		"presentation:ended")
	c.stopped(third)
	b.expects(seen, "api:contented-stream:not-available", "call:remote-streams-changed")

	// The first one presents again, over the m-line that is there, and ends it himself.
	fourth, mark, seen := screen(t, slides), a.log.mark(), b.log.mark()
	a.must(a.presents(fourth))
	b.seesShared(slides)
	a.must(a.StopPresentation(a.ctx))
	a.sequence(mark, ofPresentation, "presentation:start", "presentation:started", "presentation:end", "presentation:ended")
	a.stopped(fourth)
	b.expects(seen, "api:contented-stream:available", "api:contented-stream:not-available")
	b.sees(annColour)
}

// A call that ends while something is presented ends the capture too, and the others see no presentation any more.
func TestCallEndsWhilePresenting(t *testing.T) {
	s := newStage(t, nil)
	a, b := s.newParty(ann, options{}), s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	shown, mark, seen := screen(t, slides), a.log.mark(), b.log.mark()
	a.must(a.presents(shown))
	b.seesShared(slides)
	s.tell("end-call ann")
	a.expects(mark, "presentation:ended")
	a.stopped(shown)
	b.expects(seen, "api:contented-stream:not-available")
	if err := a.presents(screen(t, desktop)); !errors.Is(err, presentation.ErrNoCall) {
		t.Errorf("a presentation without a call: %v", err)
	}
}
