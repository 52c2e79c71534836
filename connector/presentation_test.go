package connector_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/connector/signal"
)

// A presentation is started, updated and stopped: events, encodings, INFO, captured tracks.
func TestPresentation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		screen := fake.NewTrack("screen", rtc.Video)
		w.must(w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{}))
		w.expect("start", "presentation:start", "call:sdp", "call:sdp", "presentation:started")
		if e := w.media.Last().Encoding(rtc.SlotPresentation); e.MaxBitrate != 1_000_000 || e.ContentHint != "detail" {
			t.Errorf("encoding %+v", e)
		}
		other := fake.NewTrack("other", rtc.Video)
		w.must(w.c.UpdatePresentation(t.Context(), other))
		w.expect("update", "presentation:updating", "presentation:updated")
		if !screen.Stopped() || other.Stopped() {
			t.Error("the replaced track goes on, or the new one does not")
		}
		w.must(w.c.StopPresentation(t.Context()))
		w.expect("stop", "presentation:end", "presentation:ended")
		if !other.Stopped() || w.media.Last().Track(rtc.SlotPresentation) != nil {
			t.Error("capture goes on")
		}
		log := strings.Join(w.session().Log()[1:], "\n")
		const state = "info application/vinteo.webrtc.sharedesktop | x-webrtc-share-state: "
		if want := state + "LETMESTARTPRESENTATION\nreinvite\n" + state + "LETMESTARTPRESENTATION\n" + state + "STOPPRESENTATION"; log != want {
			t.Errorf("log %s", log)
		}
	})
}

// Point 10: the true error, one start at a time, a stop wins. Point 11: capture ends with the call.
func TestPresentationThatDoesNotStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		decline := true
		var hold chan struct{}
		w.session().InfoErr = func(contentType string, _ []signal.Header) error {
			if hold != nil {
				<-hold
			}
			if decline && strings.HasSuffix(contentType, "sharedesktop") {
				return &signal.ResponseError{Method: "INFO", StatusCode: 603, Cause: signal.CauseRejected}
			}
			return nil
		}
		screen := fake.NewTrack("screen", rtc.Video)
		err := w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{})
		if !errors.Is(err, presentation.ErrDeclined) || !screen.Stopped() {
			t.Errorf("error %v, stopped %v", err, screen.Stopped())
		}
		w.expect("declined", "presentation:failed")

		decline = false
		w.session().ReinviteErr = &signal.ResponseError{Method: "INVITE", StatusCode: 488}
		screen = fake.NewTrack("screen", rtc.Video)
		err = w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{})
		var reinvite *presentation.ReinviteError
		if !errors.As(err, &reinvite) || !screen.Stopped() || w.media.Last().Track(rtc.SlotPresentation) != nil {
			t.Errorf("error %v, stopped %v", err, screen.Stopped())
		}
		w.expect("re-INVITE failed", "presentation:start", "call:sdp", "presentation:failed")
		w.session().ReinviteErr = nil

		hold = make(chan struct{})
		screen = fake.NewTrack("screen", rtc.Video)
		outcome := make(chan error, 1)
		go func() { outcome <- w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{}) }()
		synctest.Wait()
		second := fake.NewTrack("second", rtc.Video)
		if err := w.c.StartPresentation(t.Context(), second, connector.PresentationOptions{}); !errors.Is(err, presentation.ErrStarted) {
			t.Errorf("second start: %v", err)
		}
		stopped := make(chan error, 1)
		go func() { stopped <- w.c.StopPresentation(t.Context()) }()
		if err := <-outcome; !errors.Is(err, presentation.ErrStopped) || !screen.Stopped() {
			t.Errorf("stopped start: %v", err)
		}
		close(hold)
		w.must(<-stopped)
		w.take()
		if s := w.c.Snapshot(); s.Presentation != "idle" && s.Presentation != "failed" {
			t.Errorf("presentation %s", s.Presentation)
		}

		screen = fake.NewTrack("screen", rtc.Video)
		w.must(w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{}))
		w.take()
		w.session().End(signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated})
		w.expect("end of call", "call:ended:fromserver", "call:call-status-changed", "call:ended",
			"presentation:ended")
		if !screen.Stopped() {
			t.Error("the screen is still captured")
		}
	})
}

