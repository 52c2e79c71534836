package playout

import "time"

// Buckets of a histogram.
const (
	step  = 5 * time.Millisecond // a bucket's width
	steps = 100
	// What those before count for after a sample. A queue that stood before a bottleneck must not be waited for long after it
	// has gone; repairs are rarer than arrivals, and each tells more.
	keepJitter  = 0.99
	keepRepairs = 0.995
)

// histogram of times from zero to half a second, in which old samples count less and less. Zero value is ready.
type histogram struct {
	buckets [steps]float32
	total   float32
}

// add a sample; those before count for keep of what they did.
func (h *histogram) add(d time.Duration, keep float32) {
	for i := range h.buckets {
		h.buckets[i] *= keep
	}
	h.buckets[min(steps-1, int(max(d, 0)/step))]++
	h.total = h.total*keep + 1
}

// quantile is the upper end of the bucket that a share of the samples, 0 to 1, does not exceed.
func (h *histogram) quantile(share float32) time.Duration {
	sum := float32(0)
	for i, weight := range h.buckets {
		if sum += weight; sum >= share*h.total {
			return time.Duration(i+1) * step
		}
	}
	return steps * step
}
