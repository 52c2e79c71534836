package connector_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/internal/fake"
	"parley/connector/rtc"
	"parley/connector/signal"
	"parley/connector/stats"
)

// since returns what was noted after the first n lines.
func since(log []string, n int) string { return strings.Join(log[n:], ", ") }

// Another microphone and camera take the place of the first, with all options.
func TestReplaceStream(t *testing.T) {
	mic := func() rtc.LocalTrack { return fake.NewTrack("mic2", rtc.Audio) }
	cam := func() rtc.LocalTrack { return fake.NewTrack("cam2", rtc.Video) }
	for _, c := range []struct {
		name        string
		had         rtc.LocalStream
		stream      rtc.LocalStream
		options     connector.ReplaceOptions
		peer        string // what the media engine was asked
		mic, cam    string // what is sent then
		renegotiate bool
	}{
		{name: "both", had: camera(), stream: rtc.LocalStream{Audio: mic(), Video: cam()},
			peer: "track 0 mic2, track 1 cam2", mic: "mic2", cam: "cam2"},
		{name: "no camera", had: camera(), stream: rtc.LocalStream{Audio: mic()},
			peer: "track 0 mic2, track 1 none", mic: "mic2"},
		{name: "no camera, the old one stays", had: camera(), stream: rtc.LocalStream{Audio: mic()},
			options: connector.ReplaceOptions{KeepExisting: true}, peer: "track 0 mic2", mic: "mic2", cam: "cam"},
		{name: "a camera that was not there", had: rtc.LocalStream{Audio: mic()}, stream: rtc.LocalStream{Video: cam()},
			options: connector.ReplaceOptions{KeepExisting: true}, peer: "track 1 cam2", mic: "mic2", cam: "cam2"},
		{name: "nothing is added", had: rtc.LocalStream{Audio: fake.NewTrack("mic", rtc.Audio)},
			stream:  rtc.LocalStream{Audio: mic(), Video: cam()},
			options: connector.ReplaceOptions{OnlyExisting: true}, peer: "track 0 mic2", mic: "mic2"},
		{name: "forced renegotiation", had: camera(), stream: rtc.LocalStream{Audio: mic(), Video: cam()},
			options: connector.ReplaceOptions{Renegotiate: true}, peer: "track 0 mic2, track 1 cam2, offer false, apply",
			mic: "mic2", cam: "cam2", renegotiate: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				defer w.close()
				w.must(w.c.Connect(t.Context(), user()))
				w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: c.had}))
				synctest.Wait()
				n, invites := len(w.media.Last().Log()), len(w.session().Log())
				w.must(w.c.ReplaceStream(t.Context(), c.stream, c.options))
				log := slices.DeleteFunc(w.media.Last().Log()[n:], func(s string) bool { return strings.HasPrefix(s, "encoding") })
				if got := strings.Join(log, ", "); got != c.peer {
					t.Errorf("peer connection: %s", got)
				}
				if got := slices.Contains(w.session().Log()[invites:], "reinvite"); got != c.renegotiate {
					t.Errorf("renegotiated: %v", got)
				}
				name := func(slot rtc.Slot) string {
					if track := w.media.Last().Track(slot); track != nil {
						return track.ID()
					}
					return ""
				}
				if a, v := name(rtc.SlotAudio), name(rtc.SlotMain); a != c.mic || v != c.cam {
					t.Errorf("sent: %s %s", a, v)
				}
				if m := w.c.Snapshot().Media; m.HasMicrophone != (c.mic != "") || m.HasCamera != (c.cam != "") {
					t.Errorf("snapshot %+v", m)
				}
			})
		})
	}
}

// A camera that cannot be sent leaves both tracks as they were.
func TestReplaceStreamThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		peer := w.media.Last()
		broken := errors.New("not a source of frames")
		peer.SetTrackErr(func(track rtc.LocalTrack) error {
			if track != nil && track.ID() == "cam2" {
				return broken
			}
			return nil
		})
		err := w.c.ReplaceStream(t.Context(), rtc.LocalStream{Audio: fake.NewTrack("mic2", rtc.Audio),
			Video: fake.NewTrack("cam2", rtc.Video)}, connector.ReplaceOptions{})
		if !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
		if a, v := peer.Track(rtc.SlotAudio), peer.Track(rtc.SlotMain); a.ID() != "mic" || v.ID() != "cam" {
			t.Errorf("sent: %s %s", a.ID(), v.ID())
		}
		if s := w.c.Snapshot(); s.Media.Camera.ID() != "cam" {
			t.Errorf("snapshot %+v", s.Media)
		}
	})
}

