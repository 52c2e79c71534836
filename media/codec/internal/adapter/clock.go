package adapter

import "time"

// clock turns the times at which pictures were taken into strictly growing times that rate control can rely on: a step
// lies between a quarter and four times the nominal one, so neither jitter nor a pause upsets it.
type clock struct {
	last, pts time.Duration
	running   bool
}

// next returns the time of a frame since the first one, and its nominal duration. Frames without a time (captured 0)
// follow each other at the nominal rate.
func (c *clock) next(captured time.Duration, frameRate float64) (pts, duration time.Duration) {
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

// Ticks of the 90 kHz clock that a picture begins at and lasts.
func Ticks(at, duration time.Duration) (pts, length int64) {
	ticks := func(d time.Duration) int64 { return int64(d) * 9 / 100_000 }
	return ticks(at), ticks(at+duration) - ticks(at)
}
