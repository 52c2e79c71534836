package audio

import "time"

// Parameters of the delay estimate.
const (
	delayStep     = 5 * time.Millisecond // width of a histogram bucket
	delaySteps    = 100
	delayQuantile = 0.97 // of packets that shall arrive in time
	delayForget   = 0.995
	minWindow     = 3 * time.Second // over which the fastest packet is the reference
	minBuckets    = 6
	// readGrain is what the playback clock's own steps cost.
	readGrain = frameTime
)

// delayEstimator learns from arrivals how long packets take relative to the fastest of the last seconds, and what delay
// lets nearly all of them arrive before they are due. Its transit times are arrival minus media time, so they also hold
// an unknown constant and the drift between two clocks; only differences matter, and the window follows the drift.
type delayEstimator struct {
	histogram [delaySteps]float32
	total     float32

	fastest [minBuckets]time.Duration
	filled  [minBuckets]bool
	bucket  int64 // number of the present bucket
	minimum time.Duration
}

func (d *delayEstimator) reset() { *d = delayEstimator{} }

// add a packet's transit time and returns its delay relative to the fastest.
func (d *delayEstimator) add(arrival, transit time.Duration) time.Duration {
	const span = minWindow / minBuckets
	bucket := int64(arrival / span)
	if first := d.total == 0; first || bucket > d.bucket+minBuckets {
		// The first packet, or the first after a long pause.
		d.filled = [minBuckets]bool{}
		d.bucket = bucket
		if first {
			// Until it knows better, it believes in 20 to 25 ms of jitter.
			d.histogram[4], d.total = 10, 10
		}
	}
	for d.bucket < bucket {
		d.bucket++
		d.filled[d.bucket%minBuckets] = false
	}
	if i := d.bucket % minBuckets; !d.filled[i] || transit < d.fastest[i] {
		d.fastest[i], d.filled[i] = transit, true
	}
	d.minimum = transit
	for i, t := range d.fastest {
		if d.filled[i] {
			d.minimum = min(d.minimum, t)
		}
	}

	relative := transit - d.minimum
	for i := range d.histogram {
		d.histogram[i] *= delayForget
	}
	d.histogram[min(delaySteps-1, int(relative/delayStep))]++
	d.total = d.total*delayForget + 1
	return relative
}

// target is the delay that delayQuantile of packets would have met.
func (d *delayEstimator) target() time.Duration {
	sum := float32(0)
	for i, weight := range d.histogram {
		if sum += weight; sum >= delayQuantile*d.total {
			return time.Duration(i+1)*delayStep + readGrain
		}
	}
	return delaySteps*delayStep + readGrain
}
