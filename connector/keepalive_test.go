package connector_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/autoconnect"
	"parley/connector/internal/fake"
	"parley/connector/session"
	"parley/connector/signal"
)

// only returns the events with a prefix since the last take.
func (w *world) only(prefixes ...string) []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	names := []string{}
	for _, e := range w.events {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(e.Name, p) }) {
			names = append(names, e.Name)
		}
	}
	w.events = nil
	return names
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

// Point 2: the status ends with every outcome. Pings run at once and every 15 s; two failures in a row reconnect.
func TestAutoConnectPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.AutoConnect(t.Context(), user()))
		same(t, "start", w.only("auto-connect:"), "auto-connect:before-attempt", "auto-connect:changed-attempt-status",
			"auto-connect:changed-attempt-status", "auto-connect:success")
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if n := w.net.Last().Pings(); n != 3 {
			t.Errorf("%d pings", n)
		}
		w.net.Last().SetOptionsErr(errors.New("no answer"))
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if n := len(w.net.Agents()); n != 2 {
			t.Errorf("%d user agents", n)
		}
		same(t, "reconnect", w.only("auto-connect:"), "auto-connect:before-attempt", "auto-connect:changed-attempt-status",
			"auto-connect:changed-attempt-status", "auto-connect:success")
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.ConnectedMonitoring || s.SystemStatus() != session.StatusReadyToCall {
			t.Errorf("snapshot %+v", s)
		}
		w.must(w.c.StopAutoConnect(t.Context()))
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.Idle || s.Connection != "connection:idle" {
			t.Errorf("stopped: %s %s", s.AutoConnector, s.Connection)
		}
	})
}

// In a call two failed pings replace the socket, not the user agent: the call goes on, and so do the pings.
func TestAutoConnectPingsInACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.AutoConnect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
		agent := w.net.Last()
		synctest.Wait() // the first ping is answered
		agent.SetOptionsErr(errors.New("no answer"))
		time.Sleep(31 * time.Second)
		synctest.Wait()
		agent.SetOptionsErr(nil)
		if n := agent.Reopened(); n != 1 || len(w.net.Agents()) != 1 {
			t.Errorf("%d user agents, socket replaced %d times", len(w.net.Agents()), n)
		}
		pings := agent.Pings()
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if n := agent.Pings() - pings; n != 2 || agent.Reopened() != 1 {
			t.Errorf("%d pings in half a minute, socket replaced %d times", n, agent.Reopened())
		}
		same(t, "cycles", w.only("call:ended", "call:failed", "auto-connect:before-attempt", "auto-connect:success"),
			"auto-connect:before-attempt", "auto-connect:success", "auto-connect:before-attempt", "auto-connect:success")
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.ConnectedMonitoring || s.Call.Number != "2001" {
			t.Errorf("snapshot %s, in a call to %q", s.AutoConnector, s.Call.Number)
		}
		// The other socket does not come: when the call is over there is nothing to spare, and another user agent connects.
		agent.StayAway()
		agent.SetOptionsErr(errors.New("no answer"))
		time.Sleep(time.Minute)
		w.must(w.c.HangUp(t.Context()))
		time.Sleep(autoconnect.RetryDelay)
		same(t, "cycles", w.only("call:ended", "call:failed", "auto-connect:before-attempt", "auto-connect:success"),
			"auto-connect:before-attempt", "call:ended", "auto-connect:before-attempt", "auto-connect:success")
		if n := len(w.net.Agents()); n != 2 {
			t.Errorf("%d user agents", n)
		}
	})
}

// The auto-connector tries again after a failure, but never with refused credentials.
func TestAutoConnectRetriesButNotCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.net.Script = func(n int, a *fake.Agent) {
			switch {
			case n < 2:
				a.Lose(1001)
			default:
				a.Handler.OnConnected()
				a.Handler.OnRegistrationFailed(&signal.ResponseError{Method: "REGISTER", StatusCode: 403, Cause: signal.CauseRejected})
			}
		}
		begin := time.Now()
		err := w.c.AutoConnect(t.Context(), user())
		var failure *autoconnect.Error
		if !errors.As(err, &failure) || failure.Outcome != autoconnect.StoppedByError {
			t.Fatalf("error %v", err)
		}
		if took := time.Since(begin); took != 6*time.Second {
			t.Errorf("took %v", took)
		}
		time.Sleep(time.Hour)
		if n := len(w.net.Agents()); n != 3 {
			t.Errorf("%d user agents: a loop of 403s", n)
		}
	})
}

