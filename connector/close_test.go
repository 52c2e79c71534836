package connector_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/signal"
)

// Close in the middle of anything settles every pending operation and leaves no goroutine.
func TestCloseInTheMiddle(t *testing.T) {
	for name, prepare := range map[string]func(w *world){
		"connecting": func(w *world) {
			w.net.Script = func(int, *fake.Agent) {}
			go func() { _ = w.c.Connect(w.t.Context(), user()) }()
		},
		"calling": func(w *world) {
			w.must(w.c.Connect(w.t.Context(), user()))
			w.net.Last().Answer = func(*fake.Session) {}
			go func() { _ = w.c.Call(w.t.Context(), connector.CallParameters{Number: "1"}) }()
		},
		"gathering": func(w *world) {
			w.must(w.c.Connect(w.t.Context(), user()))
			w.media.Prepare = func(p *fake.Peer) { p.Hold = make(chan struct{}) }
			go func() { _ = w.c.Call(w.t.Context(), connector.CallParameters{Number: "1"}) }()
		},
		"ringing": func(w *world) {
			w.must(w.c.Connect(w.t.Context(), user()))
			w.net.Last().Ring(signal.Identity{User: "1"}, "v=0")
		},
		"in a call": func(w *world) {
			w.must(w.c.Connect(w.t.Context(), user()))
			w.must(w.c.Call(w.t.Context(), connector.CallParameters{Number: "1", Stream: camera()}))
			w.must(w.c.StartPresentation(w.t.Context(), fake.NewTrack("screen", rtc.Video), connector.PresentationOptions{}))
		},
		"negotiating": func(w *world) {
			w.must(w.c.Connect(w.t.Context(), user()))
			w.must(w.c.Call(w.t.Context(), connector.CallParameters{Number: "1", Stream: camera()}))
			w.session().HoldReinvite = make(chan struct{})
			go func() { _ = w.c.Renegotiate(w.t.Context()) }()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.c.Watch(func(session.Snapshot) {})
				prepare(w)
				synctest.Wait()
				w.close()
				for _, a := range w.net.Agents() {
					if !a.Stopped() {
						t.Error("a user agent was left running")
					}
				}
				for _, p := range w.media.Peers() {
					if !p.Closed() {
						t.Error("a peer connection was left open")
					}
				}
				if err := w.c.Connect(t.Context(), user()); !errors.Is(err, connector.ErrClosed) {
					t.Errorf("after Close: %v", err)
				}
			})
		})
	}
}

// A peer that does not answer the BYE takes all of Close's time; the user agent is stopped all the same.
func TestCloseStopsTheAgentOfASilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		w.session().HoldTerminate = true
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		w.must(w.c.Close(ctx))
		if !w.net.Last().Stopped() {
			t.Error("the user agent lives on after Close")
		}
	})
}
