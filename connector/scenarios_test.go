package connector_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/connectcall"
	"parley/connector/internal/fake"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/signal"
)

var attempt = []string{"auto-connect:before-attempt", "auto-connect:changed-attempt-status",
	"auto-connect:changed-attempt-status", "auto-connect:success"}

// Spec connector 3: what a change of the network leads to while the connection is watched, by policy.
func TestNetworkPolicies(t *testing.T) {
	for _, c := range []struct {
		policy    autoconnect.Policy
		alive     bool
		pings     int // more
		reconnect bool
	}{
		{"", true, 1, false}, {"", false, 1, true}, // probe is the default
		{autoconnect.Probe, true, 1, false}, {autoconnect.Probe, false, 1, true},
		{autoconnect.Reconnect, true, 0, true}, {autoconnect.Reconnect, false, 0, true},
		{autoconnect.Ignore, true, 0, false}, {autoconnect.Ignore, false, 0, false},
	} {
		for _, event := range []autoconnect.NetworkEvent{autoconnect.NetworkChange, autoconnect.Online} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				defer w.close()
				net := &network{}
				options := autoconnect.Options{OnChange: c.policy, OnOnline: autoconnect.Ignore}
				if event == autoconnect.Online {
					options = autoconnect.Options{OnChange: autoconnect.Ignore, OnOnline: c.policy}
				}
				w.rebuild(connector.Config{Network: net, AutoConnect: options})
				w.must(w.c.AutoConnect(t.Context(), user()))
				time.Sleep(time.Second)
				first := w.net.Last()
				if !c.alive {
					first.SetOptionsErr(errors.New("no answer"))
				}
				pings := first.Pings()
				w.take()
				net.tell(event)
				want := []string{}
				if c.reconnect {
					want = attempt
				}
				what := string(c.policy) + " " + string(event)
				same(t, what, w.only("auto-connect:"), want...)
				if got := first.Pings() - pings; got != c.pings {
					t.Errorf("%s: %d pings", what, got)
				}
			})
		}
	}
}

// Spec connector 3: while an attempt is awaited a probe looks whether the server can be reached at all.
func TestNetworkProbeWhileWaiting(t *testing.T) {
	for _, reachable := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			net := &network{}
			w.rebuild(connector.Config{Network: net})
			back := false
			w.net.Script = func(n int, a *fake.Agent) {
				if n > 0 && reachable && back {
					a.Connect()
					return
				}
				a.Lose(1001)
			}
			outcome := make(chan error, 1)
			go func() { outcome <- w.c.AutoConnect(t.Context(), guest()) }()
			time.Sleep(time.Second) // of the three that lie between two attempts
			synctest.Wait()
			back = true
			n := len(w.net.Agents())
			begin := time.Now()
			net.tell(autoconnect.NetworkChange)
			want := 1 // the probe alone
			if reachable {
				want = 2 // and the attempt, at once
				if err := <-outcome; err != nil || time.Since(begin) > 0 {
					t.Errorf("outcome %v after %v", err, time.Since(begin))
				}
			}
			if got := len(w.net.Agents()) - n; got != want {
				t.Errorf("reachable %v: %d user agents more", reachable, got)
			}
			if s := w.c.Snapshot(); !reachable && s.AutoConnector != autoconnect.WaitingBeforeRetry {
				t.Errorf("auto-connector %s", s.AutoConnector)
			}
		})
	}
}

