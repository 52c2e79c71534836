package main

import (
	"context"
	"fmt"
	"time"

	"parley/connector"
	"parley/e2e/bench/kit"
	"parley/media/device"
)

// What people do during a call, over and over: the microphone off, the camera off, a presentation.
const (
	muteEvery, muteFor       = 2 * time.Minute, 15 * time.Second
	cameraEvery, cameraFor   = 3 * time.Minute, 10 * time.Second
	presentEvery, presentFor = 4 * time.Minute, 30 * time.Second
)

// live moves the call until ctx is over.
func (p *party) live(ctx context.Context) error {
	c := p.client.Connector
	mute, camera, present := time.NewTicker(muteEvery), time.NewTicker(cameraEvery), time.NewTicker(presentEvery)
	defer mute.Stop()
	defer camera.Stop()
	defer present.Stop()
	for {
		var do []func(context.Context) error // what begins, and what ends it again
		var lasts time.Duration
		select {
		case <-ctx.Done():
			return nil
		case <-mute.C:
			lasts = muteFor
			do = []func(context.Context) error{
				func(ctx context.Context) error { return c.SetMicrophone(ctx, false) },
				func(ctx context.Context) error { return c.SetMicrophone(ctx, true) }}
		case <-camera.C:
			lasts = cameraFor
			do = []func(context.Context) error{
				func(ctx context.Context) error { return c.SetCamera(ctx, false) },
				func(ctx context.Context) error { return c.SetCamera(ctx, true) }}
		case <-present.C:
			lasts = presentFor
			do = []func(context.Context) error{p.present, c.StopPresentation}
		}
		for i, act := range do {
			if err := act(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("in a lively call: %w", err)
			}
			if i == 0 && kit.Pause(ctx, lasts) != nil {
				return nil
			}
		}
	}
}

// present a page that moves little.
func (p *party) present(ctx context.Context) error {
	track, err := device.OpenVideoTrack("pattern", device.VideoOptions{Width: 640, Height: 360, FPS: 5}, device.TrackOptions{ID: "presentation"})
	if err != nil {
		return err
	}
	return p.client.Connector.StartPresentation(ctx, track, connector.PresentationOptions{})
}
