package connector_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/autoconnect"
	"parley/connector/path"
	"parley/connector/rtc"
	"parley/connector/signal"
)

// mobile is a call on a machine whose network changes.
func mobile(t *testing.T) (*world, *network) {
	t.Helper()
	w := newWorld(t)
	net := &network{}
	w.media.Prepare = remoteTracks
	w.rebuild(connector.Config{Network: net})
	w.must(w.c.AutoConnect(t.Context(), user()))
	w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
	w.take()
	return w, net
}

// restarts counts the offers with new addresses.
func (w *world) restarts() int {
	synctest.Wait()
	return strings.Count(strings.Join(w.media.Last().Log(), ", "), "offer true")
}

func (w *world) wantRestarts(what string, want int) {
	w.t.Helper()
	if n := w.restarts(); n != want {
		w.t.Errorf("%s: %d restarts, want %d", what, n, want)
	}
}

// A network that changed under a call: the dead socket is replaced within seconds, and new addresses are offered over it.
func TestNetworkChangesInACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, net := mobile(t)
		defer w.close()
		net.tell(autoconnect.NetworkChange) // the ping is answered and media goes on: nothing
		w.wantRestarts("alive", 0)

		time.Sleep(path.Suspicion + time.Second)
		agent := w.net.Last()
		agent.SetOptionsErr(errors.New("dead"))
		net.tell(autoconnect.NetworkChange)
		agent.SetOptionsErr(nil)
		synctest.Wait()
		if n := agent.Reopened(); n != 1 || len(w.net.Agents()) != 1 {
			t.Fatalf("%d user agents, socket replaced %d times", len(w.net.Agents()), n)
		}
		w.wantRestarts("dead socket", 1)
		if s := w.c.Snapshot(); s.Call.Number != "2001" {
			t.Errorf("call %+v", s.Call)
		}
	})
}

// Another address altogether, at once or after a moment without any: the socket is not waited for.
func TestAnotherAddressInACall(t *testing.T) {
	for _, before := range [][]autoconnect.NetworkEvent{nil, {autoconnect.Offline}} {
		synctest.Test(t, func(t *testing.T) {
			w, net := mobile(t)
			defer w.close()
			for _, event := range before {
				net.tell(event)
			}
			agent := w.net.Last()
			begun := time.Now()
			agent.SetOptionsErr(errors.New("dead"))
			agent.StayAway()
			net.tell(autoconnect.Moved)
			synctest.Wait()
			agent.SetOptionsErr(nil)
			agent.Connect()
			w.wantRestarts("another address", 1)
			if n := agent.Reopened(); n != 1 || len(w.net.Agents()) != 1 || time.Since(begun) > 0 {
				t.Errorf("%d user agents, socket replaced %d times, after %v", len(w.net.Agents()), n, time.Since(begun))
			}
		})
	}
}

// Another address is told in parts, for IPv4 and IPv6 come one after the other: the rest does not cut the dial that the first
// has begun, but another move, or the network's return, does.
func TestAnotherAddressInPartsInACall(t *testing.T) {
	for _, last := range []autoconnect.NetworkEvent{autoconnect.NetworkChange, autoconnect.Moved, autoconnect.Online} {
		synctest.Test(t, func(t *testing.T) {
			w, net := mobile(t)
			defer w.close()
			agent := w.net.Last()
			agent.StayAway()
			net.tell(autoconnect.Moved)
			for _, later := range []time.Duration{300 * time.Millisecond, 700 * time.Millisecond, time.Second} {
				time.Sleep(later)
				net.tell(autoconnect.NetworkChange)
			}
			if n := agent.Reopened(); n != 1 {
				t.Fatalf("socket replaced %d times by one move", n)
			}
			want := 2
			if last == autoconnect.NetworkChange {
				want = 1
			}
			time.Sleep(time.Second)
			net.tell(last)
			if n := agent.Reopened(); n != want {
				t.Errorf("socket replaced %d times after %s, want %d", n, last, want)
			}
			agent.Connect()
			w.wantRestarts("another address in parts", 1)
			if s := w.c.Snapshot(); s.AutoConnector != autoconnect.ConnectedMonitoring || s.Call.Number != "2001" {
				t.Errorf("%s, call %+v", s.AutoConnector, s.Call)
			}
		})
	}
}

