package views_test

import (
	"context"
	"errors"
	"testing"

	"fyne.io/fyne/v2"

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

// A question that lies over a screen goes with it. One about a link is asked anew, as things are then.
func TestQuestionsGoWithTheirScreen(t *testing.T) {
	s := newStage(t)
	home := s.sample("home")
	s.root.Set(home)
	s.root.OpenLink(views.CallLink{Server: "meet.example.com", Number: "2002"})
	s.says("Call 2002?")
	s.root.Set(s.sample("call")) // a call was taken in its own window
	s.silent("Call 2002?")
	s.says("Leave this call first")
	s.root.AskToClose(func() { t.Error("closed") }, nil)
	s.says("Leave the call?")
	s.root.Set(home) // the other side has hung up
	s.silent("Leave the call?")
	if len(s.window.Canvas().Overlays().List()) != 0 {
		t.Error("something lies over the window")
	}
	s.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyF1}) // keys are the screen's again
	s.says("Keyboard shortcuts")
	s.tap("Close")

	s.root.OpenLink(views.CallLink{Server: "meet.example.com", Number: "2002"})
	s.root.Set(signedOut())
	s.silent("Call 2002?")
	s.says("Connect to meet.example.com?")
	s.root.Set(home)
	s.says("Call 2002?")
	s.tap("Call")
	s.finish(s.next("dial"), nil)
}

// A report of a crash has nothing to do with the screen below: it waits for its answer.
func TestTheOfferOfACrashReportStays(t *testing.T) {
	s := newStage(t)
	s.root.Set(signedOut())
	saved := false
	s.root.OfferCrash(views.CrashReport{Text: "panic", Forget: func() {}, Save: func(context.Context, string) error {
		saved = true
		return nil
	}})
	s.root.Set(s.sample("home"))
	s.root.Set(s.sample("call"))
	s.says("stopped unexpectedly")
	s.tap("Save report")
	s.settle()
	if !saved {
		t.Error("not saved")
	}
}

// While an attempt to sign in runs, a link does not touch it. Where that leads elsewhere, the link is asked about anew, and its
// number is not left for the wrong server.
func TestALinkThatComesWhileSigningInElsewhere(t *testing.T) {
	s := newStage(t)
	m := signedOut()
	m.Servers = []string{"meet.example.com", "other.example"}
	m.Remembered = views.SignIn{Server: "meet.example.com", Name: "Ann", Guest: true}
	s.root.Set(m)
	s.tap("Sign in")
	c := s.next("connect")
	s.root.OpenLink(views.CallLink{Server: "other.example", Number: "2002"})
	if c.ctx.Err() != nil {
		t.Fatal("the attempt was given up")
	}
	home := s.sample("home") // of meet.example.com
	s.root.Set(home)
	s.says("Connect to other.example?", "You will be signed out of meet.example.com")
	s.finish(c, nil)
	s.tap("Cancel")
	s.silent("2002")
}

// A certificate that was asked about is the one server's: a link that has filled in another one meanwhile does not get it.
func TestALinkTakesTheQuestionAboutACertificateAway(t *testing.T) {
	s := newStage(t)
	m := signedOut()
	m.Servers = []string{"meet.test", "other.example"}
	m.Remembered = views.SignIn{Server: "meet.test", Name: "Ann", Guest: true}
	s.root.Set(m)
	s.tap("Sign in")
	s.finish(s.next("connect"), &views.CertificateError{Server: "meet.test:443", Fingerprint: "AA:BB", Err: errors.New("unknown authority")})
	s.says("AA BB")
	s.root.OpenLink(views.CallLink{Server: "other.example", Number: "2002"})
	s.silent("AA BB")
	s.says("other.example")
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
