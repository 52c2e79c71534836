package connector_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/connection"
	"parley/connector/internal/fake"
	"parley/connector/session"
	"parley/connector/signal"
)

// A connect with registration: events in order, snapshot, configuration of the user agent.
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

// A refused registration fails the connect at once.
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

// After three failed handshakes the connect fails.
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

// Parameters may come from a function: it is asked once a connect, and its failure or cancelling ends the connect.
func TestConnectWithAFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		asked := 0
		p := connector.ConnectParameters{Resolve: func(context.Context) (connector.ConnectParameters, error) {
			asked++
			time.Sleep(time.Second)
			return user(), nil
		}}
		w.net.Script = func(n int, a *fake.Agent) {
			if n == 0 {
				a.Lose(1006)
				return
			}
			a.Connect()
		}
		w.must(w.c.Connect(t.Context(), p))
		w.expect("function", "connection:connect-started", "connection:connect-parameters-resolve-success",
			"connection:disconnected", "disconnected-from-out-of-call", "connection:connecting", "connection:connected",
			"connection:connected-with-configuration", "connected-with-configuration-from-out-of-call",
			"connection:registered", "connection:connect-succeeded")
		if asked != 1 || w.net.Last().Config.User != "1001" {
			t.Errorf("asked %d times, user %s", asked, w.net.Last().Config.User)
		}
		w.must(w.c.Disconnect(t.Context()))
		w.take()

		wrong := errors.New("no way to the address service")
		err := w.c.Connect(t.Context(), connector.ConnectParameters{Resolve: func(context.Context) (connector.ConnectParameters, error) {
			return connector.ConnectParameters{}, wrong
		}})
		if !errors.Is(err, wrong) {
			t.Errorf("error %v", err)
		}
		w.expect("failed", "connection:connect-started", "connection:connect-parameters-resolve-failed", "connection:connect-failed")

		err = w.c.Connect(t.Context(), connector.ConnectParameters{Resolve: func(context.Context) (connector.ConnectParameters, error) {
			return connector.ConnectParameters{SIPServerURL: "x"}, nil
		}})
		if !errors.Is(err, connection.ErrNoServerIP) {
			t.Errorf("what it returns is not checked: %v", err)
		}
		w.take()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ended := false
		err = w.c.Connect(ctx, connector.ConnectParameters{Resolve: func(ctx context.Context) (connector.ConnectParameters, error) {
			<-ctx.Done()
			ended = true
			return user(), nil
		}})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled: %v", err)
		}
		w.expect("cancelled", "connection:connect-started", "connection:connect-parameters-resolve-failed")
		if s := w.c.Snapshot(); !ended || s.SystemStatus() != session.StatusDisconnected {
			t.Errorf("question ended %v, status %s", ended, s.SystemStatus())
		}
	})
}

// The auto-connector asks at each of its attempts: a changed address is found.
func TestAutoConnectWithAFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		asked := 0
		p := connector.ConnectParameters{Attempts: 1, Resolve: func(context.Context) (connector.ConnectParameters, error) {
			asked++
			p := guest()
			p.SIPServerURL = fmt.Sprintf("ws%d.example", asked)
			p.Attempts = 1
			return p, nil
		}}
		w.net.Script = func(n int, a *fake.Agent) {
			if n < 2 {
				a.Lose(1006)
				return
			}
			a.Connect()
		}
		w.must(w.c.AutoConnect(t.Context(), p))
		if url := w.net.Last().Config.URL; asked != 3 || url != "wss://ws3.example/webrtc/wss/" {
			t.Errorf("asked %d times, last %s", asked, url)
		}
	})
}

// A connect tries as often as it is told to, three times by default.
func TestTriesOfAConnect(t *testing.T) {
	for tries, want := range map[int]int{0: 3, 1: 1, 5: 5} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			w.net.Script = func(_ int, a *fake.Agent) { a.Lose(1006) }
			p := guest()
			p.Attempts = tries
			if err := w.c.Connect(t.Context(), p); err == nil {
				t.Fatal("no error")
			}
			if n := len(w.net.Agents()); n != want {
				t.Errorf("%d tries, want %d", n, want)
			}
		})
	}
}

