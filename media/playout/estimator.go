// Package playout decides when what was received is heard and seen: how much delay the network's jitter needs, when a
// picture is due, and how sound and picture are kept together. It knows neither codecs nor devices, and no clock but the
// times it is given.
package playout

import "time"

// Parameters of the estimate.
const (
	minWindow  = 3 * time.Second // over which the fastest arrival is the reference
	minBuckets = 6
)

// Estimator learns from arrivals how long packets or frames take relative to the fastest of the last seconds, and what
// delay lets nearly all of them arrive before they are due. Its transit times are arrival minus media time, so they also
// hold an unknown constant and the drift between two clocks; only differences matter, and the window follows the drift.
// Zero value is ready; not for concurrent use.
type Estimator struct {
	late histogram // how much longer than the fastest

	fastest [minBuckets]time.Duration
	filled  [minBuckets]bool
	bucket  int64 // number of the present bucket
	minimum time.Duration
}

// Reset forgets everything.
func (e *Estimator) Reset() { *e = Estimator{} }

// Add a transit time; it returns how much longer it was than the fastest.
func (e *Estimator) Add(arrival, transit time.Duration) time.Duration {
	const span = minWindow / minBuckets
	bucket := int64(max(arrival, 0) / span)
	if first := e.late.total == 0; first || bucket > e.bucket+minBuckets {
		// The first one, or the first after a long pause.
		e.filled = [minBuckets]bool{}
		e.bucket = bucket
		if first {
			// Until it knows better, it believes in 20 to 25 ms of jitter.
			e.late.buckets[4], e.late.total = 10, 10
		}
	}
	for e.bucket < bucket {
		e.bucket++
		e.filled[e.bucket%minBuckets] = false
	}
	if i := e.bucket % minBuckets; !e.filled[i] || transit < e.fastest[i] {
		e.fastest[i], e.filled[i] = transit, true
	}
	e.minimum = transit
	for i, t := range e.fastest {
		if e.filled[i] {
			e.minimum = min(e.minimum, t)
		}
	}
	relative := transit - e.minimum
	e.late.add(relative, keepJitter)
	return relative
}

// Minimum is the transit time of the fastest.
func (e *Estimator) Minimum() time.Duration { return e.minimum }

// Quantile is the delay beyond the fastest that a share of arrivals, 0 to 1, would have met.
func (e *Estimator) Quantile(share float32) time.Duration { return e.late.quantile(share) }
