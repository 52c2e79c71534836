package incoming

import "time"

// Constants of the trend line and of the detector behind it.
const (
	window     = 20   // groups
	smoothing  = 0.9  // of the accumulated delay
	gain       = 4.0  // of the slope
	mostDeltas = 60   // that make a slope count more
	thresholdA = 12.5 // ms, at the beginning
	thresholdL = 6.0
	thresholdH = 600.0
	// The threshold follows what is usual here: slowly up, so that it does not get used to a queue, faster down.
	adaptUp, adaptDown = 0.0087, 0.039 // a millisecond
	outlier            = 15.0          // ms beyond the threshold: not learnt from
	overuseFor         = 10.0          // ms
)

// usage is what the trend of delays says.
type usage int

const (
	normal usage = iota
	overuse
	underuse
)

// trend fits a line through the smoothed delays of the last groups: a rising one means that a queue grows.
type trend struct {
	began       time.Duration
	accumulated float64 // ms
	smoothed    float64
	x, y        [window]float64 // ms since began, ms; rings
	n           int
	before      float64 // slope
	threshold   float64
	thresholdAt time.Duration
	overFor     float64
	overs       int
	state       usage
}

func (t *trend) usage() usage { return t.state }

// add takes the comparison of two groups.
func (t *trend) add(d delta) {
	if t.n == 0 {
		t.began, t.threshold = d.arrival, thresholdA
	}
	t.accumulated += milliseconds(d.variation)
	t.smoothed = smoothing*t.smoothed + (1-smoothing)*t.accumulated
	t.x[t.n%window], t.y[t.n%window] = milliseconds(d.arrival-t.began), t.smoothed
	t.n++
	slope := t.before
	if t.n >= window {
		slope = t.slope()
	}
	t.detect(slope, d)
	t.before = slope
}

// slope is the least squares line's, ms a ms.
func (t *trend) slope() float64 {
	var mx, my float64
	for i := range window {
		mx += t.x[i]
		my += t.y[i]
	}
	mx, my = mx/window, my/window
	var up, down float64
	for i := range window {
		up += (t.x[i] - mx) * (t.y[i] - my)
		down += (t.x[i] - mx) * (t.x[i] - mx)
	}
	if down == 0 {
		return t.before
	}
	return up / down
}

func (t *trend) detect(slope float64, d delta) {
	value := slope * gain * float64(min(t.n, mostDeltas))
	switch {
	case t.n < window:
		t.state = normal
	case value > t.threshold:
		if t.overs == 0 {
			t.overFor = milliseconds(d.sent) / 2
		} else {
			t.overFor += milliseconds(d.sent)
		}
		t.overs++
		if t.overFor > overuseFor && t.overs > 1 && slope >= t.before {
			t.overFor, t.overs, t.state = 0, 0, overuse
		}
	case value < -t.threshold:
		t.overFor, t.overs, t.state = 0, 0, underuse
	default:
		t.overFor, t.overs, t.state = 0, 0, normal
	}
	t.adapt(value, d.arrival)
}

func (t *trend) adapt(value float64, now time.Duration) {
	elapsed := min(milliseconds(now-t.thresholdAt), 100)
	t.thresholdAt = now
	size := max(value, -value)
	if size > t.threshold+outlier {
		return
	}
	k := adaptUp
	if size < t.threshold {
		k = adaptDown
	}
	t.threshold += k * (size - t.threshold) * elapsed
	t.threshold = min(max(t.threshold, thresholdL), thresholdH)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