// What can be asked of a connection: registration by hand, OPTIONS, MESSAGE both ways, the check for telephony.
func TestRequestsOfAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		var arrived []signal.Message
		w.rebuild(connector.Config{OnMessage: func(m signal.Message) { arrived = append(arrived, m) }})
		if err := w.c.Ping(t.Context()); !errors.Is(err, connection.ErrNotConnected) {
			t.Errorf("before the connect: %v", err)
		}
		w.must(w.c.Connect(t.Context(), user()))
		w.take()
		agent := w.net.Last()
		refused := &signal.ResponseError{Method: "REGISTER", StatusCode: 403}
		agent.AnswerRequests(func(request string) error {
			if request == "unregister" && len(agent.Asked()) > 1 {
				return refused
			}
			return nil
		})
		w.must(w.c.Unregister(t.Context()))
		w.expect("unregister", "connection:unregistered")
		w.must(w.c.Register(t.Context()))
		w.expect("register", "connection:registered")
		w.must(w.c.TryRegister(t.Context())) // its unregister fails, which does not matter
		w.expect("try", "connection:registered")
		w.must(w.c.Ping(t.Context()))
		w.must(w.c.SendOptions(t.Context(), "2001"))
		w.must(w.c.SendMessage(t.Context(), "2001", "text/plain", []byte("hello")))
		want := []string{"unregister", "register", "unregister", "register", "options 2001", "message 2001 text/plain hello"}
		if got := agent.Asked(); !slices.Equal(got, want) || agent.Pings() != 1 {
			t.Errorf("asked %v, pings %d", got, agent.Pings())
		}
		agent.AnswerRequests(func(string) error { return refused })
		if err := w.c.SendMessage(t.Context(), "2001", "text/plain", nil); !errors.Is(err, refused) {
			t.Errorf("refused: %v", err)
		}
		agent.Handler.OnMessage(signal.Message{From: signal.Identity{User: "55"}, ContentType: "text/plain", Body: []byte("hi")})
		w.expect("message", "connection:newMessage")
		if len(arrived) != 1 || string(arrived[0].Body) != "hi" {
			t.Errorf("arrived %v", arrived)
		}

		w.must(w.c.CheckTelephony(t.Context(), user()))
		w.expect("check", []string{}...)
		if agents := w.net.Agents(); len(agents) != 2 || !agents[1].Stopped() || agents[0].Stopped() || agents[1].Config.Register {
			t.Errorf("%d user agents", len(agents))
		}
		w.net.Script = func(_ int, a *fake.Agent) { a.Lose(1006) }
		if err := w.c.CheckTelephony(t.Context(), user()); !errors.Is(err, connection.ErrTelephony) {
			t.Errorf("no telephony: %v", err)
		}
		w.net.Script = func(int, *fake.Agent) {} // a server that says nothing
		begin := time.Now()
		if err := w.c.CheckTelephony(t.Context(), user()); !errors.Is(err, connection.ErrTelephony) || time.Since(begin) != 10*time.Second {
			t.Errorf("silence: %v after %v", err, time.Since(begin))
		}
	})
}

// A connect while there is a connection ends that one first, and what counts afterwards are the new parameters.
func TestConnectAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), guest()))
		w.take()
		w.must(w.c.Connect(t.Context(), user()))
		w.expect("connect again", "connection:disconnecting", "connection:disconnected", "disconnected-from-out-of-call",
			"connection:connect-started", "connection:connect-parameters-resolve-success", "connection:connecting",
			"connection:connected", "connection:connected-with-configuration", "connected-with-configuration-from-out-of-call",
			"connection:registered", "connection:connect-succeeded")
		agents := w.net.Agents()
		if len(agents) != 2 || !agents[0].Stopped() || agents[1].Config.User != "1001" {
			t.Errorf("%d user agents", len(agents))
		}
		if s := w.c.Snapshot(); s.SystemStatus() != session.StatusReadyToCall {
			t.Errorf("status %s", s.SystemStatus())
		}
	})
}
