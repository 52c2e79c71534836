package connector_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/session"
	"parley/connector/signal"
)

func TestConnectRegisters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.expect("connect", "connection:connect-started", "connection:connect-parameters-resolve-success",
			"connection:connecting", "connection:connected", "connection:connected-with-configuration",
			"connected-with-configuration-from-out-of-call", "connection:registered", "connection:connect-succeeded")
		s := w.c.Snapshot()
		if s.SystemStatus() != session.StatusReadyToCall {
			t.Errorf("status %s", s.SystemStatus())
		}
		config := w.net.Last().Config
		if config.User != "1001" || config.DisplayName != "Bob_Smith" || config.URL != "wss://ws.example/webrtc/wss/" {
			t.Errorf("configuration %+v", config)
		}
		w.must(w.c.Disconnect(t.Context()))
		w.expect("disconnect", "connection:disconnecting", "connection:disconnected", "disconnected-from-out-of-call")
		if s := w.c.Snapshot(); s.Connection != "connection:idle" {
			t.Errorf("connection %s", s.Connection)
		}
	})
}

func TestWrongPasswordIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.net.Script = func(_ int, a *fake.Agent) {
			a.Handler.OnConnected()
			a.Handler.OnRegistrationFailed(&signal.ResponseError{Method: "REGISTER", StatusCode: 403,
				Cause: signal.CauseRejected})
		}
		err := w.c.Connect(t.Context(), user())
		var response *signal.ResponseError
		if !errors.As(err, &response) || response.StatusCode != 403 {
			t.Fatalf("error %v", err)
		}
		time.Sleep(time.Minute)
		if n := len(w.net.Agents()); n != 1 {
			t.Errorf("%d user agents", n)
		}
		if s := w.c.Snapshot(); s.SystemStatus() != session.StatusDisconnected {
			t.Errorf("status %s", s.SystemStatus())
		}
	})
}

// Point 1: after a failed handshake and a successful second try the connection is established and configured.
func TestFailedHandshakeIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.net.Script = func(n int, a *fake.Agent) {
			if n == 0 {
				a.Lose(1006)
				return
			}
			a.Connect()
		}
		begin := time.Now()
		w.must(w.c.Connect(t.Context(), guest()))
		if took := time.Since(begin); took != 300*time.Millisecond {
			t.Errorf("took %v", took)
		}
		if s := w.c.Snapshot(); s.Connection != "connection:established" {
			t.Errorf("connection %s", s.Connection)
		}
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
		invite := w.session().Invite.ExtraHeaders
		if len(invite) == 0 || !slices.Contains(invite, signal.Header{Name: "X-Vinteo-Purgatory-Call", Value: "yes"}) {
			t.Errorf("a guest's INVITE headers %v", invite)
		}
	})
}

func TestHandshakeFailsThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.net.Script = func(_ int, a *fake.Agent) { a.Lose(1006) }
		if err := w.c.Connect(t.Context(), guest()); err == nil {
			t.Fatal("no error")
		}
		if n := len(w.net.Agents()); n != 3 {
			t.Errorf("%d tries", n)
		}
	})
}
