package connector_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/autoconnect"
	"parley/connector/connectcall"
	"parley/connector/internal/fake"
	"parley/connector/redial"
	"parley/connector/session"
	"parley/connector/signal"
)

// network is a machine's network that tests switch.
type network struct {
	mu   sync.Mutex
	next int
	fns  map[int]func(autoconnect.NetworkEvent)
}

func (n *network) Subscribe(fn func(autoconnect.NetworkEvent)) func() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fns == nil {
		n.fns = map[int]func(autoconnect.NetworkEvent){}
	}
	n.next++
	id := n.next
	n.fns[id] = fn
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.fns, id)
	}
}

// subscribers counts who listens.
func (n *network) subscribers() int { n.mu.Lock(); defer n.mu.Unlock(); return len(n.fns) }

func (n *network) tell(e autoconnect.NetworkEvent) {
	n.mu.Lock()
	fns := slices.Collect(maps.Values(n.fns))
	n.mu.Unlock()
	for _, fn := range fns {
		fn(e)
	}
	synctest.Wait()
}

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

// What comes of the network's changes, its loss and its return.
func TestNetworkEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		net := &network{}
		w.rebuild(connector.Config{Network: net})
		w.must(w.c.AutoConnect(t.Context(), user()))
		agents := func(what string, want int) {
			t.Helper()
			if n := len(w.net.Agents()); n != want {
				t.Errorf("%s: %d user agents, want %d", what, n, want)
			}
		}
		net.tell(autoconnect.NetworkChange) // the ping is answered: nothing
		agents("alive", 1)
		time.Sleep(time.Second)
		w.net.Last().SetOptionsErr(errors.New("dead"))
		net.tell(autoconnect.NetworkChange)
		agents("dead", 2)
		net.tell(autoconnect.Offline)
		time.Sleep(time.Second)
		net.tell(autoconnect.Online) // within the grace
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.ConnectedMonitoring {
			t.Errorf("after a short gap: %s", s.AutoConnector)
		}
		net.tell(autoconnect.Offline)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.Idle || s.Connection != "connection:idle" {
			t.Errorf("offline: %s %s", s.AutoConnector, s.Connection)
		}
		net.tell(autoconnect.Online)
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.ConnectedMonitoring {
			t.Errorf("online again: %s", s.AutoConnector)
		}
	})
}

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
