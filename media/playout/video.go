package playout

import "time"

// Bounds of a picture's delay and the pace at which it changes.
const (
	inTime = 0.9 // of frames that shall have arrived when they are due: a late one is shown late, which costs less than delay
	// longest is the delay that jitter may cost; sound that comes later than the picture may add to it (MaxSkew).
	longest = 200 * time.Millisecond
	// repairedInTime is the share of frames that repairs may not make late. For that they may cost this many round trips
	// and this much beyond the jitter.
	repairedInTime = 0.96
	repairTrips    = 1.5
	repairMost     = 40 * time.Millisecond
	repairsPass    = 4 * time.Second // without any
	// stretch is how much slower, squeeze how much faster pictures follow each other while the delay changes.
	stretch, squeeze = 0.25, 0.10
	// jump: a transit time that changed by so much is a new clock, not jitter.
	jump = 2 * time.Second
)

// Video schedules the frames of one stream. Zero value is not ready: NewVideo. Not for concurrent use.
type Video struct {
	rate       int64 // Hz of timestamps
	clock      Unwrapper
	estimator  Estimator
	repairs    histogram     // how much later than the fastest repaired frames came; nothing for the others
	roundTrip  time.Duration // to who repairs
	repairedAt time.Duration // when a repaired frame came last
	known      bool
	last       int64 // timestamp of the newest frame, unwrapped
	transit    time.Duration
	delay      time.Duration // beyond the fastest frame's way, now
	extra      time.Duration // that lip sync wants beyond what jitter needs
}

// NewVideo for timestamps of a rate, Hz.
func NewVideo(rate int) *Video { return &Video{rate: int64(rate)} }

// Reset forgets the stream: another source, or a decoder that begins anew after a long pause.
func (v *Video) Reset() { *v = Video{rate: v.rate, extra: v.extra, roundTrip: v.roundTrip} }

// Frame takes a complete frame: when its last packet came, and its timestamp. counts false leaves it out of the jitter:
// one that waited for a retransmission says nothing about the network's, but how long repairs take. It returns when to
// show it.
func (v *Video) Frame(arrival time.Duration, timestamp uint32, counts bool) (due time.Duration) {
	at := v.clock.At(timestamp)
	media := Ticks(at, v.rate)
	transit := arrival - media
	if v.known && counts && (transit-v.transit > jump || v.transit-transit > jump) {
		v.Reset()
		at = v.clock.At(timestamp)
		media = Ticks(at, v.rate)
		transit = arrival - media
	}
	if counts || !v.known {
		v.estimator.Add(arrival, transit)
		v.transit = transit
	}
	if late := transit - v.estimator.Minimum(); !counts && late < jump {
		v.repairs.add(late, keepRepairs)
		v.repairedAt = arrival
	} else {
		v.repairs.add(0, keepRepairs)
	}
	if arrival-v.repairedAt > repairsPass {
		v.repairs = histogram{}
	}
	v.approach(at)
	// Never later than its delay after it came: a repaired frame of another clock would wait for as long as the clock jumped.
	return min(media+v.estimator.Minimum(), arrival) + v.delay
}

// approach moves the delay nearer to its target, as far as the time between two frames allows without a jerk.
func (v *Video) approach(at int64) {
	target := v.Target()
	if !v.known {
		v.known, v.last, v.delay = true, at, target
		return
	}
	passed := max(0, min(Ticks(at-v.last, v.rate), time.Second))
	v.last = max(v.last, at)
	up, down := time.Duration(stretch*float64(passed)), time.Duration(squeeze*float64(passed))
	v.delay += min(max(target-v.delay, -down), up)
}

// Target is the delay that is wanted now, beyond the fastest frame's way.
func (v *Video) Target() time.Duration { return v.own() + v.extra }

// own is the delay for what the network does: its jitter, and repairs where they are frequent.
func (v *Video) own() time.Duration {
	jitter := min(v.estimator.Quantile(inTime), longest)
	most := jitter + repairMost + time.Duration(repairTrips*float64(v.roundTrip))
	return max(jitter, min(v.repairs.quantile(repairedInTime), most))
}

// SetRoundTrip tells how long a request and what it brings take.
func (v *Video) SetRoundTrip(d time.Duration) { v.roundTrip = max(d, 0) }

// Least is the delay that the network alone needs.
func (v *Video) Least() time.Duration { return v.own() }

// Delay is what it is now.
func (v *Video) Delay() time.Duration { return v.delay }

// Ideal is when a frame with a timestamp would be shown if jitter alone counted; false before the first frame.
func (v *Video) Ideal(timestamp uint32) (time.Duration, bool) {
	if !v.known {
		return 0, false
	}
	return Ticks(v.clock.Near(timestamp), v.rate) + v.estimator.Minimum() + v.own(), true
}

// SetExtra delays pictures by so much beyond what jitter needs, so that sound keeps up. It is reached bit by bit.
func (v *Video) SetExtra(extra time.Duration) {
	v.extra = min(max(extra, 0), MaxSkew)
}
