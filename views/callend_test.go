package views_test

import (
	"testing"
	"time"

	"parley/connector/call"
	"parley/connector/signal"
	"parley/views/gallery"
)

func TestRedialSaysAttemptAndCountdownAndCanBeCancelled(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call-redial"))
	s.says("attempt 2", "Next attempt in 4 seconds")
	s.advance(3 * time.Second)
	s.says("Next attempt in 1 second")
	s.tap("Cancel")
	s.finish(s.next("hang up"), nil)
}

func TestCallEndsAndSaysWhy(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	s.root.Set(m)
	home := s.sample("home")
	home.Snapshot.LastError = &call.Error{Cause: signal.CauseRTPTimeout}
	s.root.Set(home)
	s.says("Sound and video cannot get through")
	if len(s.pictures.Shown) > 0 {
		for _, track := range s.pictures.Shown {
			if track != nil {
				t.Error("a picture is still drawn after the call")
			}
		}
	}
	home.Snapshot.LastError = &call.Error{Originator: signal.Remote, Cause: signal.CauseTerminated}
	fresh := newStage(t)
	fresh.root.Set(home)
	fresh.silent("could not")
}

func TestClosingInACallAsks(t *testing.T) {
	s := newStage(t)
	closed := 0
	s.root.Set(s.sample("home"))
	s.root.AskToClose(func() { closed++ }, nil)
	if closed != 1 {
		t.Error("without a call closing asks")
	}
	s.root.Set(s.sample("call"))
	s.root.AskToClose(func() { closed++ }, nil)
	s.says("Leave the call?")
	s.tap("Stay")
	s.silent("Leave the call?")
	s.root.AskToClose(func() { closed++ }, nil)
	s.tap("Leave and close")
	if closed != 2 {
		t.Errorf("closed %d times", closed)
	}
}

func TestACallMayGoOnWithoutTheWindow(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	closed, hidden := 0, 0
	s.root.AskToClose(func() { closed++ }, func() { hidden++ })
	s.tap("Go on without a window")
	if closed != 0 || hidden != 1 {
		t.Errorf("closed %d times, hidden %d times", closed, hidden)
	}
	s.silent("Leave the call?")
	s.none()
}

func TestAnActionThatOutlivesTheCallBringsNothingBack(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	s.root.Set(m)
	s.actions.sources = gallery.ShareSources
	s.tap("Leave")
	c := s.next("hang up")
	s.tap("Share")
	s.root.Set(s.sample("home"))
	s.settle() // the list of what can be shared
	s.finish(c, nil)
	for tile, track := range s.pictures.Shown {
		if track != nil {
			t.Errorf("%v is drawn into a tile of the call that is over: %v", track, tile)
		}
	}
	if n := len(s.window.Canvas().Overlays().List()); n != 0 {
		t.Errorf("%d questions after the call", n)
	}
}

// Why a call was cut off does not hide that it is being restored, nor the way to stop that.
func TestACutOffCallTellsOfItsRestoration(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	m := s.sample("call-redial")
	m.Snapshot.LastError = &call.Error{Cause: signal.CauseRTPTimeout}
	s.root.Set(m)
	s.silent("The call has ended")
	s.says("The call is being restored, attempt 2")
	s.tap("Cancel")
	s.finish(s.next("hang up"), nil)
}
