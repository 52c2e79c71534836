package views_test

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/connector/session"
	"parley/connector/signal"
	"parley/views"
	"parley/views/text"
)

func TestSignInAsksForWhatIsMissing(t *testing.T) {
	s := newStage(t)
	s.root.Set(signedOut())
	if s.root.Screen() != views.ScreenSignIn {
		t.Fatalf("screen %q", s.root.Screen())
	}
	s.tap("Sign in")
	s.says("Enter the server's address")
	test.Type(s.field("meet.example.com"), "meet.test")
	s.tap("Sign in")
	s.says("Enter your name")
	s.none()
}

func TestSignInAsGuestWithEnter(t *testing.T) {
	s := newStage(t)
	s.root.Set(signedOut())
	test.Type(s.field("meet.example.com"), " meet.test:8443 ")
	name := s.field("How others will see you")
	test.Type(name, "Ann")
	name.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	c := s.next("connect")
	form := c.args[0].(views.SignIn)
	if form.Server != "meet.test:8443" || form.Name != "Ann" || !form.Guest || form.Password != "" {
		t.Errorf("signs in with %+v", form)
	}
	s.says("Connecting to meet.test:8443", "Cancel")
	name.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) // a second enter does nothing
	s.finish(c, nil)
	s.none()
	s.says("Sign in")
}

func TestSignInCanBeCancelled(t *testing.T) {
	s := newStage(t)
	m := signedOut()
	m.Remembered = views.SignIn{Server: "meet.test", Name: "Ann", Guest: true}
	s.root.Set(m)
	s.tap("Sign in")
	c := s.next("connect")
	s.tap("Cancel")
	<-c.ctx.Done()
	s.settle()
	s.says("Sign in")
	s.silent("Could not connect")
}

func TestSignInSaysWhatFailedWhyAndWhatToDo(t *testing.T) {
	cases := map[string]struct {
		err  error
		want string
	}{
		"wrong password": {&signal.ResponseError{Method: "REGISTER", StatusCode: 403, Cause: signal.CauseRejected},
			"User number or password is wrong"},
		"no such name": {&net.OpError{Op: "dial", Err: &net.DNSError{Name: "meet.test", IsNotFound: true}},
			"There is no server of that name"},
		"refused":             {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, "no server listens there"},
		"no answer":           {context.DeadlineExceeded, "does not answer"},
		"other":               {errors.New("teapot"), "teapot"},
		"changed certificate": {&views.CertificateError{Changed: true}, "not the one you trusted before"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			m := signedOut()
			m.Remembered = views.SignIn{Server: "meet.test", Name: "Ann", Guest: true}
			s.root.Set(m)
			s.tap("Sign in")
			s.finish(s.next("connect"), c.err)
			s.says("Could not connect to meet.test", c.want)
		})
	}
}

func TestSelfSignedCertificateIsTrustedOnlyAfterAsking(t *testing.T) {
	s := newStage(t)
	m := signedOut()
	m.Remembered = views.SignIn{Server: "meet.test", Name: "Ann", Guest: true}
	s.root.Set(m)
	print := "A4:26:8D:EF:E2:28:94:6C:FB:61:5E:8F:98:F3:F0:BA:6D:58:F5:2F:50:45:97:AC:06:6E:02:DC:DA:35:23:8C"
	untrusted := &views.CertificateError{Server: "meet.test:443", Fingerprint: print, NotAfter: time.Unix(0, 0)}
	s.tap("Sign in")
	s.finish(s.next("connect"), untrusted)
	s.says("Can this server be trusted?", "A4 26 8D EF E2 28 94 6C", "1970-01-01")
	s.tap("Cancel")
	s.none()
	s.tap("Sign in")
	s.finish(s.next("connect"), untrusted)
	s.tap("Trust this server")
	c := s.next("trust")
	if c.args[0] != "meet.test:443" || c.args[1] != print {
		t.Errorf("trusts %v", c.args)
	}
	s.finish(c, nil)
	s.finish(s.next("connect"), nil)
}

func TestLanguageSwitchKeepsWhatWasTyped(t *testing.T) {
	s := newStage(t)
	s.root.Set(signedOut())
	test.Type(s.field("meet.example.com"), "meet.test")
	text.Use("ru")
	s.root.Rebuild()
	s.says("Войти", "Сервер")
	s.silent("Sign in")
	if got := s.field("meet.example.com").Text; got != "meet.test" {
		t.Errorf("the field holds %q after the switch", got)
	}
}

// The first start shows what this is; the way to a server and the demo room are a key away.
func TestWelcomeOffersTheDemo(t *testing.T) {
	s := newStage(t)
	m := signedOut()
	m.First = true
	s.root.Set(m)
	if s.root.Screen() != views.ScreenWelcome {
		t.Fatalf("the first start shows %q", s.root.Screen())
	}
	s.says("Welcome to Parley", "Try the demo room", "Sign in to a server")
	s.tap("Try the demo room")
	started := s.next("demo")
	if started.args[0] != "You" {
		t.Errorf("the demo is joined as %v", started.args)
	}
	s.says("The demo room is starting…")
	s.finish(started, errors.New("no port is free"))
	s.says("The demo room could not be started", "no port is free")
	s.tap("Try the demo room")
	s.finish(s.next("demo"), nil)
	m.SignedIn, m.Demo, m.Status = true, true, session.StatusReadyToCall
	s.root.Set(m)
	if got := s.field("For example 2001").Text; got != "2001" {
		t.Errorf("the number to call is %q, not that of the demo's room", got)
	}
	m.SignedIn, m.Demo = false, false
	s.root.Set(m)
	s.tap("Sign in to a server")
	if s.root.Screen() != views.ScreenSignIn {
		t.Errorf("the way to a server leads to %q", s.root.Screen())
	}
}

// The start of the demo can be cancelled, which is no failure.
func TestWelcomeDemoCancelled(t *testing.T) {
	s := newStage(t)
	m := signedOut()
	m.First = true
	s.root.Set(m)
	s.tap("Try the demo room")
	started := s.next("demo")
	s.tap("Cancel")
	<-started.ctx.Done()
	s.settle()
	s.silent("could not be started")
	s.says("Try the demo room")
}

// Who does not want to be remembered any more is forgotten at once; the form keeps what is typed for this time.
func TestRememberMeCanBeTakenBack(t *testing.T) {
	s := newStage(t)
	m := signedOut()
	m.Remembered = views.SignIn{Server: "meet.test", Name: "Ann", User: "ann", Password: "sEcReT", Remember: true}
	s.root.Set(m)
	s.none()
	remember := s.tick("Remember me on this computer")
	remember.SetChecked(false)
	s.finish(s.next("forget"), errNoKeyring)
	s.says("Could not keep the settings")
	remember.SetChecked(true)
	s.none()
	remember.SetChecked(false)
	s.finish(s.next("forget"), nil)
	s.tap("Sign in")
	c := s.next("connect")
	if f := c.args[0].(views.SignIn); f.Remember || f.Password != "sEcReT" || f.User != "ann" {
		t.Errorf("signs in with %+v", f)
	}
	s.finish(c, nil)
}
