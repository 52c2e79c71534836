package connector_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/connectcall"
	"parley/connector/incoming"
	"parley/connector/internal/fake"
	"parley/connector/presentation"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/signal"
)

// An incoming call that is accepted: caller's data, events in order, second call refused as busy.
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

// Calls are declined as declined or as busy; each has its own identity.
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

// waiting is a world with call waiting and a call.
func waiting(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.rebuild(connector.Config{CallWaiting: true})
	w.media.Prepare = remoteTracks
	w.must(w.c.Connect(t.Context(), user()))
	w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
	w.take()
	return w
}

// ring lets a call come in and returns its identity.
func (w *world) ring(number string) (*fake.Session, string) {
	w.t.Helper()
	var id string
	cancel := w.c.Subscribe(func(e connector.Event) {
		if c, ok := e.Data.(incoming.Call); ok && e.Name == "incoming-call:ringing" {
			id = c.ID
		}
	})
	defer cancel()
	s := w.net.Last().Ring(signal.Identity{User: number}, "v=0")
	synctest.Wait()
	return s, id
}

var answeredCall = []string{"call:start-call", "call:peerconnection", "call:sdp", "call:remote-streams-changed",
	"call:peerconnection:ontrack", "call:peerconnection:ontrack", "call:connecting", "call:sdp", "call:call-status-changed",
	"call:accepted", "call:confirmed", "call:peerconnection:confirmed"}

// Call waiting: the running call and its presentation end, then the new call begins; no step of one is among the other's.
func TestHangUpAndAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := waiting(t)
		defer w.close()
		screen := fake.NewTrack("screen", rtc.Video)
		w.must(w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{}))
		first, oldPeer := w.session(), w.media.Last()
		w.take()
		_, id := w.ring("55")
		w.expect("second call", "incoming-call:ringing")
		if s := w.c.Snapshot(); s.Call.Number != "2001" || s.Incoming.ID != id || s.Incoming.Number != "55" || s.Incoming.Others != 0 {
			t.Errorf("call %+v, incoming %+v", s.Call, s.Incoming)
		}
		if err := w.c.Answer(t.Context(), connector.AnswerParameters{ID: id}); !errors.Is(err, call.ErrActive) {
			t.Errorf("answered beside the running call: %v", err)
		}
		if err := w.c.Answer(t.Context(), connector.AnswerParameters{ID: "nobody", HangUp: true}); !errors.Is(err, incoming.ErrNone) {
			t.Errorf("answered nobody: %v", err)
		}
		w.expect("nothing happened to the call")
		first.HoldTerminate = true // a peer that does not answer our BYE holds nothing up
		begin := time.Now()
		w.must(w.c.Answer(t.Context(), connector.AnswerParameters{ID: id, Stream: camera(), HangUp: true}))
		if took := time.Since(begin); took > 0 {
			t.Errorf("took %v", took)
		}
		w.expect("hang up and accept", append([]string{"call:end-call", "call:call-status-changed", "call:ended",
			"presentation:ended"}, answeredCall...)...)
		if log := first.Log(); log[len(log)-1] != "terminate 0 " {
			t.Errorf("first call %q", log)
		}
		if !oldPeer.Closed() || w.media.Last().Closed() || !screen.Stopped() {
			t.Error("the first call's media goes on, or the second one's does not")
		}
		if s := w.c.Snapshot(); s.Call.Number != "55" || !s.Call.Answer || s.Incoming.ID != "" || s.Presentation != presentation.Idle ||
			s.LastError != nil {
			t.Errorf("snapshot %+v", s)
		}
	})
}

