package link

import (
	"math/rand/v2"
	"time"
)

// shaper decides what happens to each packet of one direction. It knows no clock and no packet: only times since some
// start, and sizes.
type shaper struct {
	conditions Conditions
	random     *rand.Rand

	losing bool          // the Gilbert model's bad state
	busy   time.Duration // until when the bottleneck sends
	last   time.Duration // when the newest packet in order arrives
}

func newShaper(seed uint64) *shaper { return &shaper{random: rand.New(rand.NewPCG(seed, seed))} }

// pass tells when a packet of size bytes that came at now arrives, or that it does not.
func (s *shaper) pass(now time.Duration, size int) (arrives time.Duration, ok bool) {
	c := s.conditions
	if c.Down || s.lost() {
		return 0, false
	}
	sent := now
	if c.Rate > 0 {
		if s.busy < now {
			s.busy = now
		}
		if s.busy-now > c.queue() {
			return 0, false
		}
		s.busy += time.Duration(int64(size) * 8 * int64(time.Second) / int64(c.Rate))
		sent = s.busy
	}
	arrives = sent + c.Delay
	if c.Jitter > 0 {
		arrives += time.Duration((s.random.Float64()*2 - 1) * float64(c.Jitter))
	}
	arrives = max(arrives, now)
	if c.Reorder > 0 && s.random.Float64() < c.Reorder {
		return arrives + c.ReorderBy, true
	}
	arrives = max(arrives, s.last)
	s.last = arrives
	return arrives, true
}

func (s *shaper) lost() bool {
	c := s.conditions
	switch {
	case c.Loss <= 0:
		return false
	case c.Burst <= 1:
		return s.random.Float64() < c.Loss
	case c.Loss >= 1:
		return true
	}
	// Leaving the bad state with 1/Burst makes runs of that mean length; entering it this often makes the share.
	leave := 1 / c.Burst
	enter := leave * c.Loss / (1 - c.Loss)
	if s.losing {
		s.losing = s.random.Float64() >= leave
	} else {
		s.losing = s.random.Float64() < enter
	}
	return s.losing
}