// A remote presentation comes and goes; the server's commands stop ours.
func TestRemotePresentationAndServerCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		info := func(kind, name, value string) {
			w.session().Handler().OnInfo("application/vinteo.webrtc."+kind, []signal.Header{{Name: name, Value: value}}, nil)
		}
		dual := fake.NewTrack("dual", rtc.Video)
		dual.Stream, dual.TrackLabel = "content", "dual0"
		peer := w.media.Last()
		peer.Tracks = append(peer.Tracks, dual)
		w.must(w.c.Renegotiate(t.Context()))
		w.expect("third m-line", "call:sdp", "call:sdp", "call:peerconnection:ontrack")
		info("sharedesktop", "x-webrtc-share-state", "YOUCANRECEIVECONTENT")
		w.expect("available", "api:contented-stream:available", "call:remote-streams-changed", "call:newInfo")
		if s := w.c.Snapshot(); s.Streams.Contented.Video() == nil {
			t.Errorf("streams %+v", s.Streams)
		}
		info("sharedesktop", "x-webrtc-share-state", "CONTENTEND")
		w.expect("ended", "api:contented-stream:not-available", "call:remote-streams-changed", "call:newInfo")

		w.must(w.c.StartPresentation(t.Context(), fake.NewTrack("screen", rtc.Video), connector.PresentationOptions{}))
		w.take()
		info("sharedesktop", "x-webrtc-share-state", "YOUMUSTSTOPSENDCONTENT")
		w.expect("must stop", "api:presentation:must-stop", "stopped-presentation-by-server-command", "presentation:end",
			"call:newInfo", "presentation:ended")

		info("mic", "x-webrtc-mic", "ADMINSTOPMIC")
		w.expect("muted by the moderator", "api:admin:stop-mic", "call:muted", "call:newInfo")
		if m := w.c.Snapshot().Media; !m.MicrophoneMutedByServer || m.MicrophoneOn {
			t.Errorf("media %+v", m)
		}
	})
}

// A share that is stopped while its permission is pending ends, it does not fail.
func TestShareStoppedWhilePending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		hold := make(chan struct{})
		w.session().AnswerInfo(func(contentType string, headers []signal.Header) error {
			asks := slices.ContainsFunc(headers, func(h signal.Header) bool { return h.Value == "LETMESTARTPRESENTATION" })
			if asks {
				<-hold
			}
			return nil
		})
		outcome := make(chan error, 1)
		go func() {
			outcome <- w.c.StartPresentation(t.Context(), fake.NewTrack("screen", rtc.Video), connector.PresentationOptions{})
		}()
		synctest.Wait()
		stopped := make(chan error, 1)
		go func() { stopped <- w.c.StopPresentation(t.Context()) }()
		if err := <-outcome; !errors.Is(err, presentation.ErrStopped) {
			t.Errorf("start: %v", err)
		}
		close(hold)
		w.must(<-stopped)
		if names := w.take(); slices.Contains(names, "presentation:failed") || slices.Contains(names, "presentation:started") ||
			!slices.Contains(names, "presentation:ended") {
			t.Errorf("events %v", names)
		}
	})
}

// Another track may come with other options of how it is sent.
func TestReplacePresentationChangesHowItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		if err := w.c.ReplacePresentation(t.Context(), fake.NewTrack("early", rtc.Video), connector.PresentationOptions{}); !errors.Is(err, presentation.ErrNone) {
			t.Errorf("replaced nothing: %v", err)
		}
		w.must(w.c.StartPresentation(t.Context(), fake.NewTrack("slides", rtc.Video), connector.PresentationOptions{}))
		film := fake.NewTrack("film", rtc.Video)
		w.must(w.c.ReplacePresentation(t.Context(), film, connector.PresentationOptions{ContentHint: "motion", MaxBitrate: 2_000_000}))
		if e := w.media.Last().Encoding(rtc.SlotPresentation); e.MaxBitrate != 2_000_000 || e.ContentHint != "motion" {
			t.Errorf("encoding %+v", e)
		}
		w.must(w.c.UpdatePresentation(t.Context(), fake.NewTrack("other film", rtc.Video)))
		if e := w.media.Last().Encoding(rtc.SlotPresentation); e.MaxBitrate != 2_000_000 || e.ContentHint != "motion" {
			t.Errorf("encoding after an update without options %+v", e)
		}
		if !film.Stopped() {
			t.Error("the replaced track goes on")
		}
	})
}