// The caller's limits, hint and preference count; the balancer goes below the limits, never above.
func TestReplaceStreamEncoding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		replace := func(o connector.ReplaceOptions) {
			t.Helper()
			w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{Audio: fake.NewTrack("m", rtc.Audio),
				Video: fake.NewTrack("c", rtc.Video)}, o))
		}
		sent := func(what string, want rtc.Encoding) {
			t.Helper()
			synctest.Wait()
			if got := w.media.Last().Encoding(rtc.SlotMain); got != want {
				t.Errorf("%s: %+v", what, got)
			}
		}
		replace(connector.ReplaceOptions{ContentHint: "motion", DegradationPreference: "balanced",
			Encoding: &connector.SendEncoding{MaxBitrate: 600_000, ScaleDown: 1.5, MaxFrameRate: 10}})
		sent("before the balancer", rtc.Encoding{MaxBitrate: 600_000, ScaleDown: 1.5, MaxFrameRate: 10, ContentHint: "motion",
			DegradationPreference: "balanced"})
		time.Sleep(11 * time.Second) // the balancer would allow 1 Mb/s for 1280 pixels
		sent("balanced", rtc.Encoding{MaxBitrate: 600_000, ScaleDown: 1.5, MaxFrameRate: 10, ContentHint: "motion",
			DegradationPreference: "balanced"})
		w.info("maincam", "x-webrtc-maincam", "MAXMAINCAMRESOLUTION", "x-webrtc-maincam-resolution", "320x180")
		sent("the server asks for less", rtc.Encoding{MaxBitrate: 320_000, ScaleDown: 4, MaxFrameRate: 10,
			ContentHint: "motion", DegradationPreference: "balanced"})
		replace(connector.ReplaceOptions{ContentHint: "none", Encoding: &connector.SendEncoding{MaxBitrate: 100_000}})
		sent("less still", rtc.Encoding{MaxBitrate: 100_000, ScaleDown: 4, DegradationPreference: "balanced"})
		replace(connector.ReplaceOptions{}) // says nothing: all stays
		sent("as before", rtc.Encoding{MaxBitrate: 100_000, ScaleDown: 4, DegradationPreference: "balanced"})
	})
}

// sending lets the statistics of the outgoing camera grow by so much a second for the track that is sent.
type sending struct {
	packets, bytes, frames uint64
	mu                     sync.Mutex
}

func (s *sending) of(w *world, grow func(track string) *sending) func() (rtc.Stats, error) {
	last := time.Now()
	return func() (rtc.Stats, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		track := w.media.Last().Track(rtc.SlotMain)
		if track == nil {
			return rtc.Stats{}, nil
		}
		g, seconds := grow(track.ID()), uint64(time.Since(last)/time.Second)
		if seconds > 0 {
			last = time.Now()
		}
		s.packets, s.bytes, s.frames = s.packets+g.packets*seconds, s.bytes+g.bytes*seconds, s.frames+g.frames*seconds
		return rtc.Stats{Outbound: rtc.OutboundStats{Video: &rtc.StreamStats{TrackID: track.ID(), PacketsSent: s.packets,
			BytesSent: s.bytes, FramesSent: s.frames}}}, nil
	}
}

