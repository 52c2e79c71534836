package main

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"parley/connector"
	"parley/e2e/harness"
)

// nearParley calls and, interrupted, tells what it received.
func nearParley(ctx context.Context) error {
	eye := &eye{look: age}
	p, err := newParty(ctx, caller, cameraFile(*content), eye)
	if err != nil {
		return err
	}
	defer p.close()
	begun := now()
	if err := p.client.Connector.Call(ctx, connector.CallParameters{Number: callee, Stream: p.stream()}); err != nil {
		return err
	}
	if err := say("confirmed", now()-begun); err != nil {
		return err
	}
	<-ctx.Done()
	return say("result", result{Frames: eye.all(), Sound: p.sounds()})
}

// nearChromium is the same with a page.
func nearChromium(ctx context.Context) (err error) {
	working, cancel := context.WithCancel(context.WithoutCancel(ctx)) // the page is asked after the interrupt
	defer cancel()
	starting, cancelStart := context.WithTimeout(ctx, setup*3/4) // before the patience of who started this is over
	defer cancelStart()
	browser, err := harness.StartBrowser(starting, harness.BrowserOptions{Video: cameraFile(*content), Audio: speechFile(*content)})
	if err != nil {
		return err
	}
	defer browser.Close()
	page, err := browser.Open(starting)
	if err != nil {
		return err
	}
	socket := url.URL{Scheme: "wss", Host: *server, Path: "/webrtc/wss/"}
	host := socket.Hostname()
	account := harness.Account{URL: socket.String(), Domain: host, User: caller, Password: secret, Only: *codec,
		Width: width, Height: height, MaxBitrate: videoBitrate}
	if err := page.Connect(starting, account); err != nil {
		return err
	}
	begun := now()
	if err := page.Call(starting, callee); err != nil {
		return err
	}
	if err := say("confirmed", now()-begun); err != nil {
		return err
	}
	if err := page.Watch(working); err != nil {
		return err
	}
	var sound []soundSample
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
		text, err := page.Stats(working)
		if err != nil {
			return err
		}
		var stats struct {
			Inbound struct {
				Audio struct{ ConcealedSamples, TotalSamplesReceived float64 }
			}
		}
		if err := json.Unmarshal(text, &stats); err != nil {
			return err
		}
		sound = append(sound, soundSample{At: now(), Concealed: stats.Inbound.Audio.ConcealedSamples,
			Total: stats.Inbound.Audio.TotalSamplesReceived})
	}
	watched, err := page.Watched(working)
	if err != nil {
		return err
	}
	frames := make([]seen, len(watched))
	for i, w := range watched {
		frames[i] = seen{At: w.At, Age: w.Age, Width: w.Width}
	}
	return say("result", result{Frames: frames, Sound: sound})
}