// Point 2: a pending start settles on stop.
func TestAutoConnectStopSettlesStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.net.Script = func(_ int, a *fake.Agent) { a.Lose(1001) }
		outcome := make(chan error, 1)
		go func() { outcome <- w.c.AutoConnect(t.Context(), user()) }()
		time.Sleep(10 * time.Second)
		w.must(w.c.StopAutoConnect(t.Context()))
		var failure *autoconnect.Error
		if err := <-outcome; !errors.As(err, &failure) || failure.Outcome != autoconnect.Cancelled {
			t.Errorf("outcome %v", err)
		}
	})
}

// Point 3: after the limit, telephony that is still connected goes back to monitoring, with pings. Here: the limit, checks
// that escalate, and a server that comes back.
func TestAutoConnectLimitAndTelephony(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		var mu sync.Mutex
		down := true
		w.net.Script = func(_ int, a *fake.Agent) {
			mu.Lock()
			defer mu.Unlock()
			if down {
				a.Lose(1001)
				return
			}
			a.Connect()
		}
		err := w.c.AutoConnect(t.Context(), user())
		var failure *autoconnect.Error
		if !errors.As(err, &failure) || failure.Outcome != autoconnect.LimitReached {
			t.Fatalf("error %v", err)
		}
		names := w.only("auto-connect:")
		if !slices.Contains(names, "auto-connect:limit-reached-attempts") {
			t.Errorf("events %v", names)
		}
		mu.Lock()
		down = false
		mu.Unlock()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.ConnectedMonitoring {
			t.Errorf("auto-connector %s", s.AutoConnector)
		}
		pings := w.net.Last().Pings()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if n := w.net.Last().Pings(); n != pings+2 {
			t.Errorf("%d pings more", n-pings)
		}
	})
}

// A person who signs in is told after the few attempts that were set; what has been connected once is kept longer.
func TestAutoConnectTellsAStartThatFailsSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.rebuild(connector.Config{AutoConnect: autoconnect.Options{StartAttempts: 2}})
		defer w.close()
		var mu sync.Mutex
		down, agents := true, 0
		w.net.Script = func(_ int, a *fake.Agent) {
			mu.Lock()
			defer mu.Unlock()
			agents++
			if down {
				a.Lose(1001)
				return
			}
			a.Connect()
		}
		begun := time.Now()
		err := w.c.AutoConnect(t.Context(), user())
		var failure *autoconnect.Error
		if !errors.As(err, &failure) || failure.Outcome != autoconnect.LimitReached || time.Since(begun) > time.Minute {
			t.Fatalf("error %v after %v", err, time.Since(begun))
		}
		w.must(w.c.StopAutoConnect(t.Context()))
		mu.Lock()
		down = false
		mu.Unlock()
		w.must(w.c.AutoConnect(t.Context(), user()))
		mu.Lock()
		down, agents = true, 0
		mu.Unlock()
		w.must(w.c.RestartAutoConnect(t.Context()))
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if agents <= 6 { // up to three in one attempt
			t.Errorf("gave up after %d tries what was connected", agents)
		}
	})
}

// Point 4: a registration that fails outside a call reconnects at once, inside a call at its end.
func TestRegistrationLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.AutoConnect(t.Context(), user()))
		fail := func() {
			w.net.Last().Handler.OnRegistrationFailed(&signal.ResponseError{Method: "REGISTER", StatusCode: 500})
			synctest.Wait()
		}
		time.Sleep(time.Second)
		fail()
		if n := len(w.net.Agents()); n != 2 {
			t.Errorf("%d user agents", n)
		}
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "1", NoRedial: true}))
		time.Sleep(time.Second)
		fail()
		if n := len(w.net.Agents()); n != 2 {
			t.Error("reconnected in a call")
		}
		w.session().End(signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated})
		synctest.Wait()
		if n := len(w.net.Agents()); n != 3 {
			t.Errorf("%d user agents after the call", n)
		}
	})
}
