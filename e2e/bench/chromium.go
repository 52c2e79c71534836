package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"parley/e2e/bench/kit"
	"parley/e2e/bench/usage"
	"parley/e2e/harness"
)

// chromium measures a page that calls the same counterparts with the same content.
func (b *bench) chromium(ctx context.Context, codec string, server *url.URL) (r result, err error) {
	if r, err = b.load(ctx, codec, server, false); err != nil {
		return r, err
	}
	return r, b.page(ctx, codec, "pattern", server, false, func(_ *harness.Browser, page *harness.Page) error {
		if r.firstFrame, err = page.Between(ctx, "call", "first-frame"); err != nil {
			return err
		}
		ages, err := page.Delays(ctx, *samples)
		r.p50, r.p95 = kit.Percentile(ages, 0.5), kit.Percentile(ages, 0.95)
		return err
	})
}

// fullSize measures what it costs a page to send the picture as large as it is captured.
func (b *bench) fullSize(ctx context.Context, codec string, server *url.URL) (result, error) {
	return b.load(ctx, codec, server, true)
}

// load measures what a page's call costs.
func (b *bench) load(ctx context.Context, codec string, server *url.URL, keepSize bool) (r result, err error) {
	return r, b.page(ctx, codec, b.video, server, keepSize, func(browser *harness.Browser, page *harness.Page) error {
		before, err := frames(ctx, page)
		if err != nil {
			return err
		}
		from, err := usage.Measure(browser.Group())
		if err != nil {
			return err
		}
		if err := kit.Pause(ctx, *measuring); err != nil {
			return err
		}
		to, err := usage.Measure(browser.Group())
		if err != nil {
			return err
		}
		after, err := frames(ctx, page)
		if err != nil {
			return err
		}
		seconds := after.at.Sub(before.at).Seconds()
		r.cpu, r.memory, r.width = usage.Cores(from, to), to.Memory, after.width
		r.sent, r.decoded = (after.sent-before.sent)/seconds, (after.decoded-before.decoded)/seconds
		return nil
	})
}

// page calls from a new browser a counterpart with a camera, and looks when the first seconds are over.
func (b *bench) page(ctx context.Context, codec, camera string, server *url.URL, keepSize bool, look func(*harness.Browser, *harness.Page) error) (err error) {
	other, err := b.counterpart(ctx, codec, camera, server)
	if err != nil {
		return err
	}
	defer other.Kill()
	browser, err := harness.StartBrowser(ctx, harness.BrowserOptions{Video: b.video, Audio: b.speech})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, browser.Close()) }()
	page, err := browser.Open(ctx)
	if err != nil {
		return err
	}
	account := harness.Account{URL: server.String(), Domain: server.Hostname(), User: caller, Password: secret, Only: codec,
		Width: width, Height: height, MaxBitrate: videoBitrate, KeepSize: keepSize}
	if err := page.Connect(ctx, account); err != nil {
		return err
	}
	if err := page.Call(ctx, callee); err != nil {
		return err
	}
	if err := page.Until(ctx, "first-frame"); err != nil {
		return err
	}
	if err := kit.Pause(ctx, warming); err != nil {
		return err
	}
	if err := look(browser, page); err != nil {
		return err
	}
	if _, err = page.HangUp(ctx); err != nil {
		return err
	}
	_, err = other.Wait(ctx)
	return err
}

type counted struct {
	sent, decoded, width float64
	at                   time.Time
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
		Outbound struct {
			Video struct{ FramesSent, FrameWidth float64 }
		}
	}
	if err := json.Unmarshal(text, &stats); err != nil {
		return c, err
	}
	return counted{sent: stats.Outbound.Video.FramesSent, width: stats.Outbound.Video.FrameWidth, decoded: stats.Inbound.Video.FramesDecoded, at: time.Now()}, nil
}
