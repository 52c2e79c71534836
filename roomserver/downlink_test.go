package roomserver

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"parley/media/video"
)

// narrow reports a bandwidth every half second until the caller is stopped.
func (c *caller) narrow(track *webrtc.TrackRemote, bitrate float32) {
	c.work.Go(func() {
		ticker := time.NewTicker(500 * time.Millisecond)
		defer ticker.Stop()
		for {
			_ = c.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: bitrate, SSRCs: []uint32{uint32(track.SSRC())}}})
			select {
			case <-ticker.C:
			case <-c.stop:
				return
			}
		}
	})
}

func TestOnlyViewerLimitsTheSender(t *testing.T) {
	s, events := startServer(t, Config{})
	a, b := join(t, s, "ann", "2330", "VP8"), join(t, s, "ben", "2330", "VP8")
	a.limits = make(chan float64, 100)
	a.film(0)
	track := b.track(webrtc.RTPCodecTypeVideo, "main")
	b.watch(track, func(*video.Frame) bool { return true })
	b.narrow(track, 130_000)
	select {
	case limit := <-a.limits:
		if limit < 100_000 || limit > 140_000 {
			t.Errorf("asked to send no more than %g", limit)
		}
	case <-time.After(patience):
		t.Fatal("the sender was not asked to send less")
	}
	// He does not listen: then less is forwarded.
	events.wait(t, "level", func(d map[string]any) bool { return d["level"] == "fewer" })
}

func TestNarrowReceiverGetsFewerFrames(t *testing.T) {
	s, events := startServer(t, Config{})
	a := join(t, s, "ann", "2331", "VP8")
	wide, small := join(t, s, "wide", "2331", "VP8"), join(t, s, "small", "2331", "VP8")
	a.limits = make(chan float64, 100)
	a.film(0)
	track := small.track(webrtc.RTPCodecTypeVideo, "main")
	small.watch(track, func(*video.Frame) bool { return true })
	if code := small.d.info("stats", sip.NewHeader("x-webrtc-available-incoming-bitrate", "110000")); code != 200 {
		t.Errorf("stats: %d", code)
	}
	least := events.wait(t, "level", func(d map[string]any) bool { return d["level"] == "least" })
	for _, p := range s.Moderate().List() {
		if p.Name == "small" && least.Data["participant"] != p.ID {
			t.Errorf("%v", least.Data)
		}
	}
	// The other one still gets everything, and the sender is left alone.
	frames := 0
	begun := time.Now()
	wide.watch(wide.track(webrtc.RTPCodecTypeVideo, "main"), func(*video.Frame) bool { frames++; return time.Since(begun) > 2*time.Second })
	if frames < 10 {
		t.Errorf("the wide one sees %d frames in 2 s", frames)
	}
	if len(a.limits) > 0 {
		t.Error("the sender was limited")
	}
	// What the narrow one gets is still one stream that can be decoded.
	frames = 0
	small.watch(track, func(*video.Frame) bool { frames++; return frames == 2 })
	if code := small.d.info("stats", sip.NewHeader("x-webrtc-available-incoming-bitrate", "5000000")); code != 200 {
		t.Errorf("stats: %d", code)
	}
	events.wait(t, "level", func(d map[string]any) bool { return d["level"] == "all" })
}
