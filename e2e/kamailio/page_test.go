package kamailio

import (
	"context"
	"testing"

	"parley/connector"
	"parley/e2e/harness"
	"parley/media/device"
)

// The page holds the call and takes it up again, and sends a tone; tones of ours reach it.
func TestPageHolds(t *testing.T) {
	bothWithPage(t, func(t *testing.T, change func(*settings)) {
		ctx := within(t)
		s := start(ctx, t, change)
		page := openPage(ctx, t, s.socket("wss"), theirs)
		p := newParty(ctx, t, s, ours, false)
		answered := make(chan error, 1)
		go func() { answered <- p.answer(ctx) }()
		if err := page.Call(ctx, ours); err != nil {
			t.Fatal(err)
		}
		if err := <-answered; err != nil {
			t.Fatal(err)
		}
		for round := range 2 {
			if err := page.Hold(ctx, true); err != nil {
				t.Fatal(err)
			}
			p.again(ctx, round+1, "call:hold ")
			if err := page.Hold(ctx, false); err != nil {
				t.Fatal(err)
			}
			p.again(ctx, round+1, "call:unhold ")
		}
		if err := page.DTMF(ctx, "9"); err != nil {
			t.Fatal(err)
		}
		p.until(ctx, `call:newDTMF {"originator":"remote","tone":"9"}`)
		if err := p.connector.SendDTMF(ctx, "4"); err != nil {
			t.Error(err)
		}
		if err := page.Until(ctx, "dtmf:remote:4"); err != nil {
			t.Error(err)
		}
		pageSeesAndHears(ctx, t, page, 320) // after the holds picture and sound go on
		p.receives(ctx)
		if err := p.connector.HangUp(ctx); err != nil {
			t.Error(err)
		}
		if end, err := page.Ended(ctx); err != nil || end.Originator != "remote" {
			t.Errorf("the page's end: %+v, %v", end, err)
		}
	})
}

// A whole call with the page, over ws and wss, with and without GRUU, each side calling: picture and sound, INFO and tones
// both ways, hold, a presentation each way, and each side hanging up.
func TestConversationWithThePage(t *testing.T) {
	for _, way := range []struct {
		name                     string
		gruu, plain, pageCalls   bool
		pageHangsUp, plainParley bool
	}{
		{name: "GRUU, page over ws calls", gruu: true, plain: true, pageCalls: true, pageHangsUp: true},
		{name: "GRUU, page over wss is called from ws", gruu: true, plainParley: true},
		{name: "page over wss calls ws", pageCalls: true, plainParley: true},
		{name: "page over ws is called", plain: true, pageHangsUp: true},
	} {
		t.Run(way.name, func(t *testing.T) {
			ctx := within(t)
			s := start(ctx, t, func(s *settings) { s.GRUU = way.gruu })
			scheme := "wss"
			if way.plain {
				scheme = "ws"
			}
			page := openPage(ctx, t, s.socket(scheme), theirs)
			p := newParty(ctx, t, s, ours, way.plainParley)
			connect(ctx, t, page, p, way.pageCalls)
			pageSeesAndHears(ctx, t, page, 320)
			p.receives(ctx)

			// INFO and tones, each way.
			if err := page.Until(ctx, "info"); err != nil {
				t.Error(err)
			}
			room := "p2p" + theirs + "to" + ours
			if err := page.Info(ctx, "roomname", map[string]string{
				"x-webrtc-enter-room": room, "x-webrtc-participant-name": ours, "x-webrtc-is-direct-p2p": "true",
			}); err != nil {
				t.Fatal(err)
			}
			p.until(ctx, `api:enter-room {"room":"`+room)
			if err := page.DTMF(ctx, "9"); err != nil {
				t.Fatal(err)
			}
			p.until(ctx, `call:newDTMF {"originator":"remote","tone":"9"}`)
			if err := p.connector.SendDTMF(ctx, "4"); err != nil {
				t.Error(err)
			}
			if err := page.Until(ctx, "dtmf:remote:4"); err != nil {
				t.Error(err)
			}

			holdAndPresent(ctx, t, page, p)

			if way.pageHangsUp {
				if end, err := page.HangUp(ctx); err != nil || end.Originator != "local" {
					t.Errorf("the page's end: %+v, %v", end, err)
				}
				p.until(ctx, `call:ended {"originator":"remote"`)
				return
			}
			if err := p.connector.HangUp(ctx); err != nil {
				t.Error(err)
			}
			if end, err := page.Ended(ctx); err != nil || end.Originator != "remote" || end.Cause != "Terminated" {
				t.Errorf("the page's end: %+v, %v; want a BYE from us", end, err)
			}
		})
	}
}

// connect lets one of the two call the other.
func connect(ctx context.Context, t *testing.T, page *harness.Page, p *party, pageCalls bool) {
	t.Helper()
	answered := make(chan error, 1)
	var err error
	if pageCalls {
		go func() { answered <- p.answer(ctx) }()
		err = page.Call(ctx, ours)
	} else {
		go func() { answered <- page.Answer(ctx) }()
		err = p.connector.Call(ctx, connector.CallParameters{Number: theirs, Stream: p.stream})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
}

// holdAndPresent lets the page hold the call and take it up again, then each side present something.
func holdAndPresent(ctx context.Context, t *testing.T, page *harness.Page, p *party) {
	t.Helper()
	for _, on := range []bool{true, false} {
		if err := page.Hold(ctx, on); err != nil {
			t.Fatal(err)
		}
	}
	p.until(ctx, "call:hold ", "call:unhold ")

	screen, err := device.OpenVideoTrack("pattern", device.VideoOptions{Width: 400, Height: 300, FPS: 8}, device.TrackOptions{ID: "screen"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { screen.Stop(); <-screen.Released() }()
	if err := p.connector.StartPresentation(ctx, screen, connector.PresentationOptions{}); err != nil {
		t.Fatalf("present: %v", err)
	}
	if err := page.Until(ctx, "share:YOUCANRECEIVECONTENT"); err != nil {
		t.Error(err)
	}
	seen, err := page.Presented(ctx, map[string]float64{"framesDecoded": 10})
	if err != nil {
		t.Fatal(err)
	}
	if seen.FrameWidth != 400 || seen.FrameHeight != 300 {
		t.Errorf("the page sees a presentation of %d×%d, want 400×300", seen.FrameWidth, seen.FrameHeight)
	}
	if err := p.connector.StopPresentation(ctx); err != nil {
		t.Errorf("stop presenting: %v", err)
	}
	if err := page.Until(ctx, "share:CONTENTEND"); err != nil {
		t.Error(err)
	}

	if err := page.Present(ctx, 352, 288); err != nil { // over the m-line that is there
		t.Fatal(err)
	}
	p.until(ctx, "api:contented-stream:available")
	p.shows(ctx, 352, 288)
	if err := page.StopPresenting(ctx); err != nil {
		t.Error(err)
	}
	p.until(ctx, "api:contented-stream:not-available")
	pageSeesAndHears(ctx, t, page, 320) // the main video is what it was
}
