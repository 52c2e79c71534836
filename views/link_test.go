package views_test

import (
	"context"
	"errors"
	"testing"

	"parley/views"
)

func TestALinkToTheOwnServerCallsAfterAYes(t *testing.T) {
	s := newStage(t)
	m := s.sample("home")
	s.root.Set(m)
	s.root.OpenLink(views.CallLink{Server: "MEET.example.com:443", Number: "2001"})
	s.says("Call 2001?", "with camera and microphone")
	s.none()
	s.tap("Cancel")
	s.none()
	s.root.OpenLink(views.CallLink{Server: "meet.example.com", Number: "2001"})
	s.tap("Call")
	c := s.next("dial")
	if c.args[0] != "2001" {
		t.Errorf("dials %v", c.args)
	}
	s.finish(c, errors.New("no way"))
	s.says("Could not call 2001")
}

func TestALinkToAnUnknownServerAsksFirst(t *testing.T) {
	s := newStage(t)
	s.root.Set(signedOut())
	s.root.OpenLink(views.CallLink{Server: "evil.example", Number: "666"})
	s.says("Connect to evil.example?", "You have never been there")
	s.tap("Cancel")
	s.silent("evil.example")
	s.root.OpenLink(views.CallLink{Server: "evil.example", Number: "666"})
	s.tap("Go on")
	s.says("evil.example", "Sign in")
	s.none() // nothing is sent before the person signs in
}

func TestALinkToAKnownServerFillsTheForm(t *testing.T) {
	s := newStage(t)
	m := signedOut()
	m.Servers = []string{"meet.example.com"}
	m.Remembered = views.SignIn{Server: "other.example", Name: "Alice", User: "1001", Password: "sEcReT"}
	s.root.Set(m)
	s.root.OpenLink(views.CallLink{Server: "meet.example.com", Number: "2001"})
	s.says("meet.example.com")
	s.silent("never been")
	s.silent("sEcReT") // a password is for the server it was typed for
	s.none()
}

func TestALinkElsewhereSignsOutAfterAYes(t *testing.T) {
	s := newStage(t)
	m := s.sample("home")
	s.root.Set(m)
	s.root.OpenLink(views.CallLink{Server: "elsewhere.example"})
	s.says("You will be signed out of meet.example.com", "never been")
	s.tap("Go on")
	c := s.next("disconnect")
	s.root.Set(signedOut())
	s.finish(c, nil)
	s.says("elsewhere.example", "Sign in")
}

func TestALinkInACallWaits(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	s.root.OpenLink(views.CallLink{Server: "meet.example.com", Number: "2002"})
	s.says("Leave this call first")
	s.none()
}

func TestACrashIsOffered(t *testing.T) {
	s := newStage(t)
	s.root.Set(signedOut())
	forgotten := 0
	var saved string
	offer := views.CrashReport{Text: "panic: lost the thread", Suggest: "/home/x/parley-crash.txt", Forget: func() { forgotten++ },
		Save: func(_ context.Context, path string) error {
			saved = path
			return nil
		}}
	s.root.OfferCrash(offer)
	s.says("stopped unexpectedly", "panic: lost the thread", "/home/x/parley-crash.txt")
	s.tap("Later")
	if forgotten != 0 {
		t.Error("it is lost before it was seen")
	}
	s.root.OfferCrash(offer)
	s.tap("Discard the report")
	if forgotten != 1 || saved != "" {
		t.Errorf("forgotten %d times, saved to %q", forgotten, saved)
	}
	s.root.OfferCrash(offer)
	s.tap("Save report")
	s.settle()
	s.says("Saved to /home/x/parley-crash.txt")
	if forgotten != 2 || saved != "/home/x/parley-crash.txt" {
		t.Errorf("forgotten %d times, saved to %q", forgotten, saved)
	}
	offer.Save = func(context.Context, string) error { return errors.New("disk full") }
	s.root.OfferCrash(offer)
	s.tap("Save report")
	s.settle()
	s.says("Could not save")
	if forgotten != 2 {
		t.Error("a report that could not be saved was thrown away")
	}
}

func TestAPasswordThatComesLateIsForItsOwnServerOnly(t *testing.T) {
	s := newStage(t)
	m := signedOut()
	m.Remembered = views.SignIn{Server: "meet.test", Name: "Ann", User: "ann", Remember: true}
	s.root.Set(m)
	s.root.OpenLink(views.CallLink{Server: "evil.example", Number: "666"})
	s.tap("Go on")
	s.root.SetPassword("meet.test", "sEcReT") // the keyring was slow
	s.tap("Sign in")
	s.says("Enter your password")
	s.none()
}

func TestWordsFromElsewhereCannotTurnWhatIsBesideThem(t *testing.T) {
	for in, want := range map[string]string{
		"Ann\u202e 1001":          "Ann 1001",
		"\u2066Ann\u2069\x1b[1m":  "Ann[1m",
		"a\u2028b\r\nc\u00a0\t d": "a b c d",
		"Анна 👩‍💻":                "Анна 👩‍💻",
	} {
		if got := views.OneLine(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestManyLinksAreOneQuestion(t *testing.T) {
	s := newStage(t)
	s.root.Set(signedOut())
	for _, server := range []string{"a.example", "b.example", "c.example"} {
		s.root.OpenLink(views.CallLink{Server: server})
	}
	s.says("Connect to c.example?")
	if n := len(s.window.Canvas().Overlays().List()); n != 1 {
		t.Errorf("%d questions", n)
	}
	s.tap("Cancel")
	if n := len(s.window.Canvas().Overlays().List()); n != 0 {
		t.Errorf("%d questions after the answer", n)
	}
}