// Spec connector 3: online within 2 s undoes an offline, a change does not; what was stopped begins again with the last
// parameters; after a stop of the person's nothing does.
func TestOfflineGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		net := &network{}
		w.rebuild(connector.Config{Network: net})
		w.must(w.c.AutoConnect(t.Context(), user()))
		time.Sleep(time.Second)
		w.take()
		net.tell(autoconnect.Offline)
		time.Sleep(1999 * time.Millisecond)
		net.tell(autoconnect.Online)
		time.Sleep(time.Minute)
		same(t, "a short gap", w.only("auto-connect:", "connection:"), []string{}...)

		net.tell(autoconnect.Offline)
		time.Sleep(1500 * time.Millisecond)
		net.tell(autoconnect.Offline) // does not begin the time anew
		net.tell(autoconnect.NetworkChange)
		time.Sleep(501 * time.Millisecond)
		synctest.Wait()
		same(t, "gone", w.only("auto-connect:", "connection:"), "connection:disconnecting", "connection:disconnected")
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.Idle {
			t.Errorf("auto-connector %s", s.AutoConnector)
		}
		time.Sleep(time.Hour)
		net.tell(autoconnect.NetworkChange)
		same(t, "back", w.only("auto-connect:"), attempt...)
		if config := w.net.Last().Config; config.User != "1001" {
			t.Errorf("connected as %s", config.User)
		}
		w.must(w.c.StopAutoConnect(t.Context()))
		w.take()
		net.tell(autoconnect.Online)
		time.Sleep(time.Minute)
		same(t, "stopped by the person", w.only("auto-connect:"), []string{}...)
	})
}

// Spec connector 3: pings go on in calls; one that fails means nothing; requests within 250 ms are one.
func TestPingsInACallAndCoalescing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.AutoConnect(t.Context(), user()))
		w.must(w.c.AutoConnect(t.Context(), user())) // coalesced: the running cycle goes on
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
		w.take()
		agent := w.net.Last()
		time.Sleep(7 * time.Second) // between two pings
		before := agent.Pings()
		time.Sleep(45 * time.Second)
		synctest.Wait()
		if n := agent.Pings() - before; n != 3 {
			t.Errorf("%d pings in 45 s of a call", n)
		}
		agent.SetOptionsErr(errors.New("no answer"))
		time.Sleep(15 * time.Second)
		agent.SetOptionsErr(nil)
		time.Sleep(15 * time.Second)
		agent.SetOptionsErr(errors.New("no answer"))
		time.Sleep(15 * time.Second)
		agent.SetOptionsErr(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		same(t, "single failures", w.only("auto-connect:"), []string{}...)
		w.must(w.c.HangUp(t.Context()))

		for range 3 {
			w.must(w.c.RestartAutoConnect(t.Context()))
		}
		synctest.Wait()
		same(t, "three restarts at once", w.only("auto-connect:"), attempt...)
		time.Sleep(250 * time.Millisecond)
		w.must(w.c.RestartAutoConnect(t.Context()))
		same(t, "one later", w.only("auto-connect:"), attempt...)
	})
}

// Spec connector 4: the receive-only session waits for the room and is dropped with the call; one that does not connect
// within 5 s fails the call; a change of name alone changes nothing.
func TestReceiveOnlySession(t *testing.T) {
	spectator := func(w *world) { w.info("partstate", "x-webrtc-partstate", "SPECTATOR", "x-webrtc-audioid", "A1") }
	t.Run("dropped before the room", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := &offers{}
			w := conference(t, o)
			defer w.close()
			spectator(w)
			w.must(w.c.HangUp(t.Context()))
			w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
			w.room("1", "T1")
			if urls := o.take(); urls != nil {
				t.Errorf("the next call's room was offered for: %v", urls)
			}
		})
	})
	t.Run("does not connect", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := conference(t, &offers{})
			defer w.close()
			w.media.Prepare = nil // nothing connects any more
			w.room("1", "T1")
			spectator(w)
			time.Sleep(4999 * time.Millisecond)
			synctest.Wait()
			if s := w.c.Snapshot(); s.Call.State != call.InRoom {
				t.Errorf("before the time is up: %s", s.Call.State)
			}
			w.take()
			time.Sleep(time.Millisecond)
			w.expect("failed", "call:end-call", "call:call-status-changed", "call:ended")
			for _, p := range w.media.Peers() {
				if !p.Closed() {
					t.Error("a peer connection was left open")
				}
			}
		})
	})
	t.Run("quality by name", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := &offers{}
			w := conference(t, o)
			defer w.close()
			w.room("1", "T1")
			spectator(w)
			o.take()
			w.take()
			w.must(w.c.SetRecvQuality(t.Context(), call.QualityHigh)) // what auto means
			w.expect("auto to high")
			if urls := o.take(); urls != nil {
				t.Errorf("offers %v", urls)
			}
			w.room("1", "T2") // another token negotiates anew, without an event
			if urls := o.take(); len(urls) != 1 {
				t.Errorf("offers %v", urls)
			}
			w.must(w.c.Renegotiate(t.Context())) // goes to the receive-only session
			if urls := o.take(); len(urls) != 1 || slices.Contains(w.session().Log(), "reinvite") {
				t.Errorf("offers %v, log %v", urls, w.session().Log())
			}
		})
	})
}