// Each call that rings has its identity; the oldest is shown, the rest is counted.
func TestSeveralCallsRing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := waiting(t)
		defer w.close()
		one, first := w.ring("1")
		two, second := w.ring("2")
		_, third := w.ring("3")
		_, fourth := w.ring("4")
		fifth, _ := w.ring("5")
		if log := fifth.Log(); !slices.Equal(log, []string{"reject 486"}) {
			t.Errorf("fifth call %q", log)
		}
		shown := func(what, number, id string, others int) {
			t.Helper()
			synctest.Wait()
			if s := w.c.Snapshot().Incoming; s.Number != number || s.ID != id || s.Others != others || s.State != incoming.Ringing {
				t.Errorf("%s: %+v", what, s)
			}
		}
		shown("four", "1", first, 3)
		w.take()
		w.must(w.c.DeclineCall(t.Context(), second, true))
		w.expect("one in the middle", "incoming-call:declinedIncomingCall")
		if log := two.Log(); !slices.Equal(log, []string{"ring", "reject 486"}) {
			t.Errorf("second call %q", log)
		}
		shown("three", "1", first, 2)
		one.End(signal.End{Originator: signal.Remote, Cause: signal.CauseCanceled})
		shown("two", "3", third, 1)
		w.expect("the first gives up", "incoming-call:terminatedIncomingCall")
		if err := w.c.DeclineCall(t.Context(), first, false); !errors.Is(err, incoming.ErrNone) {
			t.Errorf("declined one that has gone: %v", err)
		}
		w.must(w.c.Decline(t.Context(), false))
		shown("one", "4", fourth, 0)
		w.must(w.c.SetCallWaiting(t.Context(), false))
		sixth, _ := w.ring("6")
		if log := sixth.Log(); !slices.Equal(log, []string{"reject 486"}) {
			t.Errorf("call waiting is off: %q", log)
		}
		w.take()
		w.net.Last().Lose(1006)
		w.expect("connection lost", "connection:disconnected", "incoming-call:failedIncomingCall")
		if s := w.c.Snapshot().Incoming; s.State != incoming.Idle || s.ID != "" || s.Others != 0 {
			t.Errorf("after the loss: %+v", s)
		}
	})
}

// A call that is being restored makes way for one that is answered: often it is the same person who calls back.
func TestAcceptWhileRedialling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
		w.lose()
		_, id := w.ring("2001")
		w.take()
		w.must(w.c.Answer(t.Context(), connector.AnswerParameters{ID: id}))
		if s := w.c.Snapshot(); s.Redial.State != redial.Idle || !s.Call.Answer {
			t.Errorf("redial %+v, call %+v", s.Redial, s.Call)
		}
		time.Sleep(time.Minute)
		if n := len(w.net.Last().Sessions()); n != 2 {
			t.Errorf("%d calls: it was called again", n)
		}
	})
}

// A connect-and-call session lives on with the call that took the first one's place.
func TestHangUpAndAcceptInASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.rebuild(connector.Config{CallWaiting: true})
		for _, state := range []string{"active", "reconnecting"} {
			w.must(w.c.ConnectAndCall(t.Context(), user(), connector.CallParameters{Number: "2001"}))
			if state == "reconnecting" {
				w.lose()
			}
			second, id := w.ring("55")
			w.must(w.c.Answer(t.Context(), connector.AnswerParameters{ID: id, HangUp: true}))
			time.Sleep(time.Minute)
			if s := w.c.Snapshot(); s.Connection != "connection:established" || s.Call.Number != "55" {
				t.Errorf("%s: connection %s, call %+v", state, s.Connection, s.Call)
			}
			reason := make(chan connectcall.Reason, 1)
			go func() {
				r, _ := w.c.WaitCallSession(t.Context())
				reason <- r
			}()
			synctest.Wait()
			second.End(signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated})
			if r := <-reason; r != connectcall.ReasonCompleted {
				t.Errorf("%s: reason %s", state, r)
			}
			if s := w.c.Snapshot(); s.Connection != "connection:idle" {
				t.Errorf("%s: connection %s", state, s.Connection)
			}
		}
	})
}

// A registration that failed in a call is renewed at the end of calls: not while one makes way for another, which would go
// down with the connection.
func TestHangUpAndAcceptWhileTheRegistrationIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.rebuild(connector.Config{CallWaiting: true})
		w.must(w.c.AutoConnect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", NoRedial: true}))
		time.Sleep(time.Second)
		w.net.Last().Handler.OnRegistrationFailed(&signal.ResponseError{Method: "REGISTER", StatusCode: 500})
		second, id := w.ring("55")
		w.must(w.c.Answer(t.Context(), connector.AnswerParameters{ID: id, HangUp: true}))
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := w.c.Snapshot(); s.Call.Number != "55" || len(w.net.Agents()) != 1 || w.net.Last().Reopened() != 0 {
			t.Fatalf("call %+v, %d user agents, socket replaced %d times", s.Call, len(w.net.Agents()), w.net.Last().Reopened())
		}
		second.End(signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated})
		synctest.Wait()
		if n := len(w.net.Agents()); n != 2 {
			t.Errorf("%d user agents after the calls", n)
		}
	})
}
