package audio

import (
	"sync"
	"time"
)

// frameTime is the duration of one frame.
const frameTime = 10 * time.Millisecond

// clockLag is how far a clock may fall behind (a suspended machine) before it gives up catching up.
const clockLag = 200 * time.Millisecond

// clock pulls a frame every 10 ms, without drift: the null output.
type clock struct {
	stop, done chan struct{}
	once       sync.Once
}

func newClock(transfer func([]int16)) *clock {
	c := &clock{stop: make(chan struct{}), done: make(chan struct{})}
	go c.run(transfer)
	return c
}

func (c *clock) run(transfer func([]int16)) {
	defer close(c.done)
	pcm := make([]int16, stereoFrame)
	timer := time.NewTimer(0)
	defer timer.Stop()
	next := time.Now()
	for {
		select {
		case <-c.stop:
			return
		case <-timer.C:
		}
		transfer(pcm)
		next = next.Add(frameTime)
		wait := time.Until(next)
		if wait < -clockLag {
			next, wait = time.Now(), 0
		}
		timer.Reset(wait)
	}
}

// Close waits until transfer will not be called again.
func (c *clock) Close() {
	c.once.Do(func() { close(c.stop) })
	<-c.done
}
