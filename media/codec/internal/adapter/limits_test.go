package adapter

import (
	"errors"
	"math"
	"testing"
	"time"

	"parley/media/codec"
)

func TestCheckBringsIntoLimits(t *testing.T) {
	c := codec.VideoConfig{Width: 640, Height: 360, FrameRate: math.NaN(), Bitrate: -1}
	if err := check(&c); err != nil || c.FrameRate != 30 || c.Bitrate != minBitrate {
		t.Errorf("%+v, %v", c, err)
	}
	c.FrameRate, c.Bitrate = 1e9, math.MaxInt
	if err := check(&c); err != nil || c.FrameRate != maxRate || c.Bitrate != maxBitrate {
		t.Errorf("%+v, %v", c, err)
	}
	for _, size := range [][2]int{{1, 1}, {codec.MaxSide + 1, 16}, {8192, 8192}, {math.MaxInt, math.MaxInt}} {
		if err := check(&codec.VideoConfig{Width: size[0], Height: size[1]}); !errors.Is(err, ErrConfig) {
			t.Errorf("%v: %v", size, err)
		}
	}
}

func TestThreads(t *testing.T) {
	if n := Threads(1280, 720); n != 1 {
		t.Errorf("%d threads for 720p", n)
	}
	if n := Threads(3840, 2160); n < 1 || n > 4 {
		t.Errorf("%d threads for 2160p", n)
	}
}

// TestClock: time always grows, by steps near the nominal one, whatever the camera says.
func TestClock(t *testing.T) {
	const nominal = 40 * time.Millisecond
	var c clock
	start := time.Hour
	for i, step := range []struct{ captured, want time.Duration }{
		{start, 0},
		{start + nominal, nominal},
		{start + nominal, nominal / 4},             // the same time again
		{start + nominal + 2*nominal, 2 * nominal}, // a picture was missed
		{start - time.Minute, nominal / 4},         // backwards
		{start + 24*time.Hour, 4 * nominal},        // a pause
		{0, nominal},                               // no time
		{start, nominal},                           // after no time
	} {
		before := c.pts
		got, duration := c.next(step.captured, 25)
		if got-before != step.want || duration != nominal {
			t.Errorf("frame %d: step %v of %v, want %v", i, got-before, duration, step.want)
		}
	}
}
