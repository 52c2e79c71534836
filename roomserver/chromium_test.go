package roomserver

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"parley/e2e/harness"
)

// TestChromiumGoesOnDecoding joins a browser to a room of bots that take turns in speaking: each turn switches the sender
// of its main video, and the browser must take it all for one stream.
func TestChromiumGoesOnDecoding(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	browser, err := harness.StartBrowser(ctx, harness.BrowserOptions{})
	if errors.Is(err, harness.ErrNoChromium) {
		t.Skip(err)
	}
	must(t, err)
	defer func() { must(t, browser.Close()) }()
	for _, codecName := range []string{"VP8", "H264"} {
		t.Run(codecName, func(t *testing.T) {
			s, events := startServer(t, Config{Bots: 3, Codec: codecName})
			page, err := browser.Open(ctx)
			must(t, err)
			defer page.Close()
			must(t, page.Connect(ctx, harness.Account{URL: s.URL(), Domain: "127.0.0.1", User: "guest", Only: codecName}))
			must(t, page.Call(ctx, "2001"))
			if _, err := page.Received(ctx, "video", map[string]float64{"framesDecoded": 10}); err != nil {
				t.Fatal(err)
			}
			begin, first := time.Now(), frames(ctx, t, page)
			for _, name := range []string{"bot-1", "bot-2", "bot-3"} {
				events.wait(t, "shown", func(d map[string]any) bool { return d["source"] == name && d["track"] == "main-video" })
			}
			if _, err := page.Received(ctx, "video", map[string]float64{"framesDecoded": first.FramesDecoded + 150}); err != nil {
				t.Fatal(err)
			}
			last := frames(ctx, t, page)
			rate := (last.FramesDecoded - first.FramesDecoded) / time.Since(begin).Seconds()
			t.Logf("%.0f frames, %.1f a second, %+v", last.FramesDecoded, rate, last)
			if rate < 10 || last.FrameWidth != 640 {
				t.Errorf("%.1f frames a second of width %d", rate, last.FrameWidth)
			}
			if last.FreezeCount > 2 {
				t.Errorf("the picture froze %d times", last.FreezeCount)
			}
			if end, err := page.HangUp(ctx); err != nil || end.Originator != "local" {
				t.Errorf("end: %+v %v", end, err)
			}
			events.wait(t, "left", nil)
		})
	}
}

type inboundVideo struct {
	FramesDecoded, KeyFramesDecoded            float64
	FramesDropped, FrameWidth, FreezeCount     int
	PliCount, NackCount, PacketsLost           int
	TotalFreezesDuration, RetransmittedPackets float64
}

// frames reads the page's inbound video statistics.
func frames(ctx context.Context, t *testing.T, page *harness.Page) inboundVideo {
	t.Helper()
	raw, err := page.Stats(ctx)
	must(t, err)
	var stats struct{ Inbound map[string]inboundVideo }
	must(t, json.Unmarshal(raw, &stats))
	video, ok := stats.Inbound["video"]
	if !ok {
		t.Fatalf("no inbound video in %.500s", raw)
	}
	return video
}
