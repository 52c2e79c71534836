package connector_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/redial"
	"parley/connector/session"
	"parley/connector/signal"
)

// lose ends a call as a dead media path does.
func (w *world) lose() {
	w.session().End(signal.End{Originator: signal.System, Cause: signal.CauseRTPTimeout})
	synctest.Wait()
}

// Point 5: the number of the attempt. Point 7: a guest's call is restored too.
func TestRedial(t *testing.T) {
	for name, parameters := range map[string]connector.ConnectParameters{"user": user(), "guest": guest()} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				defer w.close()
				w.must(w.c.Connect(t.Context(), parameters))
				w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
				same(t, "arm", w.only("call-reconnect:"), "call-reconnect:armed")
				w.lose()
				s := w.c.Snapshot()
				if s.SystemStatus() != session.StatusCallReconnecting || s.Redial.Next.IsZero() {
					t.Errorf("status %s, redial %+v", s.SystemStatus(), s.Redial)
				}
				same(t, "failure", w.only("call-reconnect:"), "call-reconnect:termination-classified",
					"call-reconnect:failure-detected", "call-reconnect:attempt-scheduled")
				time.Sleep(time.Second)
				synctest.Wait()
				w.mu.Lock()
				i := slices.IndexFunc(w.events, func(e connector.Event) bool { return e.Name == "call-reconnect:attempt-succeeded" })
				if i < 0 {
					t.Error("not restored")
				} else if d := textOfJSON(w.events[i].Data); !strings.Contains(d, `"attempt":1`) {
					t.Errorf("data %s", d)
				}
				w.mu.Unlock()
				if s := w.c.Snapshot(); s.Redial.State != redial.Armed || s.Call.Number != "2001" {
					t.Errorf("snapshot %+v", s)
				}
				w.must(w.c.HangUp(t.Context()))
				if s := w.c.Snapshot(); s.Redial.State != redial.Idle {
					t.Errorf("redial %s", s.Redial.State)
				}
			})
		})
	}
}

// Spec connector 10: which ends of an armed call are called again.
func TestWhatIsRedialled(t *testing.T) {
	for _, c := range []struct {
		end    signal.End
		redial bool
	}{
		{signal.End{Originator: signal.System, Cause: signal.CauseRTPTimeout, StatusCode: 408}, true}, // ICE failed here
		{signal.End{Originator: signal.Remote, Cause: signal.CauseRTPTimeout, StatusCode: 408}, true}, // or there: its BYE says so
		{signal.End{Originator: signal.System, Cause: signal.CauseRequestTimeout}, true},
		{signal.End{Originator: signal.System, Cause: signal.CauseConnection}, true},
		{signal.End{Originator: signal.Remote, Cause: signal.CauseAddressIncomplete, StatusCode: 484}, true},
		{signal.End{Originator: signal.System, Cause: signal.CauseInternal}, true},
		{signal.End{Originator: signal.Remote, Cause: signal.CauseInternal}, false},
		{signal.End{Originator: signal.Local, Cause: signal.CauseRTPTimeout}, false},
		{signal.End{Originator: signal.Local, Cause: signal.CauseDialog, StatusCode: 481}, false},
		{signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated}, false},
		{signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated, StatusCode: 408}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			w.must(w.c.Connect(t.Context(), user()))
			w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
			w.take()
			w.session().End(c.end)
			want := []string{"call-reconnect:termination-classified", "call-reconnect:disarmed", "call-reconnect:cancelled"}
			if c.redial {
				want = []string{"call-reconnect:termination-classified", "call-reconnect:failure-detected",
					"call-reconnect:attempt-scheduled"}
			}
			same(t, string(c.end.Originator)+" "+string(c.end.Cause), w.only("call-reconnect:"), want...)
		})
	}
}

// Five failed attempts are the limit; force goes on; a cancelled attempt arms again.
func TestRedialLimitAndCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
		w.net.Last().SetAnswer(func(s *fake.Session) {
			s.End(signal.End{Originator: signal.System, Cause: signal.CauseRequestTimeout})
		})
		w.take()
		w.lose()
		time.Sleep(2 * time.Minute)
		names := w.only("call-reconnect:attempt-failed", "call-reconnect:limit", "call-reconnect:terminal")
		same(t, "limit", names, "call-reconnect:attempt-failed", "call-reconnect:attempt-failed", "call-reconnect:attempt-failed",
			"call-reconnect:attempt-failed", "call-reconnect:attempt-failed", "call-reconnect:limit-reached", "call-reconnect:terminal")
		w.must(w.c.ForceRedial(t.Context()))
		if s := w.c.Snapshot(); s.Redial.State != redial.Backoff {
			t.Errorf("forced: %s", s.Redial.State)
		}
		w.must(w.c.CancelRedial(t.Context()))
		time.Sleep(time.Minute)
		if s := w.c.Snapshot(); s.Redial.State != redial.Idle || s.Call.State != "call:idle" {
			t.Errorf("cancelled: %+v", s)
		}
	})
}

// Signalling that is away is waited for.
func TestRedialWaitsForSignaling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
		w.net.Last().Lose(1006)
		w.lose()
		if s := w.c.Snapshot(); s.Redial.State != redial.WaitingSignaling {
			t.Errorf("redial %s", s.Redial.State)
		}
		time.Sleep(5 * time.Second)
		w.net.Last().Connect()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s := w.c.Snapshot(); s.Redial.State != redial.Armed || s.Call.Number != "2001" {
			t.Errorf("redial %s, call %+v", s.Redial.State, s.Call)
		}
	})
}
