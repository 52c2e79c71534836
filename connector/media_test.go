package connector_test

import (
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/rtc"
	"parley/connector/signal"
)

// Muting tells the server, whatever it answers, and the snapshot shows it; a moderator's mute too.
func TestMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		w.session().InfoErr = func(string, []signal.Header) error {
			return &signal.ResponseError{Method: "INFO", StatusCode: 500}
		}
		w.must(w.c.SetMicrophone(t.Context(), false))
		w.expect("mute", "call:muted")
		log := w.session().Log()
		if last := log[len(log)-1]; last != "info application/vinteo.webrtc.mediastate | x-webrtc-media-state: currentstate | "+
			"x-vinteo-maincam-state: 1 | x-vinteo-mic-state: 0" {
			t.Errorf("log %q", last)
		}
		if m := w.c.Snapshot().Media; m.MicrophoneOn || !m.CameraOn || !m.HasMicrophone {
			t.Errorf("media %+v", m)
		}
		// Another microphone stays muted.
		mic := fake.NewTrack("mic2", rtc.Audio)
		w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{Audio: mic, Video: fake.NewTrack("cam2", rtc.Video)},
			connector.ReplaceOptions{}))
		if mic.Enabled() {
			t.Error("the new microphone is on")
		}
		w.must(w.c.SetMicrophone(t.Context(), true))
		w.expect("unmute", "call:unmuted")
	})
}

// Tones go out one after another, as the server expects them, and those that come are told.
func TestTones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		begin := time.Now()
		w.must(w.c.SendDTMF(t.Context(), "1,#"))
		if took := time.Since(begin); took != 720*time.Millisecond+2*time.Second {
			t.Errorf("took %v", took)
		}
		w.expect("sent", "api:new-dtmf", "call:newDTMF", "api:new-dtmf", "call:newDTMF")
		if err := w.c.SendDTMF(t.Context(), "x"); err == nil {
			t.Error("x is no tone")
		}
	})
}
