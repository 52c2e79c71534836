package connector_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/rtc"
	"parley/connector/signal"
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
		tracks := slices.DeleteFunc(peer.Log()[n:], func(s string) bool { return !strings.HasPrefix(s, "track ") })
		if got := strings.Join(tracks, ", "); got != "track 1 cam2, track 1 cam3, track 2 screen" {
			t.Errorf("tracks: %s", got) // the answer may be applied before, between or after them
		}
		if cameras[1].Enabled() || peer.Track(rtc.SlotMain) != rtc.LocalTrack(cameras[1]) {
			t.Errorf("the camera is on: %v, sent is %v", cameras[1].Enabled(), peer.Track(rtc.SlotMain))
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