// A new camera counts as sent when the statistics prove it, by the strictness asked for, or the wait ends.
func TestProofOfSending(t *testing.T) {
	good, weak, none := &sending{packets: 20, bytes: 20_000, frames: 15}, &sending{packets: 2, bytes: 2000, frames: 1}, &sending{}
	for _, c := range []struct {
		prove stats.Strictness
		grow  *sending
		took  time.Duration // at most
		sent  bool
	}{
		{stats.Fast, good, 2 * time.Second, true}, {stats.Normal, good, 2 * time.Second, true},
		{stats.Strict, good, 3 * time.Second, true},
		{stats.Fast, weak, 2 * time.Second, true}, {stats.Normal, weak, 5 * time.Second, true},
		{stats.Strict, weak, 5 * time.Second, false},
		{stats.Fast, none, 5 * time.Second, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			counters := &sending{}
			w.media.Prepare = func(p *fake.Peer) {
				p.StatsFunc = counters.of(w, func(track string) *sending {
					if track == "new" {
						return c.grow
					}
					return good // what the old camera sent proves nothing
				})
			}
			w.must(w.c.Connect(t.Context(), user()))
			w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
			time.Sleep(4500 * time.Millisecond)
			begin := time.Now()
			err := w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: fake.NewTrack("new", rtc.Video)},
				connector.ReplaceOptions{Prove: c.prove})
			var unsent *stats.ErrNotSent
			if c.sent && err != nil || !c.sent && (!errors.As(err, &unsent) || unsent.TrackID != "new") {
				t.Errorf("%s %d packets: %v", c.prove, c.grow.packets, err)
			}
			if took := time.Since(begin); took > c.took || !c.sent && took != 5*time.Second || took == 0 {
				t.Errorf("%s %d packets: took %v", c.prove, c.grow.packets, took)
			}
		})
	}
}

// Where statistics take long those of the call come every four seconds only: the proof needs its own.
func TestProofWithSlowStatistics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		counters := &sending{}
		w.media.Prepare = func(p *fake.Peer) {
			count := counters.of(w, func(string) *sending { return &sending{packets: 20, bytes: 20_000, frames: 15} })
			p.StatsFunc = func() (rtc.Stats, error) {
				time.Sleep(60 * time.Millisecond)
				return count()
			}
		}
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
		time.Sleep(10 * time.Second)
		w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: fake.NewTrack("new", rtc.Video)},
			connector.ReplaceOptions{Prove: stats.Strict}))
	})
}

// A spectator's statistics are those of what he receives; what he sends is proven all the same.
func TestProofOfASpectator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := conference(t, &offers{})
		defer w.close()
		sends := w.media.Last()
		var sent atomic.Uint64
		sends.StatsFunc = func() (rtc.Stats, error) {
			return rtc.Stats{Outbound: rtc.OutboundStats{Video: &rtc.StreamStats{TrackID: "new", PacketsSent: sent.Add(20),
				BytesSent: 1000 * sent.Load(), FramesSent: sent.Load()}}}, nil
		}
		w.info("partstate", "x-webrtc-partstate", "SPECTATOR", "x-webrtc-audioid", "A1")
		w.room("RoomABC", "T1")
		if len(w.media.Peers()) != 2 {
			t.Fatalf("%d peer connections", len(w.media.Peers()))
		}
		w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: fake.NewTrack("new", rtc.Video)},
			connector.ReplaceOptions{Prove: stats.Strict}))
	})
}

// What needs no proof is not waited for; the end of the call ends the wait.
func TestProofThatIsNotNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		begin := time.Now()
		off := fake.NewTrack("off", rtc.Video)
		off.SetEnabled(false)
		w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: off}, connector.ReplaceOptions{Prove: stats.Strict}))
		w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{}, connector.ReplaceOptions{Prove: stats.Strict}))
		if took := time.Since(begin); took > 0 {
			t.Errorf("took %v", took)
		}
		outcome := make(chan error, 1)
		go func() {
			outcome <- w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: fake.NewTrack("new", rtc.Video)},
				connector.ReplaceOptions{Prove: stats.Fast})
		}()
		synctest.Wait()
		w.must(w.c.HangUp(t.Context()))
		if err := <-outcome; !errors.Is(err, stats.ErrStopped) {
			t.Errorf("after the call: %v", err)
		}
	})
}

