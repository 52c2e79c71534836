package views_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/connector/call"
	"parley/connector/session"
	"parley/connector/signal"
	"parley/views"
)

func TestHomeDialsWithEnterAndSaysProgress(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("home"))
	s.says("Анна Berg", "1001 on meet.example.com", "Ready to call", "Recent calls", "Missed")
	f := s.field("For example 2001")
	test.Type(f, " 2001 ")
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	c := s.next("dial")
	if c.args[0] != "2001" || c.args[1] != true {
		t.Errorf("dials %v", c.args)
	}
	s.says("Calling 2001", "Cancel")
	s.finish(c, &signal.ResponseError{Method: "INVITE", StatusCode: 404, Cause: signal.CauseNotFound})
	s.says("Could not call 2001", "Nobody has this number")
	// The connector's own word for it comes later and must not take the place of this one.
	m := s.sample("home")
	m.Snapshot.LastError = &call.Error{StatusCode: 404, Cause: signal.CauseNotFound}
	s.root.Set(m)
	s.says("Could not call 2001")
}

func TestHomeCancelsACall(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("home"))
	test.Type(s.field("For example 2001"), "2001")
	s.tap("Audio only")
	c := s.next("dial")
	if c.args[1] != false {
		t.Error("audio only dials with video")
	}
	s.tap("Cancel")
	<-c.ctx.Done()
	s.settle()
	s.silent("Could not call")
}

func TestHomeDoesNotDialWithoutNumberOrConnection(t *testing.T) {
	s := newStage(t)
	m := s.sample("home")
	s.root.Set(m)
	s.tap("Call with video")
	s.says("Enter a number or a room")
	m.Status = session.StatusConnecting
	s.root.Set(m)
	f := s.field("For example 2001")
	test.Type(f, "2001")
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	s.says("Not connected to the server yet")
	s.none()
}

func TestHomeSaysWhyTheConnectionBroke(t *testing.T) {
	s := newStage(t)
	m := s.sample("home")
	s.root.Set(m)
	m.Snapshot.LastError = &signal.ResponseError{Cause: signal.CauseConnection}
	s.root.Set(m)
	s.says("The connection to the server broke")
	s.root.Set(m) // the same again is not told again, nor does a closed banner come back
}

func TestSignOut(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("home"))
	s.root.SignOut()
	s.finish(s.next("disconnect"), nil)
	s.root.Set(signedOut())
	if s.root.Screen() != views.ScreenSignIn {
		t.Errorf("screen %q after signing out", s.root.Screen())
	}
}
