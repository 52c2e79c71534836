package link

import "time"

// Conditions of one direction. The zero value carries everything at once.
type Conditions struct {
	Loss float64 // share of packets lost, 0 to 1
	// Burst is the mean number of packets lost in a row; up to 1 each packet is lost by itself (Bernoulli), above it by
	// the two states of a Gilbert model with the same share.
	Burst float64
	Delay time.Duration // one way
	// Jitter moves each packet's delay evenly by up to this much either way. Order is kept, as routers' queues do.
	Jitter time.Duration
	// Rate is the bottleneck's, bit/s; 0 is none. Before it stands a queue of Queue (200 ms when 0) that drops its tail.
	Rate  int
	Queue time.Duration
	// Reorder is the share of packets that are held back by ReorderBy, letting later ones pass.
	Reorder   float64
	ReorderBy time.Duration
	// Down carries nothing at all.
	Down bool
}

const defaultQueue = 200 * time.Millisecond

func (c Conditions) queue() time.Duration {
	if c.Queue == 0 {
		return defaultQueue
	}
	return c.Queue
}