// A change while another socket is opened that no move has asked for: the attempt may take a way that is gone, and begins anew.
func TestAChangeWhileASocketIsOpenedInACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, net := mobile(t)
		defer w.close()
		agent := w.net.Last()
		agent.SetOptionsErr(errors.New("dead"))
		agent.StayAway()
		for want := 1; want <= 2; want++ {
			net.tell(autoconnect.NetworkChange)
			time.Sleep(autoconnect.CallProbeTimeout)
			synctest.Wait()
			if n := agent.Reopened(); n != want {
				t.Fatalf("socket replaced %d times, want %d", n, want)
			}
		}
		agent.SetOptionsErr(nil)
		agent.Connect()
		w.wantRestarts("back", 1)
	})
}

// The socket outlives the change (it had another way), the path does not: silence after a change is enough.
func TestPathFallsSilentAfterAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, net := mobile(t)
		defer w.close()
		net.tell(autoconnect.NetworkChange)
		time.Sleep(5 * time.Second)
		w.media.Last().SetState(rtc.StateDisconnected)
		w.wantRestarts("silent after a change", 1)
	})
}

// Silence without a change is given some time: most paths heal. One that does not is restarted, again and again.
func TestSilentPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := mobile(t)
		defer w.close()
		peer := w.media.Last()
		peer.SetState(rtc.StateDisconnected)
		time.Sleep(path.Patience - time.Millisecond)
		w.wantRestarts("short silence", 0)
		peer.SetState(rtc.StateConnected)
		time.Sleep(time.Minute)
		w.wantRestarts("healed", 0)

		w.session().FailReinvite(&signal.ResponseError{Method: "INVITE", StatusCode: 500})
		peer.SetState(rtc.StateDisconnected)
		time.Sleep(path.Patience)
		w.wantRestarts("long silence", 1)
		time.Sleep(path.Retry)
		w.wantRestarts("refused", 2)
		w.session().FailReinvite(nil)
		time.Sleep(path.Retry)
		w.wantRestarts("refused twice", 3)
		peer.SetState(rtc.StateConnected)
		time.Sleep(time.Minute)
		w.wantRestarts("back", 3)
		w.must(w.c.HangUp(t.Context()))
		time.Sleep(time.Minute)
		w.wantRestarts("after the call", 3)
	})
}

// Without signalling nothing can be offered; its return is the moment.
func TestSilentPathWaitsForSignalling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := mobile(t)
		defer w.close()
		w.net.Last().Lose(1006)
		w.media.Last().SetState(rtc.StateDisconnected)
		time.Sleep(path.Patience + time.Second)
		w.wantRestarts("no socket", 0)
		w.net.Last().Connect()
		synctest.Wait()
		time.Sleep(path.Patience)
		w.wantRestarts("socket is back", 1)
	})
}

// A cable that is out for longer than the grace does not end a call, and when the call is over the connection is given
// up as it would have been.
func TestOfflineInACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, net := mobile(t)
		defer w.close()
		net.tell(autoconnect.Offline)
		time.Sleep(3 * autoconnect.OfflineGrace)
		synctest.Wait()
		if s := w.c.Snapshot(); s.Call.Number != "2001" || s.AutoConnector == autoconnect.Idle {
			t.Fatalf("offline: call %+v, %s", s.Call, s.AutoConnector)
		}
		w.must(w.c.HangUp(t.Context()))
		synctest.Wait()
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.Idle {
			t.Errorf("offline after the call: %s", s.AutoConnector)
		}
		net.tell(autoconnect.Online)
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.ConnectedMonitoring {
			t.Errorf("online again: %s", s.AutoConnector)
		}
		if n := net.subscribers(); n != 1 {
			t.Errorf("%d subscribers of the network outside a call", n)
		}
	})
}