// Spec connector 10: a spectator is not called again; cancelling an attempt goes back to armed, whatever is under way.
func TestRedialCancelledAttempt(t *testing.T) {
	for _, during := range []redial.State{redial.Backoff, redial.WaitingSignaling, redial.Attempting} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			w.must(w.c.Connect(t.Context(), user()))
			w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
			w.net.Last().SetAnswer(func(s *fake.Session) { s.Handler().OnSending() }) // rings
			if during == redial.WaitingSignaling {
				w.net.Last().Lose(1006)
			}
			w.lose()
			if during == redial.Attempting {
				time.Sleep(time.Second)
				synctest.Wait()
			}
			if s := w.c.Snapshot(); s.Redial.State != during {
				t.Fatalf("redial %s, want %s", s.Redial.State, during)
			}
			w.take()
			w.must(w.c.CancelRedialAttempt(t.Context()))
			synctest.Wait()
			if s := w.c.Snapshot(); s.Redial.State != redial.Armed && s.Redial.State != redial.Idle || !s.Redial.Next.IsZero() ||
				s.Call.State != call.Idle {
				t.Errorf("during %s: redial %+v, call %s", during, s.Redial, s.Call.State)
			}
			if names := w.only("call-reconnect:cancelled"); !slices.Contains(names, "call-reconnect:cancelled") {
				t.Errorf("during %s: events %v", during, names)
			}
			n := len(w.net.Last().Sessions())
			time.Sleep(time.Minute)
			if got := len(w.net.Last().Sessions()); got != n {
				t.Errorf("during %s: called again", during)
			}
		})
	}
}

