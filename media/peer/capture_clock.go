package peer

import (
	"time"

	"parley/media/video"
)

const (
	// frameOfSource is what a source of sound delivers at once: its first sample is that old then.
	frameOfSource = 10 * time.Millisecond
	// captureStep: a delivery that is so much off is no scheduling delay; the source left something out, or stood still.
	captureStep = 200 * time.Millisecond
	// captureFollow is the part of a delay that is believed with each packet. Sources are late now and then, never early,
	// so what comes early counts at once; their clocks differ from ours by less than this follows.
	captureFollow = 250
)

// captureClock tells when sound was captured, more evenly than it is delivered.
type captureClock struct {
	known     bool
	timestamp uint32
	moment    time.Duration // media clock
}

// at is when a packet's first sample was captured, by the time at which it seems to have been; anew begins afresh.
func (c *captureClock) at(seems time.Time, timestamp uint32, clock uint32, anew bool) time.Duration {
	now := video.Now() - time.Since(seems)
	expected := c.moment + time.Duration(int64(int32(timestamp-c.timestamp))*int64(time.Second)/int64(clock))
	late := now - expected
	if c.known && !anew && late > 0 && late < captureStep {
		now = expected + late/captureFollow
	}
	c.known, c.timestamp, c.moment = true, timestamp, now
	return now
}
