package connector_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/connection"
	"parley/connector/internal/fake"
	"parley/connector/rtc"
	"parley/connector/signal"
)

// What an outgoing call can fail of before anybody is asked: the caller hears why, nothing is left open, and the next call
// can be made.
func TestOutgoingCallThatDoesNotBegin(t *testing.T) {
	begun := []string{"call:start-call", "call:peerconnection", "call:connecting"}
	for _, c := range []struct {
		name    string
		prepare func(*fake.Peer)
		number  string
		cause   signal.Cause
		err     error
		events  []string
	}{
		{name: "no number", number: " ", err: call.ErrNoNumber},
		{name: "a camera that cannot be sent", number: "1", cause: signal.CauseWebRTC, events: []string{"call:start-call", "call:failed"},
			prepare: func(p *fake.Peer) { p.SetTrackErr(func(rtc.LocalTrack) error { return errors.New("no frames") }) }},
		{name: "a microphone that cannot be sent", number: "1", cause: signal.CauseWebRTC, events: []string{"call:start-call", "call:failed"},
			prepare: func(p *fake.Peer) {
				p.SetTrackErr(func(track rtc.LocalTrack) error {
					if track.Kind() == rtc.Audio {
						return errors.New("no sound")
					}
					return nil
				})
			}},
		{name: "no offer", number: "1", cause: signal.CauseWebRTC, prepare: func(p *fake.Peer) { p.OfferErr = errors.New("no codec") },
			events: append(slices.Clone(begun), "call:peerconnection:createofferfailed", "call:failed")},
		{name: "an offer that cannot be applied", number: "1", cause: signal.CauseWebRTC,
			prepare: func(p *fake.Peer) { p.OfferErr = fmt.Errorf("%w: no port", rtc.ErrSetLocalDescription) },
			events:  append(slices.Clone(begun), "call:peerconnection:setlocaldescriptionfailed", "call:failed")},
		{name: "an answer that cannot be applied", number: "1", cause: signal.CauseBadMediaDescription,
			prepare: func(p *fake.Peer) { p.ApplyErr = errors.New("no codec in common") },
			events: append(slices.Clone(begun), "call:sdp", "call:sending", "call:progress", "call:sdp",
				"call:peerconnection:setremotedescriptionfailed", "call:end-call", "call:failed")},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				defer w.close()
				err := w.c.Call(t.Context(), connector.CallParameters{Number: "1"})
				var failure *connector.CallError
				if !errors.As(err, &failure) || failure.Cause != signal.CauseConnection || !errors.Is(err, connection.ErrNotConnected) {
					t.Errorf("not connected: %v", err)
				}
				w.must(w.c.Connect(t.Context(), user()))
				w.media.Prepare = c.prepare
				w.take()
				err = w.c.Call(t.Context(), connector.CallParameters{Number: c.number, Stream: camera()})
				if c.err != nil && !errors.Is(err, c.err) || c.err == nil && (!errors.As(err, &failure) || failure.Cause != c.cause) {
					t.Errorf("error %v", err)
				}
				w.expect("events", c.events...)
				for _, p := range w.media.Peers() {
					if !p.Closed() {
						t.Error("a peer connection was left open")
					}
				}
				w.media.Prepare = nil
				w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2", Stream: camera()}))
			})
		})
	}
}

// What an answered call can fail of; the caller is told, and does not ring on.
func TestIncomingCallThatCannotBeTaken(t *testing.T) {
	for name, c := range map[string]struct {
		offer   string
		prepare func(*fake.Peer)
		code    string
		event   string
	}{
		"an offer that cannot be answered": {"v=0", func(p *fake.Peer) { p.AnswerErr = errors.New("no codec in common") },
			"terminate 488 ", "call:peerconnection:createanswerfailed"},
		"an answer that cannot be applied": {"v=0", func(p *fake.Peer) {
			p.AnswerErr = fmt.Errorf("%w: no port", rtc.ErrSetLocalDescription)
		}, "terminate 488 ", "call:peerconnection:setlocaldescriptionfailed"},
		"no offer of ours": {"", func(p *fake.Peer) { p.OfferErr = errors.New("no codec") },
			"terminate 500 ", "call:peerconnection:createofferfailed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				defer w.close()
				w.must(w.c.Connect(t.Context(), user()))
				w.media.Prepare = c.prepare
				s := w.net.Last().Ring(signal.Identity{User: "55"}, c.offer)
				w.take()
				var failure *connector.CallError
				if err := w.c.Accept(t.Context(), camera()); !errors.As(err, &failure) || failure.Cause != signal.CauseWebRTC {
					t.Errorf("error %v", err)
				}
				names := w.take()
				if !slices.Contains(names, c.event) || names[len(names)-1] != "call:failed" {
					t.Errorf("events %v", names)
				}
				if log := s.Log(); log[len(log)-1] != c.code {
					t.Errorf("log %q", log)
				}
			})
		})
	}
}