// Spec connector 11: every way in which a session closes, with the order of what is told.
func TestConnectAndCallReasons(t *testing.T) {
	reasonOf := func(w *world) connectcall.Reason {
		r, err := w.c.WaitCallSession(w.t.Context())
		w.must(err)
		return r
	}
	start := func(w *world) error {
		return w.c.ConnectAndCall(w.t.Context(), user(), connector.CallParameters{Number: "2001"})
	}
	clean := func(w *world, what string) {
		w.t.Helper()
		synctest.Wait()
		if s := w.c.Snapshot(); s.Connection != "connection:idle" || s.Call.State != call.Idle ||
			s.AutoConnector != autoconnect.Idle || s.Redial.State != redial.Idle || s.SystemStatus() != session.StatusDisconnected {
			w.t.Errorf("%s: not cleaned up: %+v", what, s)
		}
	}
	for _, c := range []struct {
		reason connectcall.Reason
		before func(w *world)
		run    func(w *world)
		events []string // of call, redial and auto-connect, from the moment of the end
	}{
		{connectcall.ReasonManual, nil, func(w *world) { w.must(w.c.HangUp(w.t.Context())) },
			[]string{"call-reconnect:disarmed", "call-reconnect:cancelled", "call:end-call", "call:call-status-changed", "call:ended",
				"call-reconnect:termination-classified"}},
		{connectcall.ReasonManual, nil, func(w *world) { w.must(w.c.Disconnect(w.t.Context())) },
			[]string{"call-reconnect:disarmed", "call-reconnect:cancelled", "call:end-call", "call:call-status-changed", "call:ended",
				"call-reconnect:termination-classified"}},
		{connectcall.ReasonCompleted, nil, func(w *world) {
			w.session().End(signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated})
		}, []string{"call:ended:fromserver", "call:call-status-changed", "call:ended", "call-reconnect:termination-classified",
			"call-reconnect:disarmed", "call-reconnect:cancelled"}},
		{connectcall.ReasonCancelled, nil, func(w *world) {
			w.lose()
			w.take()
			w.must(w.c.CancelRedial(w.t.Context()))
		}, []string{"call-reconnect:disarmed", "call-reconnect:cancelled"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			w.must(start(w))
			if err := start(w); !errors.Is(err, connectcall.ErrActive) {
				t.Errorf("a second session: %v", err)
			}
			w.take()
			c.run(w)
			if r := reasonOf(w); r != c.reason {
				t.Errorf("reason %s, want %s", r, c.reason)
			}
			synctest.Wait()
			same(t, string(c.reason), slices.DeleteFunc(w.only("call:", "call-reconnect:"), func(n string) bool {
				return strings.HasPrefix(n, "call:remote-")
			}), c.events...)
			clean(w, string(c.reason))
		})
	}
	t.Run("auto-connect failed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			w.net.Script = func(_ int, a *fake.Agent) {
				a.Handler.OnConnected()
				a.Handler.OnRegistrationFailed(&signal.ResponseError{Method: "REGISTER", StatusCode: 403})
			}
			var failure *autoconnect.Error
			if err := start(w); !errors.As(err, &failure) || failure.Outcome != autoconnect.StoppedByError {
				t.Errorf("error %v", err)
			}
			if r := reasonOf(w); r != connectcall.ReasonAutoConnectFailed {
				t.Errorf("reason %s", r)
			}
			clean(w, "auto-connect failed")
		})
	})
	t.Run("initial call failed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			w.media.Err = errors.New("no media")
			if err := start(w); err == nil {
				t.Error("no error")
			}
			if r := reasonOf(w); r != connectcall.ReasonInitialCallFailed {
				t.Errorf("reason %s", r)
			}
			clean(w, "initial call failed")
		})
	})
	t.Run("auto-connector active", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			w.must(w.c.AutoConnect(t.Context(), guest()))
			w.take()
			if err := start(w); !errors.Is(err, connectcall.ErrAutoConnector) {
				t.Errorf("error %v", err)
			}
			if r := reasonOf(w); r != connectcall.ReasonAutoConnectorActive {
				t.Errorf("reason %s", r)
			}
			w.expect("nothing happened")
			if s := w.c.Snapshot(); s.AutoConnector != autoconnect.ConnectedMonitoring {
				t.Errorf("auto-connector %s", s.AutoConnector)
			}
		})
	})
}

// Spec connector 5: a call that comes while nobody has been answered is told with its caller's data; what the connection
// loses cannot be taken any more.
func TestIncomingCallerData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.take()
		s := w.net.Last().Ring(signal.Identity{DisplayName: "Ann", User: "55", Host: "sip.example"}, "v=0")
		synctest.Wait()
		w.mu.Lock()
		data := textOfJSON(w.events[0].Data)
		w.mu.Unlock()
		if data != `{"id":"1","displayName":"Ann","host":"sip.example","incomingNumber":"55"}` {
			t.Errorf("payload %s", data)
		}
		w.take()
		w.net.Last().Handler.OnRegistrationFailed(&signal.ResponseError{Method: "REGISTER", StatusCode: 500})
		w.expect("registration lost", "connection:registrationFailed", "incoming-call:failedIncomingCall")
		if log := s.Log(); !slices.Contains(log, "reject 480") {
			t.Errorf("the caller was told nothing: %v", log)
		}
		if err := w.c.Accept(t.Context(), rtc.LocalStream{}); err == nil {
			t.Error("taken all the same")
		}
	})
}
