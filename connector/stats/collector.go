// Package stats collects the statistics of the active peer connection (spec connector 8).
package stats

import (
	"context"
	"errors"
	"time"

	"parley/connector/loop"
	"parley/connector/rtc"
)

// Interval between two collections.
const Interval = time.Second

// collectTimeout bounds one collection: a peer connection that does not answer must not end statistics.
const collectTimeout = 10 * time.Second

// errNoPeer means that there is nothing to collect from, which may change.
var errNoPeer = errors.New("failed to collect statistics: peerConnection is not defined")

// NextInterval is the time to the next collection after one that took so long: what is slow is asked less often.
func NextInterval(took time.Duration) time.Duration {
	switch {
	case took > 48*time.Millisecond:
		return 4 * Interval
	case took > 32*time.Millisecond:
		return 3 * Interval
	case took > 16*time.Millisecond:
		return 2 * Interval
	}
	return Interval
}

// Collector collects periodically. Its methods are called on the loop.
type Collector struct {
	Loop      *loop.Loop
	First     time.Duration // before the first collection, Interval when 0
	Collected func(rtc.Stats)
	Failed    func(error)

	run *run
}

type run struct {
	source func() rtc.PeerConnection
	timer  *loop.Timer
}

// Start collects from source periodically until Stop. Source may answer nil: nothing can be collected then.
func (c *Collector) Start(source func() rtc.PeerConnection) {
	c.Stop()
	r := &run{source: source}
	c.run = r
	first := c.First
	if first == 0 {
		first = Interval
	}
	r.timer = c.Loop.After(first, func() { c.collect(r) })
}

// Running tells whether it collects.
func (c *Collector) Running() bool { return c.run != nil }

// Stop ends collecting. False: it did not run.
func (c *Collector) Stop() bool {
	if c.run == nil {
		return false
	}
	c.run.timer.Stop()
	c.run = nil
	return true
}

func (c *Collector) fail(err error) {
	if c.Failed != nil {
		c.Failed(err)
	}
}

func (c *Collector) collect(r *run) {
	peer := r.source()
	if peer == nil {
		c.fail(errNoPeer)
		r.timer = c.Loop.After(Interval, func() { c.collect(r) })
		return
	}
	c.Loop.Go(func(ctx context.Context) func() {
		ctx, cancel := context.WithTimeout(ctx, collectTimeout)
		defer cancel()
		begin := time.Now()
		result, err := peer.Stats(ctx)
		took := time.Since(begin)
		return func() {
			if c.run != r {
				return
			}
			r.timer = c.Loop.After(NextInterval(took), func() { c.collect(r) })
			if err != nil {
				c.fail(err)
				return // the next tick goes on
			}
			c.Collected(result)
		}
	})
}
