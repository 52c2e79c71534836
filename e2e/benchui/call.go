package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"parley/e2e/bench/kit"
	"parley/e2e/bench/usage"
	"parley/e2e/harness"
)

// duringCall is what was measured of a window that signs in and calls.
type duringCall struct {
	home          float64         // cores, of the home screen
	cores, memory float64         // of the window in the call; MB of proportional set size
	seen          []time.Duration // from clicks to their effect
}

// measureCall signs in, watches the home screen rest, calls somebody, with 720p30 both ways, and clicks on the microphone.
func (b *bench) measureCall(ctx context.Context) (m duringCall, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	room, err := harness.Start(b.program, nil, "room", "--listen", "127.0.0.1:0", "--events", "-", "--user", callee+":"+secret)
	if err != nil {
		return m, err
	}
	defer room.Kill()
	address, err := room.Ready(ctx)
	if err != nil {
		return m, err
	}
	window, err := b.window("call")
	if err != nil {
		return m, err
	}
	defer window.Kill()
	if err := b.signIn(ctx, room, address.Host); err != nil {
		return m, errors.Join(err, errors.New(window.Stderr()))
	}
	if m.home, err = b.watchRest(ctx, window); err != nil {
		return m, err
	}
	other, err := harness.Start(b.program, nil, "call", "--server", address.Host, "--user", callee, "--password", secret, "--name", "Bob",
		"--answer", "--insecure-tls", "--camera", "pattern", "--microphone", "tone", "--size", "1280x720", "--fps", "30", "--events", "-")
	if err != nil {
		return m, err
	}
	defer other.Kill()
	if _, err := other.Until(ctx, "connection:registered"); err != nil {
		return m, err
	}
	if err := b.call(ctx, other); err != nil {
		return m, err
	}
	if m.cores, m.memory, err = b.watchCall(ctx, window); err != nil {
		return m, err
	}
	if m.seen, err = b.clickMicrophone(ctx); err != nil {
		return m, err
	}
	return m, end(ctx, window)
}

// watchCall is what the window uses in a call.
func (b *bench) watchCall(ctx context.Context, window *harness.Process) (cores, memory float64, err error) {
	if err := kit.Pause(ctx, 4*time.Second); err != nil { // the estimator's first seconds
		return 0, 0, err
	}
	from, err := usage.Measure(window.PID())
	if err != nil {
		return 0, 0, err
	}
	if err := kit.Pause(ctx, *rest); err != nil {
		return 0, 0, err
	}
	to, err := usage.Measure(window.PID())
	return usage.Cores(from, to), to.Memory, err
}

// signIn joins as a guest and trusts the certificate, by keyboard.
func (b *bench) signIn(ctx context.Context, room *harness.Process, server string) error {
	if _, err := b.screen.Still(ctx, "the sign in screen"); err != nil {
		return err
	}
	if err := b.screen.Focus(ctx); err != nil {
		return err
	}
	var filled *image.NRGBA
	for _, step := range []func() error{
		func() error { return b.screen.Press(ctx, "Return") }, // the welcome of a first start: to a server
		func() error {
			_, err := b.screen.Still(ctx, "the form")
			return err
		},
		func() error { return b.screen.Type(ctx, server) },
		func() error { return b.screen.Press(ctx, "Tab") },
		func() error { return b.screen.Type(ctx, "Bench") },
		func() (err error) {
			filled, err = b.screen.Still(ctx, "the filled form")
			return err
		},
		func() error { return b.screen.Press(ctx, "Return") },
		func() error {
			_, err := b.screen.Until(ctx, "the question about the certificate", func(_, now *image.NRGBA) bool {
				return harness.Different(filled, now, now.Rect) > 0.02
			})
			return err
		},
		func() error { return b.screen.Press(ctx, "Tab", "space") },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	_, err := room.Until(ctx, "connected")
	return err
}

// call dials and waits for the picture.
func (b *bench) call(ctx context.Context, other *harness.Process) error {
	if err := b.screen.Type(ctx, callee); err != nil {
		return err
	}
	if err := b.screen.Press(ctx, "Return"); err != nil {
		return err
	}
	pressed := time.Now()
	again := false
	stage := image.Rect(100, 120, screenWidth-100, 400)
	changes := 0
	_, err := b.screen.Until(ctx, "the remote video", func(before, now *image.NRGBA) bool {
		if before != nil && harness.Colourful(now, stage) > 0.3 && harness.Different(before, now, stage) > 0.01 {
			changes++
		}
		if !again && time.Since(pressed) > 5*time.Second && other.Count("call:confirmed") == 0 {
			again = true // a look at the devices comes before the call: once more goes on
			_ = b.screen.Press(ctx, "Return")
		}
		return changes >= 3
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, other.Story())
	}
	return nil
}

// clickMicrophone clicks over and over and measures until the button looks muted, or not muted any more.
func (b *bench) clickMicrophone(ctx context.Context) (seen []time.Duration, err error) {
	// The button says where it is: muted by its key, its field is the leftmost red one in the lower left of the window.
	if err := b.screen.Press(ctx, "ctrl+d"); err != nil {
		return nil, err
	}
	var at image.Point
	err = b.eye.until(ctx, func() (found bool, err error) {
		at, found, err = b.eye.findMuted(image.Rect(0, screenHeight-120, screenWidth/2, screenHeight))
		return found, err
	})
	if err != nil {
		return nil, fmt.Errorf("the microphone's button is not found: %w", err)
	}
	// As a hand would: over the picture to the bar, which stays as long as the pointer is on it.
	for _, to := range []image.Point{{X: screenWidth / 2, Y: screenHeight / 2}, {X: at.X, Y: at.Y - 80}, at} {
		if err := b.eye.move(to); err != nil {
			return nil, err
		}
		if err := kit.Pause(ctx, 200*time.Millisecond); err != nil {
			return nil, err
		}
	}
	muted := true
	for range *clicks {
		if err := kit.Pause(ctx, 400*time.Millisecond); err != nil { // a person's pace
			return nil, err
		}
		begun := time.Now()
		if err := b.eye.click(at); err != nil {
			return nil, err
		}
		muted = !muted
		if err := b.eye.until(ctx, func() (bool, error) {
			now, err := b.eye.muted(at)
			return now == muted, err
		}); err != nil {
			return nil, fmt.Errorf("after %d clicks that took %v: %w", len(seen), seen, err)
		}
		seen = append(seen, time.Since(begun))
	}
	return seen, nil
}