// What happens in a dialog counts the same whoever called: offers, INFO, tones, transfers, refreshes; a track that the peer
// takes back is gone.
func TestAnsweredCallGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.media.Prepare = remoteTracks
		w.must(w.c.Connect(t.Context(), user()))
		s := w.net.Last().Ring(signal.Identity{User: "55"}, "v=0")
		synctest.Wait()
		refused := 0
		early := signal.InDialogOffer{Method: "INVITE", Offer: "v=0", Accept: func(string) { t.Error("accepted") },
			Reject: func(code int, _ string) { refused = code }}
		s.Handler().OnOffer(early) // before it was taken
		synctest.Wait()
		if refused != 480 {
			t.Errorf("an offer while it rings: %d", refused)
		}
		w.must(w.c.Accept(t.Context(), camera()))
		w.take()
		answered := make(chan string, 1)
		s.Handler().OnOffer(signal.InDialogOffer{Method: "UPDATE", Offer: "v=0\r\nm=audio 9 RTP/SAVPF 0\r\na=inactive\r\n",
			Accept: func(sdp string) { answered <- sdp }, Reject: func(code int, _ string) { t.Errorf("rejected %d", code) }})
		<-answered
		w.expect("held", "call:update", "call:sdp", "call:sdp", "call:hold")
		if c := w.c.Snapshot().Call; !c.Held || c.OnHold {
			t.Errorf("call %+v", c)
		}
		s.Handler().OnInfo("application/dtmf-relay", nil, []byte("Signal=5\r\nDuration=120"))
		w.expect("tone", "api:new-dtmf", "call:newDTMF", "call:newInfo")
		s.Handler().OnInfo("application/x-unknown", nil, nil)
		w.expect("unknown INFO", "call:newInfo")
		if s.Handler().OnRefer("sip:1@x") {
			t.Error("a transfer was accepted")
		}
		w.expect("refer", "call:refer")
		s.Handler().OnRefresh()
		w.expect("refresh", "call:sdp", "call:sdp")
		w.media.Last().FailAnswer(errors.New("no codec in common"))
		s.Handler().OnOffer(early)
		synctest.Wait()
		w.expect("unusable offer", "call:reinvite", "call:sdp", "call:peerconnection:createanswerfailed")
		if refused != 488 {
			t.Errorf("an unusable offer: %d", refused)
		}
		for _, track := range w.media.Last().Tracks {
			track.(*fake.Track).Stop()
		}
		w.expect("tracks taken back", "call:remote-streams-changed")
		if main := w.c.Snapshot().Streams.Main; main != nil {
			t.Errorf("main stream %+v", main)
		}
		s.End(signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated})
		refused = 0
		s.Handler().OnOffer(early)
		synctest.Wait()
		if refused == 0 {
			t.Error("an offer after the end is not answered")
		}
	})
}

// Spec connector 1: one connect or disconnect at a time; a newer operation makes a queued older one irrelevant.
func TestConnectionQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		hold := make(chan struct{})
		w.net.Last().HoldStop(hold)
		connect := func(name string) chan error {
			p := guest()
			p.DisplayName = name
			outcome := make(chan error, 1)
			go func() { outcome <- w.c.Connect(t.Context(), p) }()
			synctest.Wait()
			return outcome
		}
		left := make(chan error, 1)
		go func() { left <- w.c.Disconnect(t.Context()) }()
		synctest.Wait()
		first, second := connect("first"), connect("second")
		if err := <-first; !errors.Is(err, connection.ErrSuperseded) {
			t.Errorf("first: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		p := guest()
		third := make(chan error, 1)
		go func() { third <- w.c.Connect(ctx, p) }()
		synctest.Wait()
		if err := <-second; !errors.Is(err, connection.ErrSuperseded) {
			t.Errorf("second: %v", err)
		}
		cancel() // a queued one can be taken back
		if err := <-third; !errors.Is(err, context.Canceled) {
			t.Errorf("third: %v", err)
		}
		fourth := connect("fourth")
		close(hold)
		w.must(<-left)
		w.must(<-fourth)
		if agents := w.net.Agents(); len(agents) != 2 || agents[1].Config.DisplayName != "fourth" {
			t.Errorf("%d user agents", len(agents))
		}
		w.net.Script = func(int, *fake.Agent) {} // says nothing
		running := connect("running")
		w.net.Script = nil
		w.must(w.c.Connect(t.Context(), guest())) // a newer one takes a running one's place
		if err := <-running; !errors.Is(err, connection.ErrSuperseded) {
			t.Errorf("running: %v", err)
		}
	})
}

// Spec connector 2: what is wrong with the parameters is told before anything is sent.
func TestParametersAreChecked(t *testing.T) {
	for want, change := range map[error]func(*connector.ConnectParameters){
		connection.ErrNoServerIP:  func(p *connector.ConnectParameters) { p.SIPServerIP = "" },
		connection.ErrNoServerURL: func(p *connector.ConnectParameters) { p.SIPServerURL = "" },
		connection.ErrNoPassword:  func(p *connector.ConnectParameters) { p.Password = "" },
		connection.ErrNoUser:      func(p *connector.ConnectParameters) { p.User = " " },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			p := user()
			change(&p)
			begin := time.Now()
			if err := w.c.Connect(t.Context(), p); !errors.Is(err, want) {
				t.Errorf("error %v, want %v", err, want)
			}
			w.expect(want.Error(), "connection:connect-started", "connection:connect-parameters-resolve-success", "connection:connect-failed")
			if len(w.net.Agents()) != 0 || time.Since(begin) > 0 {
				t.Error("something was sent")
			}
			// The auto-connector does not go on either: they stay wrong however often they are tried.
			if err := w.c.AutoConnect(t.Context(), p); !errors.Is(err, want) || !strings.Contains(err.Error(), "stop-attempts-by-error") {
				t.Errorf("auto-connector: %v", err)
			}
		})
	}
}
