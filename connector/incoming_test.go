package connector_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"parley/connector/internal/fake"
	"parley/connector/rtc"
	"parley/connector/signal"
)

func TestIncomingCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.media.Prepare = remoteTracks
		w.must(w.c.Connect(t.Context(), user()))
		w.take()
		s := w.net.Last().Ring(signal.Identity{DisplayName: "Alice", User: "55", Host: "h"}, "v=0 their offer")
		w.expect("ringing", "incoming-call:ringing")
		if got := w.c.Snapshot().Incoming; got.State != "incoming:ringing" || got.DisplayName != "Alice" || got.Number != "55" {
			t.Errorf("incoming %+v", got)
		}
		second := w.net.Last().Ring(signal.Identity{User: "66"}, "v=0")
		w.must(w.c.Accept(t.Context(), camera()))
		w.expect("accept", "call:start-call", "call:peerconnection", "call:sdp", "call:remote-streams-changed",
			"call:peerconnection:ontrack", "call:peerconnection:ontrack", "call:connecting",
			"call:sdp", "call:call-status-changed", "call:accepted", "call:confirmed", "call:peerconnection:confirmed")
		third := w.net.Last().Ring(signal.Identity{User: "77"}, "v=0")
		synctest.Wait()
		// Point 18: a second call while one rings or is active is answered busy.
		for _, other := range []*fake.Session{second, third} {
			if log := other.Log(); !slices.Equal(log, []string{"reject 486"}) {
				t.Errorf("second call: %q", log)
			}
		}
		// Point 9: the answerer names the caller first.
		if log := strings.Join(s.Log(), "\n"); !strings.Contains(log, "x-webrtc-enter-room: p2p55to1001 | x-webrtc-participant-name: 55") {
			t.Errorf("log %s", log)
		}
		s.End(signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated})
		w.expect("bye", "call:ended:fromserver", "call:call-status-changed", "call:ended")
	})
}

func TestDecline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.take()
		for _, busy := range []bool{false, true} {
			s := w.net.Last().Ring(signal.Identity{User: "55"}, "v=0")
			synctest.Wait()
			w.must(w.c.Decline(t.Context(), busy))
			want := []string{"ring", "reject 487"}
			if busy {
				want[1] = "reject 486"
			}
			if log := s.Log(); !slices.Equal(log, want) {
				t.Errorf("log %q", log)
			}
			w.expect("decline", "incoming-call:ringing", "incoming-call:declinedIncomingCall")
		}
		// Point 18: the caller who gives up is told apart from the one who rings.
		first := w.net.Last().Ring(signal.Identity{User: "55"}, "v=0")
		synctest.Wait()
		first.End(signal.End{Originator: signal.Remote, Cause: signal.CauseCanceled})
		w.expect("cancel", "incoming-call:ringing", "incoming-call:terminatedIncomingCall")
		w.net.Last().Ring(signal.Identity{User: "66"}, "v=0")
		first.Handler().OnFailed(signal.End{Originator: signal.Remote, Cause: signal.CauseCanceled})
		w.expect("newer call", "incoming-call:ringing")
		if err := w.c.Accept(t.Context(), rtc.LocalStream{}); err != nil {
			t.Error(err)
		}
	})
}

// A call that fails before its peer connection is there is answered: the caller must not ring until his time is up.
func TestAcceptThatFailsAtOnceIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.media.Err = errors.New("bad ICE server")
		session := w.net.Last().Ring(signal.Identity{User: "1"}, "v=0")
		w.take()
		if err := w.c.Accept(t.Context(), rtc.LocalStream{}); err == nil {
			t.Error("accepted without a peer connection")
		}
		synctest.Wait()
		if log := session.Log(); !slices.ContainsFunc(log, func(s string) bool { return strings.HasPrefix(s, "terminate") }) {
			t.Errorf("the caller was told nothing: %v", log)
		}
	})
}
