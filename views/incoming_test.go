package views_test

import (
	"testing"

	"parley/connector/session"
	"parley/media/device"
	"parley/views"
	"parley/views/widget"
)

func TestIncomingCall(t *testing.T) {
	s := newStage(t)
	var told []widget.Notice
	v := views.NewIncoming(s.env, func(n widget.Notice) { told = append(told, n) })
	s.window.SetContent(v.Content)
	v.Set(session.Incoming{DisplayName: "John Doe", Number: "1007"})
	s.says("Incoming call", "John Doe", "1007")
	s.tap("Audio only")
	c := s.next("accept")
	if c.args[0] != false {
		t.Error("audio only accepts with video")
	}
	s.tap("Decline") // while accepting nothing else can be pressed
	s.none()
	s.finish(c, device.ErrNotFound)
	s.says("Could not answer the call")
	if len(told) != 1 {
		t.Errorf("told %v", told)
	}
	for _, press := range []struct {
		do     func()
		action string
	}{{v.Default, "accept"}, {v.Reject, "decline"}, {func() { s.tap("Busy") }, "busy"}} {
		press.do()
		s.finish(s.next(press.action), nil)
	}
	v.Set(session.Incoming{})
	s.says("Unknown caller")
	s.says("Incoming call")
	v.SetInCall(true)
	s.says("accepting ends the present one")
	v.SetInCall(false)
	s.silent("accepting ends the present one")
}
