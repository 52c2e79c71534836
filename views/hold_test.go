package views_test

import (
	"testing"

	"fyne.io/fyne/v2"

	"parley/connector/call"
	"parley/connector/presentation"
	"parley/connector/signal"
)

// While a call is being restored it is not forgotten what it was.
func TestRedialKeepsWhatIsKnown(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call-redial"))
	s.says("Room 2001", "Restoring the call…", "Mute", "Camera")
	s.silent("No microphone")
	s.silent("No camera")
	m := s.sample("call-redial")
	m.Snapshot.Call.State = call.Connecting // an attempt
	s.root.Set(m)
	s.says("Restoring the call…")
	s.silent("Calling")
}

func TestHoldIsToldApartByWhoHolds(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	s.root.Set(m)
	s.tap("More")
	s.menu("Put on hold")
	c := s.next("hold")
	if c.args[0] != true {
		t.Error("takes the call back")
	}
	s.says("The other side is being asked…")
	s.shortcut(fyne.KeyO) // one at a time
	s.none()
	s.finish(c, nil)
	s.silent("being asked")
	m.Snapshot.Call.OnHold = true
	s.root.Set(m)
	s.says("You have put the call on hold", "1:23 · On hold")
	s.silent("What you share")
	s.tap("Take the call back")
	c = s.next("hold")
	if c.args[0] != false {
		t.Error("puts on hold again")
	}
	s.finish(c, &signal.ResponseError{Cause: signal.CauseRequestTimeout})
	s.says("Could not change the hold")
	s.tap("Close")

	m.Snapshot.Presentation = presentation.Active
	s.root.Set(m)
	s.silent("What you share") // our hold silences it
	m.Snapshot.Call.OnHold, m.Snapshot.Call.Held = false, true
	s.root.Set(m)
	s.says("The other side has put the call on hold.", "On hold", "What you share is still seen.")
	s.silent("You have put")
	s.shortcut(fyne.KeyO)
	if c := s.next("hold"); c.args[0] != true {
		t.Error("who is held cannot hold the other side")
	} else {
		s.finish(c, nil)
	}
	m.Snapshot.Call.Held = false
	s.root.Set(m)
	s.silent("On hold")
}

func TestTheOwnPictureIsMovedByKeyboard(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	for _, want := range []string{"bottom-left", "top-left", "top-right", "bottom-right"} {
		s.tap("More")
		s.menu("Move my picture")
		if got := s.changed().SelfCorner; got != want {
			t.Errorf("corner %q, want %q", got, want)
		}
	}
}
