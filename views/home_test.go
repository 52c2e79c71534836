package views_test

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/connector/call"
	"parley/connector/session"
	"parley/connector/signal"
	"parley/views"
	"parley/views/widget"
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

func TestTheNumberIsCompletedFromContactsAndCalls(t *testing.T) {
	s := newStage(t)
	m := s.sample("home")
	m.Contacts = []views.Contact{{Name: "Room of Константин", Number: "2005"}}
	s.root.Set(m)
	f := s.field("For example 2001")
	test.Type(f, "конст")
	s.says("Room of Константин (2005)", "Константин Константинопольский (1007)")
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	first, ok := s.window.Canvas().Focused().(*widget.Button)
	if !ok || first.Text != "Room of Константин (2005)" {
		t.Fatalf("arrow down leads to %v", s.window.Canvas().Focused())
	}
	first.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if f.Text != "2005" || s.window.Canvas().Focused() != fyne.Focusable(f) {
		t.Errorf("the field holds %q", f.Text)
	}
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if c := s.next("dial"); c.args[0] != "2005" {
		t.Errorf("dials %v", c.args)
	}
}

func TestContactsAreAddedChangedAndDeleted(t *testing.T) {
	s := newStage(t)
	m := s.sample("home")
	s.root.Set(m)
	s.tap("Contacts")
	s.says("Add the people and rooms you call often")
	s.tapLabelled("Add a contact")
	s.tap("Save")
	s.says("Enter a number or a room")
	test.Type(s.field("For example Anna or Weekly meeting"), "Ann")
	number := s.overlayField("For example 2001")
	test.Type(number, "1001")
	s.tap("Save")
	c := s.next("save contact")
	if c.args[0] != "" || c.args[1] != (views.Contact{Name: "Ann", Number: "1001"}) {
		t.Errorf("saves %v", c.args)
	}
	s.finish(c, nil)
	m.Contacts = []views.Contact{{Name: "Ann", Number: "1001"}, {Name: "Bob", Number: "1002"}}
	s.root.Set(m)
	s.says("Ann", "1001")
	s.tapLabelled("Change Bob")
	number = s.overlayField("For example 2001")
	number.SetText("1001")
	number.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	s.says("Another contact has this number")
	s.none()
	s.tap("Delete")
	c = s.next("delete contact")
	if c.args[0] != "1002" {
		t.Errorf("deletes %v", c.args)
	}
	s.finish(c, errors.New("disk full"))
	s.says("Could not keep the settings", "disk full")
	s.tapLabelled("Call 1001 again")
	if c := s.next("dial"); c.args[0] != "1001" || c.args[1] != true {
		t.Errorf("dials %v", c.args)
	}
}

func TestACallOfTheHistoryBecomesAContactAndTheListIsCleared(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("home"))
	s.tapLabelled("Add 1007 to the contacts")
	s.says("Константин Константинопольский")
	s.tap("Save")
	c := s.next("save contact")
	if c.args[1] != (views.Contact{Name: "Константин Константинопольский", Number: "1007"}) {
		t.Errorf("saves %v", c.args)
	}
	s.finish(c, nil)
	s.tapLabelled("Clear the list of calls")
	s.says("Clear the list of calls?")
	s.none()
	s.tap("Clear")
	s.finish(s.next("clear calls"), nil)
}

func TestAnOfflineHomeOffersToConnect(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("home"))
	s.silent("Connect now")
	m := s.sample("home")
	m.Status = session.StatusDisconnected
	s.root.Set(m)
	s.says("Not connected")
	s.tap("Connect now")
	s.finish(s.next("reconnect"), errors.New("no way"))
	s.says("Could not connect to", "no way")
}

// overlayField is the field with that hint in what lies over the window.
func (s *stage) overlayField(hint string) *widget.Field {
	s.t.Helper()
	var found *widget.Field
	for _, o := range s.window.Canvas().Overlays().List() {
		walk(o, func(o fyne.CanvasObject) bool {
			if f, ok := o.(*widget.Field); ok && f.PlaceHolder == hint {
				found = f
			}
			return found != nil
		})
	}
	if found == nil {
		s.t.Fatalf("no field %q over the window", hint)
	}
	return found
}

func TestACertificateThatKeepsTheConnectionAwayIsSaid(t *testing.T) {
	s := newStage(t)
	m := s.sample("home")
	s.root.Set(m)
	m.Status = session.StatusConnecting
	m.Untrusted = &views.CertificateError{Server: "meet.test:443", Changed: true}
	s.root.Set(m)
	s.says("Connecting…", "not the one you trusted before")
	m.Untrusted, m.Status = nil, session.StatusReadyToCall
	s.root.Set(m)
	s.silent("trusted before")
}