// ICE is restarted by re-INVITE or UPDATE, with headers, constraints and encodings.
func TestRestartICE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		why := []signal.Header{{Name: "X-Why", Value: "network"}}
		for _, c := range []struct {
			options connector.RestartOptions
			peer    string
			wire    string
		}{
			{connector.RestartOptions{}, "offer true, apply", "reinvite"},
			{connector.RestartOptions{UseUpdate: true, ExtraHeaders: why}, "offer true, apply", "update | X-Why: network"},
			{connector.RestartOptions{ExtraHeaders: why, NoVideo: true}, "offer true without audio false video true, apply",
				"reinvite | X-Why: network"},
			{connector.RestartOptions{Encoding: &connector.SendEncoding{MaxBitrate: 5000}}, "encoding 1 5000, offer true, apply",
				"reinvite"},
		} {
			peer, wire := len(w.media.Last().Log()), len(w.session().Log())
			w.must(w.c.RestartICE(t.Context(), c.options))
			w.expect("restart", "call:sdp", "call:sdp")
			if got := since(w.media.Last().Log(), peer); got != c.peer {
				t.Errorf("peer connection: %s, want %s", got, c.peer)
			}
			if got := since(w.session().Log(), wire); got != c.wire {
				t.Errorf("wire: %s, want %s", got, c.wire)
			}
		}
		for _, update := range []bool{false, true} { // a failure leaves the call as it was
			w.session().ReinviteErr = &signal.ResponseError{Method: "INVITE", StatusCode: 488, Cause: signal.CauseIncompatibleSDP}
			n := len(w.media.Last().Log())
			if err := w.c.RestartICE(t.Context(), connector.RestartOptions{UseUpdate: update}); err == nil {
				t.Error("no error")
			}
			w.expect("refused", "call:sdp")
			if got := since(w.media.Last().Log(), n); got != "offer true, rollback" {
				t.Errorf("peer connection: %s", got)
			}
			if s := w.c.Snapshot(); s.Call.Number != "2001" {
				t.Errorf("call %+v", s.Call)
			}
		}
	})
}

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

// While an offer gathers its candidates what is sent cannot be changed; the connector goes on with everything else, and
// the changes follow in the order in which they were asked for.
func TestTheLoopAnswersWhileAnOfferGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		peer := w.media.Last()
		gathers := make(chan struct{})
		peer.Hold = gathers
		pending := make(chan error, 4)
		go func() { pending <- w.c.Renegotiate(t.Context()) }()
		synctest.Wait()
		cameras := []*fake.Track{fake.NewTrack("cam2", rtc.Video), fake.NewTrack("cam3", rtc.Video)}
		for _, camera := range cameras {
			go func() {
				pending <- w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: camera}, connector.ReplaceOptions{KeepExisting: true})
			}()
			synctest.Wait()
		}
		screen := fake.NewTrack("screen", rtc.Video)
		go func() { pending <- w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{}) }()
		synctest.Wait()
		if len(pending) != 0 {
			t.Fatalf("ended early: %v", <-pending)
		}
		n := len(peer.Log())
		begin := time.Now()
		w.must(w.c.SetCamera(t.Context(), false)) // while it waits to be replaced
		if time.Since(begin) > 0 || cameras[1].Stopped() {
			t.Error("the loop waited")
		}
		close(gathers)
		for range cap(pending) {
			w.must(<-pending)
		}
		if got := since(peer.Log(), n); !strings.Contains(got, "track 1 cam2, track 1 cam3, track 2 screen") {
			t.Errorf("peer connection: %s", got)
		}
		if cameras[1].Enabled() || peer.Track(rtc.SlotMain) != rtc.LocalTrack(cameras[1]) {
			t.Errorf("the camera is on: %v, sent is %v", cameras[1].Enabled(), peer.Track(rtc.SlotMain))
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

// A call that is restored sends the devices that were sent last, not those it began with.
func TestRedialSendsTheReplacedDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: fake.NewTrack("cam2", rtc.Video)},
			connector.ReplaceOptions{KeepExisting: true}))
		w.lose()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		peer := w.media.Last()
		if len(w.media.Peers()) != 2 || peer.Track(rtc.SlotMain).ID() != "cam2" || peer.Track(rtc.SlotAudio).ID() != "mic" {
			t.Errorf("%d peer connections, camera %v, microphone %v", len(w.media.Peers()), peer.Track(rtc.SlotMain), peer.Track(rtc.SlotAudio))
		}
	})
}
