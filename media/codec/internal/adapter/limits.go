package adapter

import (
	"errors"
	"fmt"
	"math"
	"runtime"

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

// check refuses sizes no encoder takes, and brings bitrate and frame rate into their limits; without a frame rate it
// takes 30.
func check(c *codec.VideoConfig) error {
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

// Kilobits is a bitrate in the thousands that libvpx and libaom count in; 0 would mean their default.
func Kilobits(bitrate int) int { return max(1, bitrate/1000) }