// A start that fails may be tried again, 300 ms apart; what is reported is the last reason. A stop, the end of the call and
// the end of the source win over the attempts that are left.
func TestRepeatedStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		var refusals atomic.Int32
		w.session().AnswerInfo(func(contentType string, _ []signal.Header) error {
			if strings.HasSuffix(contentType, "sharedesktop") && refusals.Add(-1) >= 0 {
				return &signal.ResponseError{Method: "INFO", StatusCode: 603, Cause: signal.CauseRejected}
			}
			return nil
		})
		start := func(attempts int) (*fake.Track, chan error) {
			screen := fake.NewTrack("screen", rtc.Video)
			outcome := make(chan error, 1)
			go func() {
				outcome <- w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{Attempts: attempts})
			}()
			synctest.Wait()
			return screen, outcome
		}
		begin := time.Now()
		refusals.Store(2)
		screen, outcome := start(3)
		w.must(<-outcome)
		if took := time.Since(begin); took != 600*time.Millisecond || screen.Stopped() {
			t.Errorf("took %v, stopped %v", took, screen.Stopped())
		}
		w.expect("the third succeeds", "presentation:failed", "presentation:failed", "presentation:start", "call:sdp", "call:sdp",
			"presentation:started")
		w.must(w.c.StopPresentation(t.Context()))
		w.take()

		refusals.Store(9)
		screen, outcome = start(2)
		if err := <-outcome; !errors.Is(err, presentation.ErrDeclined) || !screen.Stopped() {
			t.Errorf("all refused: %v, stopped %v", err, screen.Stopped())
		}
		w.expect("all refused", "presentation:failed", "presentation:failed")

		for what, end := range map[string]func(*fake.Track){
			"stop":            func(*fake.Track) { w.must(w.c.StopPresentation(t.Context())) },
			"source":          func(track *fake.Track) { track.Stop() },
			"end of the call": func(*fake.Track) { w.must(w.c.HangUp(t.Context())) },
		} {
			if s := w.c.Snapshot(); s.Call.Number == "" {
				w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
			}
			n := len(w.session().Log())
			w.session().AnswerInfo(func(contentType string, _ []signal.Header) error {
				if strings.HasSuffix(contentType, "sharedesktop") {
					return &signal.ResponseError{Method: "INFO", StatusCode: 603, Cause: signal.CauseRejected}
				}
				return nil
			})
			screen, outcome = start(100)
			log := w.session()
			end(screen)
			want := map[string]error{"stop": presentation.ErrStopped, "source": presentation.ErrDeclined,
				"end of the call": presentation.ErrCallOver}[what]
			if err := <-outcome; !errors.Is(err, want) || !screen.Stopped() {
				t.Errorf("%s: %v, stopped %v", what, err, screen.Stopped())
			}
			if text := since(log.Log(), n); strings.Contains(text, "STOPPRESENTATION") {
				t.Errorf("%s: an end was announced of what had not begun: %s", what, text)
			}
			if s := w.c.Snapshot(); s.Presentation != presentation.Idle && s.Presentation != presentation.Failed {
				t.Errorf("%s: presentation %s", what, s.Presentation)
			}
		}
	})
}

// A refused update leaves what is presented; in a call to one person availability is announced, nothing is asked.
func TestUpdateRefusedAndDirectCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		w.info("roomname", "x-webrtc-enter-room", "p2p1001to2001", "x-webrtc-participant-name", "2001", "x-webrtc-is-direct-p2p", "true")
		w.take()
		n := len(w.session().Log())
		screen := fake.NewTrack("screen", rtc.Video)
		w.must(w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{NoReinvite: true, MaxFrameRate: 5, ScaleDown: 2}))
		w.expect("start", "presentation:start", "presentation:started")
		if e := w.media.Last().Encoding(rtc.SlotPresentation); e.MaxFrameRate != 5 || e.ScaleDown != 2 || e.MaxBitrate != 1_000_000 {
			t.Errorf("encoding %+v", e)
		}
		w.session().AnswerInfo(func(string, []signal.Header) error {
			return &signal.ResponseError{Method: "INFO", StatusCode: 603, Cause: signal.CauseRejected}
		})
		other := fake.NewTrack("other", rtc.Video)
		if err := w.c.UpdatePresentation(t.Context(), other); !errors.Is(err, presentation.ErrDeclined) {
			t.Errorf("update: %v", err)
		}
		w.expect("update refused")
		if w.media.Last().Track(rtc.SlotPresentation) != rtc.LocalTrack(screen) || screen.Stopped() {
			t.Error("the refused update ended what is presented")
		}
		w.must(w.c.StopPresentation(t.Context()))
		w.expect("stop", "presentation:end", "presentation:ended")
		const state = "info application/vinteo.webrtc.sharedesktop | x-webrtc-share-state: "
		if got, want := since(w.session().Log(), n), state+"YOUCANRECEIVECONTENT, "+state+"YOUCANRECEIVECONTENT, "+state+"CONTENTEND"; got != want {
			t.Errorf("wire: %s", got)
		}
	})
}
