package views_test

import (
	"testing"

	"parley/connector/call"
	"parley/connector/signal"
	"parley/views"
)

// A call that never came about did not end: home says what failed, and offers to try again.
func TestAFailedCallIsToldFromOneThatWasCutOff(t *testing.T) {
	calling := func(s *stage) views.Model {
		m := s.sample("call")
		m.Snapshot.Call.State, m.Snapshot.Call.Room = call.Connecting, ""
		return m
	}
	failed := func(s *stage) views.Model {
		m := s.sample("home")
		m.Snapshot.LastError = &call.Error{Cause: signal.CauseUnavailable}
		return m
	}
	t.Run("placed elsewhere", func(t *testing.T) {
		s := newStage(t)
		s.root.Set(calling(s))
		s.root.Set(failed(s))
		s.says("Could not call 2001", "cannot be reached now")
		s.silent("cut off")
		s.tap("Call again")
		c := s.next("dial")
		if c.args[0] != "2001" {
			t.Errorf("dials %v", c.args)
		}
		s.finish(c, nil)
	})
	t.Run("placed here", func(t *testing.T) {
		s := newStage(t)
		s.root.Set(s.sample("home"))
		s.root.SetNumber("2001")
		s.tap("Call with video")
		c := s.next("dial")
		s.root.Set(calling(s))
		s.root.Set(failed(s)) // the snapshot comes before the action's own end
		s.finish(c, &call.Error{Cause: signal.CauseUnavailable})
		s.says("Could not call 2001")
		s.silent("cut off")
	})
	t.Run("cut off", func(t *testing.T) {
		s := newStage(t)
		s.root.Set(calling(s))
		s.root.Set(s.sample("call"))
		s.root.Set(failed(s))
		s.says("The call was cut off: Room 2001", "cannot be reached now", "Call again")
	})
	t.Run("answered", func(t *testing.T) {
		s := newStage(t)
		m := calling(s)
		m.Snapshot.Call.Answer = true
		s.root.Set(m)
		s.root.Set(failed(s)) // the window of the call that rang says why
		s.silent("Could not call")
		s.silent("cut off")
	})
}
