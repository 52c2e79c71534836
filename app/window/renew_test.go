package window

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"parley/app/settings"
	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/session"
	"parley/views"
)

func TestNewSettingsOfAConnectionMakeANewOneOutsideCalls(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	renew := func(want int) {
		t.Helper()
		if err := r.Renew(t.Context()); err != nil || len(r.opened) != want {
			t.Errorf("error %v, %d connections, want %d", err, len(r.opened), want)
		}
	}
	renew(1)
	r.set(t, func(s *views.Settings) { s.Theme = "dark" })
	renew(1)
	r.set(t, func(s *views.Settings) { s.RedialAttempts = 9 })
	renew(2)
	if !r.Model().SignedIn || r.opened[1].Form.Name != "Ann" {
		t.Error("signed out by new settings")
	}
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	r.state(call.InRoom)
	r.set(t, func(s *views.Settings) { s.Balancer = false })
	renew(2) // not in a call
	r.state(call.Idle)
	r.background.Wait()
	if len(r.opened) != 3 || r.opened[2].Settings.Balancer {
		t.Errorf("%d connections after the call", len(r.opened))
	}
	r.set(t, func(s *views.Settings) { s.SendLimit = 100 })
	r.connector.answer["connect"] = errors.New("gone")
	if err := r.Renew(t.Context()); err == nil || r.Model().SignedIn {
		t.Errorf("error %v, signed in %t", err, r.Model().SignedIn)
	}
}

func TestThePasswordIsRememberedInTheKeyringAndSignsInAgain(t *testing.T) {
	folder := t.TempDir()
	r := newRigIn(t, folder)
	form := views.SignIn{Server: "meet.test", Name: "Ann", User: "1001", Password: "secret", Remember: true}
	if err := r.Connect(t.Context(), form); err != nil {
		t.Fatal(err)
	}
	if got := r.secrets[settings.PasswordOf("meet.test:443", "1001")]; got != "secret" {
		t.Errorf("keyring %v", r.secrets)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again := newRigIn(t, folder)
	for k, v := range r.secrets {
		again.secrets[k] = v
	}
	if got, signIn := again.recall(t.Context()); got != form || !signIn {
		t.Errorf("recalls %+v, sign in %t", got, signIn)
	}
	if err := again.Disconnect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, signIn := again.recall(t.Context()); signIn {
		t.Error("signs in after signing out")
	}
	again.secrets["broken"] = "yes"
	again.recall(t.Context())
	if !again.Model().ForgetsPasswords {
		t.Error("the sign in screen does not learn that there is no keyring")
	}
}

func TestReconnectTriesAtOnce(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Reconnect(t.Context()); err != nil || !slices.Contains(r.connector.asked, "restart") {
		t.Errorf("error %v, asked %v", err, r.connector.asked)
	}
	r.set(t, func(s *views.Settings) { s.Reconnect = false })
	if err := r.Reconnect(t.Context()); err != nil || len(r.opened) != 2 {
		t.Errorf("error %v, %d connections", err, len(r.opened))
	}
}

func TestTheStatusSaysConnectingWhileSettingsAreRenewed(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	r.controller.mu.Lock()
	r.renewing = true
	r.controller.mu.Unlock()
	if got := r.Model().Status; got != session.StatusConnecting {
		t.Errorf("status %s", got)
	}
}

func TestErrorsOfTheKeptConnectionKeepTheirTypes(t *testing.T) {
	err := error(&autoconnect.Error{Outcome: autoconnect.StoppedByError, Err: call.ErrActive})
	if n := views.Describe(views.OpConnect, "meet.test", err); n.Text == "" || strings.Contains(n.Text, "stop-attempts") {
		t.Errorf("says %q", n.Text)
	}
}

func TestACertificateThatIsNotTakenIsInTheModel(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	dial := func() error {
		conn, err := tls.Dial("tcp", server.Listener.Addr().String(), r.opened[0].TLS)
		if err == nil {
			err = conn.Close()
		}
		return err
	}
	var untrusted *views.CertificateError
	if err := dial(); !errors.As(err, &untrusted) || !errors.Is(r.Model().Untrusted, untrusted) {
		t.Errorf("dialling %v, model %v", err, r.Model().Untrusted)
	}
	if r.verified(nil) != nil || r.Model().Untrusted != nil {
		t.Error("a certificate that is taken leaves the error")
	}
}

func TestReconnectingIsTriedAgainAfterItFailed(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	r.set(t, func(s *views.Settings) { s.Reconnect = false })
	down := errors.New("no network")
	r.connector.answer["connect"] = down
	if err := r.Reconnect(t.Context()); !errors.Is(err, down) {
		t.Fatalf("error %v", err)
	}
	delete(r.connector.answer, "connect")
	if err := r.Reconnect(t.Context()); err != nil || len(r.opened) != 3 || !r.Model().SignedIn {
		t.Errorf("error %v, %d connections", err, len(r.opened))
	}
}

func TestWhoSignsOutWhileTheConnectionIsRenewedStaysSignedOut(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	r.set(t, func(s *views.Settings) { s.Reconnect = false })
	open := r.open
	r.open = func(o LinkOptions) (*Link, error) {
		link, err := open(o)
		connect := link.Connect
		link.Connect = func(ctx context.Context) error {
			if err := r.Disconnect(ctx); err != nil {
				t.Error(err)
			}
			return connect(ctx)
		}
		return link, err
	}
	if err := r.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.Model().SignedIn || !r.connector.closed {
		t.Errorf("signed in %t, closed %t", r.Model().SignedIn, r.connector.closed)
	}
	if _, err := r.current(); !errors.Is(err, errNotConnected) {
		t.Errorf("a connection is kept: %v", err)
	}
}
