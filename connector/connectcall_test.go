package connector_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/autoconnect"
	"parley/connector/connectcall"
	"parley/connector/internal/fake"
	"parley/connector/redial"
	"parley/connector/signal"
)

// Point 6: a failed attempt does not close the session; the limit does.
func TestConnectAndCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.ConnectAndCall(t.Context(), guest(), connector.CallParameters{Number: "2001"}))
		fails := 2
		w.net.Last().SetAnswer(func(s *fake.Session) {
			if fails > 0 {
				fails--
				s.End(signal.End{Originator: signal.System, Cause: signal.CauseRequestTimeout})
				return
			}
			s.AnswerCall()
		})
		w.lose()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if s := w.c.Snapshot(); s.Redial.State != redial.Armed || s.AutoConnector != autoconnect.ConnectedMonitoring {
			t.Errorf("restored: %+v", s)
		}
		reason := make(chan connectcall.Reason, 1)
		go func() {
			r, _ := w.c.WaitCallSession(t.Context())
			reason <- r
		}()
		w.session().End(signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated})
		if r := <-reason; r != connectcall.ReasonCompleted {
			t.Errorf("reason %s", r)
		}
		if s := w.c.Snapshot(); s.Connection != "connection:idle" || s.AutoConnector != autoconnect.Idle {
			t.Errorf("cleaned up: %+v", s)
		}

		w.must(w.c.ConnectAndCall(t.Context(), guest(), connector.CallParameters{Number: "2001"}))
		w.net.Last().SetAnswer(func(s *fake.Session) {
			s.End(signal.End{Originator: signal.System, Cause: signal.CauseRequestTimeout})
		})
		w.lose()
		if r, _ := w.c.WaitCallSession(t.Context()); r != connectcall.ReasonRedialExhausted {
			t.Errorf("reason %s", r)
		}

		w.must(w.c.ConnectAndCall(t.Context(), guest(), connector.CallParameters{Number: "2001"}))
		w.must(w.c.HangUp(t.Context()))
		if s := w.c.Snapshot(); s.Connection != "connection:idle" || s.Call.State != "call:idle" {
			t.Errorf("hung up: %+v", s)
		}
	})
}

// A session whose connection or first call fails closes with the reason.
func TestConnectAndCallThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.net.Prepare = func(a *fake.Agent) {
			a.Answer = func(s *fake.Session) {
				s.End(signal.End{Originator: signal.Remote, Cause: signal.CauseBusy, StatusCode: 486})
			}
		}
		err := w.c.ConnectAndCall(t.Context(), guest(), connector.CallParameters{Number: "2001"})
		var failure *connector.CallError
		if !errors.As(err, &failure) || failure.Cause != signal.CauseBusy {
			t.Errorf("error %v", err)
		}
		if r, _ := w.c.WaitCallSession(t.Context()); r != connectcall.ReasonInitialCallFailed {
			t.Errorf("reason %s", r)
		}
		w.net.Prepare = nil
		w.must(w.c.AutoConnect(t.Context(), guest()))
		if err := w.c.ConnectAndCall(t.Context(), guest(), connector.CallParameters{Number: "1"}); !errors.Is(err, connectcall.ErrAutoConnector) {
			t.Errorf("error %v", err)
		}
	})
}
