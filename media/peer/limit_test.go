package peer

import (
	"testing"
	"time"

	"parley/connector/rtc"
)

// A person's limit of what the camera sends holds whatever the line could carry and the server asks for, and does not touch
// a presentation.
func TestAPersonsLimitHoldsForTheCameraOnly(t *testing.T) {
	const limit = 90_000
	a, b := newTestConn(t, testConfig(t), rtc.Config{MaxBitrate: limit}), newTestConn(t, testConfig(t), rtc.Config{})
	if _, err := a.SetTrack(rtc.SlotMain, newPattern(t, "cam", 640, 360, 30, 90)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SetTrack(rtc.SlotPresentation, newPattern(t, "slides", 640, 360, 30, 30)); err != nil {
		t.Fatal(err)
	}
	a.SetEncoding(rtc.SlotMain, rtc.Encoding{MaxBitrate: 1_000_000})
	negotiate(t, a, b, rtc.OfferOptions{})
	connected(t, a, b)
	nextFrames(t, remoteVideo(t, b, 0), 5, 10*time.Second).Release()
	eventually(t, "both are sent", 10*time.Second, func() bool {
		s, err := a.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		camera, slides := s.Outbound.Video, s.Outbound.Presentation
		if camera != nil && camera.TargetBitrate > limit {
			t.Fatalf("the camera's encoder may send %v bit/s", camera.TargetBitrate)
		}
		return camera != nil && slides != nil && camera.TargetBitrate > 0 && slides.TargetBitrate > limit
	})
}
