package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"parley/e2e/harness"
)

// chromium measures a page that calls the same counterpart with the same content.
func (b *bench) chromium(ctx context.Context, codec string, server *url.URL) (r result, err error) {
	other, err := b.counterpart(ctx, codec, server)
	if err != nil {
		return r, err
	}
	defer other.Kill()
	browser, err := harness.StartBrowser(ctx, harness.BrowserOptions{Video: b.video, Audio: b.speech})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, browser.Close()) }()
	page, err := browser.Open(ctx)
	if err != nil {
		return r, err
	}
	account := harness.Account{URL: server.String(), Domain: server.Hostname(), User: caller, Password: secret, Only: codec,
		Width: width, Height: height, MaxBitrate: videoBitrate}
	if err := page.Connect(ctx, account); err != nil {
		return r, err
	}
	if err := page.Call(ctx, callee); err != nil {
		return r, err
	}
	if r.firstFrame, err = page.Between(ctx, "call", "first-frame"); err != nil {
		return r, err
	}
	if err := pause(ctx, warming); err != nil {
		return r, err
	}
	before, err := frames(ctx, page)
	if err != nil {
		return r, err
	}
	from, err := measure(browser.Group())
	if err != nil {
		return r, err
	}
	if err := pause(ctx, *measuring); err != nil {
		return r, err
	}
	to, err := measure(browser.Group())
	if err != nil {
		return r, err
	}
	after, err := frames(ctx, page)
	if err != nil {
		return r, err
	}
	seconds := after.at.Sub(before.at).Seconds()
	r.cpu, r.memory = cores(from, to), to.memory
	r.sent, r.decoded = (after.sent-before.sent)/seconds, (after.decoded-before.decoded)/seconds
	ages, err := page.Delays(ctx, *samples)
	if err != nil {
		return r, err
	}
	r.p50, r.p95 = percentile(ages, 0.5), percentile(ages, 0.95)
	_, err = page.HangUp(ctx)
	return r, err
}

type counted struct {
	sent, decoded float64
	at            time.Time
}

func frames(ctx context.Context, page *harness.Page) (c counted, err error) {
	text, err := page.Stats(ctx)
	if err != nil {
		return c, err
	}
	var stats struct {
		Inbound struct {
			Video struct{ FramesDecoded float64 }
		}
		Outbound struct{ Video struct{ FramesSent float64 } }
	}
	if err := json.Unmarshal(text, &stats); err != nil {
		return c, err
	}
	return counted{sent: stats.Outbound.Video.FramesSent, decoded: stats.Inbound.Video.FramesDecoded, at: time.Now()}, nil
}
