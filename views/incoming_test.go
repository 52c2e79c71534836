package views_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

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
	}{{func() { s.tap("Video") }, "accept"}, {v.Reject, "decline"}, {func() { s.tap("Busy") }, "busy"}} {
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

// Who types or clicks elsewhere when a call comes must not answer it.
func TestACallThatComesWhileAPersonTypesIsNotAnswered(t *testing.T) {
	s := newStage(t)
	v := views.NewIncoming(s.env, nil)
	s.window.SetContent(v.Content)
	s.window.Canvas().SetOnTypedKey(v.TypedKey)
	v.Opened()
	press := func(names ...fyne.KeyName) {
		for _, name := range names {
			key := &fyne.KeyEvent{Name: name}
			if focused := s.window.Canvas().Focused(); focused != nil {
				focused.TypedKey(key)
			} else {
				v.TypedKey(key)
			}
		}
	}
	s.tap("Video") // a click that was on its way
	press(fyne.KeyReturn, fyne.KeyTab, fyne.KeySpace, fyne.KeyEscape)
	for range 40 { // 20 s of typing
		s.advance(500 * time.Millisecond)
		press(fyne.KeyA, fyne.KeyTab, fyne.KeyReturn)
	}
	s.none()

	s.advance(time.Second) // the keyboard rests
	press(fyne.KeyReturn)  // no button is the default one
	s.none()
	s.advance(time.Second)
	press(fyne.KeyTab, fyne.KeyReturn)
	s.finish(s.next("accept"), nil)
	press(fyne.KeyEscape)
	s.finish(s.next("decline"), nil)
	s.tap("Busy")
	s.finish(s.next("busy"), nil)
}

// A window that was left and comes back is new again.
func TestTheIncomingWindowIsNewAgainWhenItGetsTheKeyboard(t *testing.T) {
	s := newStage(t)
	v := views.NewIncoming(s.env, nil)
	s.window.SetContent(v.Content)
	v.Opened()
	s.advance(time.Minute)
	guard := s.window.Canvas().Focused()
	guard.FocusLost() // as the window loses it
	guard.FocusGained()
	guard.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	s.none()
	s.advance(time.Second)
	guard.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	s.finish(s.next("decline"), nil)
}
