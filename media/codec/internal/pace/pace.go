// Package pace holds what the video encoders share: limits of their configuration, threads by size, and the clock of
// the frames.
package pace

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"parley/media/codec"
)

// ErrConfig means a configuration no encoder can work with.
var ErrConfig = errors.New("encoder configuration out of range")

// Limits of what is asked of an encoder.
const (
	minBitrate = 10_000      // bit/s
	maxBitrate = 100_000_000 // bit/s
	maxRate    = 240         // frames a second
)

// Check refuses sizes no encoder takes, and brings bitrate and frame rate into their limits; without a frame rate it
// takes 30.
func Check(c *codec.VideoConfig) error {
	if c.Width < 2 || c.Height < 2 || c.Width > codec.MaxSide || c.Height > codec.MaxSide ||
		c.Width*c.Height > codec.MaxPixels {
		return fmt.Errorf("size %dx%d: %w", c.Width, c.Height, ErrConfig)
	}
	if math.IsNaN(c.FrameRate) || c.FrameRate <= 0 {
		c.FrameRate = 30
	}
	c.FrameRate = min(max(c.FrameRate, 1), maxRate)
	c.Bitrate = min(max(c.Bitrate, minBitrate), maxBitrate)
	return nil
}

// Threads for an encoder: one up to 1280×720, which every machine manages, then two and four, never more than there
// are processors.
func Threads(width, height int) int {
	n := 1
	switch pixels := width * height; {
	case pixels > 1920*1088:
		n = 4
	case pixels > 1280*720:
		n = 2
	}
	return min(n, runtime.NumCPU())
}

// Clock turns the times at which pictures were taken into strictly growing times that rate control can rely on: a step
// lies between a quarter and four times the nominal one, so neither jitter nor a pause upsets it.
type Clock struct {
	last, pts time.Duration
	running   bool
}

// Next returns the time of a frame since the first one, and its nominal duration. Frames without a time (captured 0)
// follow each other at the nominal rate.
func (c *Clock) Next(captured time.Duration, frameRate float64) (pts, duration time.Duration) {
	duration = time.Duration(float64(time.Second) / frameRate)
	if c.running {
		step := duration
		if captured != 0 && c.last != 0 {
			step = min(max(captured-c.last, duration/4), duration*4)
		}
		c.pts += step
	}
	c.running, c.last = true, captured
	return c.pts, duration
}
