package connector_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/internal/fake"
	"parley/connector/rtc"
	"parley/connector/signal"
)

// We hold and are held, and what is sent follows.
func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		peer := w.media.Last()
		step := func(what string, do func() error, want string, events ...string) {
			t.Helper()
			n := len(peer.Log())
			w.must(do())
			if got := since(peer.Log(), n); got != want {
				t.Errorf("%s: %s", what, got)
			}
			w.expect(what, events...)
		}
		hold := func(on bool) func() error { return func() error { return w.c.Hold(t.Context(), on) } }
		const silent = "offer false without audio true video true, apply"
		step("hold", hold(true), "track 0 none, track 1 none, "+silent+", track 0 none, track 1 none", "call:sdp", "call:sdp", "call:hold")
		if s := w.c.Snapshot(); !s.Call.OnHold || s.Call.Held {
			t.Errorf("call %+v", s.Call)
		}
		step("hold again", hold(true), "")
		step("another camera", func() error {
			return w.c.ReplaceStream(t.Context(), rtc.LocalStream{Audio: fake.NewTrack("m", rtc.Audio),
				Video: fake.NewTrack("c", rtc.Video)}, connector.ReplaceOptions{})
		}, "")
		step("renegotiated meanwhile", func() error { return w.c.Renegotiate(t.Context()) }, silent, "call:sdp", "call:sdp")
		step("taken back", hold(false), "offer false, apply, track 0 m, track 1 c", "call:sdp", "call:sdp", "call:unhold")
		if s := w.c.Snapshot(); s.Call.OnHold {
			t.Errorf("call %+v", s.Call)
		}
		w.session().ReinviteErr = &signal.ResponseError{Method: "INVITE", StatusCode: 500}
		n := len(peer.Log())
		if err := w.c.Hold(t.Context(), true); err == nil {
			t.Error("no error")
		}
		w.expect("refused", "call:sdp")
		if got := since(peer.Log(), n); got != "track 0 none, track 1 none, offer false without audio true video true, rollback, "+
			"track 0 m, track 1 c" {
			t.Errorf("refused: %s", got)
		}
		if s := w.c.Snapshot(); s.Call.OnHold {
			t.Errorf("call %+v", s.Call)
		}
	})
}

// Holding silences a presentation, too; it goes on when the call is taken back, with what it was switched to meanwhile.
func TestHoldSilencesAPresentation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		peer := w.media.Last()
		screen, other := fake.NewTrack("screen", rtc.Video), fake.NewTrack("other", rtc.Video)
		w.must(w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{}))
		w.must(w.c.Hold(t.Context(), true))
		if got := peer.Track(rtc.SlotPresentation); got != nil {
			t.Errorf("on hold %v is presented", got)
		}
		w.must(w.c.UpdatePresentation(t.Context(), other))
		if got := peer.Track(rtc.SlotPresentation); got != nil {
			t.Errorf("on hold %v is presented", got)
		}
		w.must(w.c.Hold(t.Context(), false))
		if got := peer.Track(rtc.SlotPresentation); got != rtc.LocalTrack(other) {
			t.Errorf("afterwards %v is presented", got)
		}
		w.must(w.c.StopPresentation(t.Context()))
		w.must(w.c.Hold(t.Context(), true))
		third := fake.NewTrack("third", rtc.Video)
		if err := w.c.StartPresentation(t.Context(), third, connector.PresentationOptions{}); !errors.Is(err, call.ErrOnHold) || !third.Stopped() {
			t.Errorf("a start on hold: %v, its track stopped: %v", err, third.Stopped())
		}
		w.must(w.c.Hold(t.Context(), false))
		if got := peer.Track(rtc.SlotPresentation); got != nil {
			t.Errorf("%v is presented", got)
		}
	})
}

// Who asks for a hold that is on its way gets the answer to it; one that is taken back before the peer agreed never was.
func TestHoldThatIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		outcome := make(chan error, 3)
		ask := func(on bool) {
			go func() { outcome <- w.c.Hold(t.Context(), on) }()
			synctest.Wait()
		}
		hold := make(chan struct{})
		w.session().HoldReinvite = hold
		ask(true)
		ask(true)
		if len(outcome) != 0 {
			t.Errorf("answered before the peer: %v", <-outcome)
		}
		w.session().FailReinvite(&signal.ResponseError{Method: "INVITE", StatusCode: 488})
		close(hold)
		for range 2 {
			var refused *signal.ResponseError
			if err := <-outcome; !errors.As(err, &refused) {
				t.Errorf("refused, yet %v", err)
			}
		}
		w.session().FailReinvite(nil)
		w.expect("refused", "call:sdp")

		refused := &signal.ResponseError{Method: "INVITE", StatusCode: 488}
		w.session().FailReinvite(refused)
		w.session().HoldReinvite = make(chan struct{})
		ask(true)
		ask(false)
		close(w.session().HoldReinvite)
		for range 2 {
			if err := <-outcome; !errors.Is(err, refused) {
				t.Errorf("refused, yet %v", err)
			}
		}
		if s := w.c.Snapshot(); s.Call.OnHold || w.media.Last().Track(rtc.SlotMain) == nil {
			t.Errorf("neither agreed to: on hold %v", s.Call.OnHold)
		}
		w.session().FailReinvite(nil)
		w.expect("taken back and refused", "call:sdp", "call:sdp")

		w.session().HoldReinvite = make(chan struct{})
		ask(true)
		ask(false)
		close(w.session().HoldReinvite)
		for range 2 {
			w.must(<-outcome)
		}
		w.expect("taken back at once", "call:sdp", "call:sdp", "call:sdp", "call:sdp")
		if s := w.c.Snapshot(); s.Call.OnHold || w.media.Last().Track(rtc.SlotMain) == nil {
			t.Errorf("on hold %v", s.Call.OnHold)
		}
	})
}
