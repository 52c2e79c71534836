// Package incoming judges from the arrival of packets how much the way towards us can carry: the receiving side of Google
// congestion control (draft-ietf-rmcat-gcc-02, with the trend line in place of the Kalman filter). It knows neither RTP
// nor clocks: arrival and send times are passed in, so it is tested with made-up ones.
package incoming

import (
	"time"
)

// Bounds of the estimate and the pace at which it moves.
const (
	Initial = 1_000_000  // bit/s, believed in until something is known
	minimum = 50_000     // bit/s
	maximum = 20_000_000 // bit/s

	growth       = 0.08             // a second, while nothing speaks against it
	regrowth     = 0.5              // a second, far below what came through lately
	far          = 0.6              // of it
	steepest     = 0.5              // of the rate is left by one step down: a stalled thread looks like a way without room
	shrink       = 0.85             // of what came through when a queue grew
	additive     = 40_000           // bit/s a second, near the rate at which a queue grew last
	near         = 1.15             // of that rate
	wider        = 1.5              // of that rate: it has become wider
	nearFor      = 60 * time.Second // so long it is remembered
	decreasePace = 300 * time.Millisecond
	// A queue that stands though it does not grow any more is emptied.
	longQueue = 60 * time.Millisecond
	drain     = 0.6 // of what comes through
	drainPace = time.Second
	// capacityFor is how long what came through a full queue counts as what the way carries: less is sent then, so less comes.
	capacityFor = 3 * time.Second
	calm        = 5 * time.Second // without a queue: what comes through is what the way carries at least
	tickPace    = 50 * time.Millisecond
	// headroom is how far the estimate may grow beyond what arrives: more was never tried.
	headroom     = 1.5
	headroomBase = 10_000 // bit/s
	// limited: less than this share of the estimate arrives, so the sender has nothing more to send.
	limited = 0.5
	// silence is after how long a pause the delays before it say nothing any more.
	silence = 2 * time.Second
	// warm is how long packets must have come before there is an estimate.
	warm = time.Second
)

// Estimator of one transport. Not for concurrent use; it allocates nothing.
type Estimator struct {
	groups  groups
	trend   trend
	ways    ways
	arrived Throughput
	peak    peaks

	rate        float64 // bit/s
	began, last time.Duration
	running     bool
	grew        time.Duration // when the rate grew last
	shrunk      time.Duration
	drainedAt   time.Duration
	offered     float64 // bit/s that the sender sends, where that is known
	congested   float64 // bit/s that came through when a queue grew last
	lastClock   clockKey
	clockAt     time.Duration
}

// clockKey names the clock of send times. Times of different clocks cannot be compared.
type clockKey uint64

// New makes an estimator that believes in Initial.
func New() *Estimator { return &Estimator{rate: Initial} }

// AbsoluteClock is the clock of the abs-send-time extension, one for all sources of a transport.
const AbsoluteClock uint32 = 0

// Add a packet of size bytes (all of it, headers included) that arrived at a moment of a monotonic clock. sent is its send
// time on clock: AbsoluteClock, or a source's SSRC when its timestamps stand in for send times. known false: the packet
// has no send time and counts for the throughput only.
func (e *Estimator) Add(arrival, sent time.Duration, clock uint32, known bool, size int) {
	if !e.running || arrival-e.last > silence {
		e.restart(arrival)
	}
	e.last = arrival
	e.arrived.Add(arrival, size)
	if known && e.choose(clock, arrival) {
		e.ways.add(arrival, arrival-sent)
		if d, ok := e.groups.add(arrival, sent); ok {
			e.trend.add(d)
		}
	}
	if arrival-e.grew >= tickPace {
		e.update(arrival)
	}
}

// restart after the start, or after nothing came for long: the rate stays, the delays are forgotten.
func (e *Estimator) restart(now time.Duration) {
	if !e.running {
		e.began = now
	}
	e.running, e.grew = true, now
	e.groups, e.trend, e.ways, e.arrived = groups{}, trend{}, ways{}, Throughput{}
}

// choose tells whether a packet's clock is the one that is followed: the absolute one where there is one, else that of
// the source that was there first, until it falls silent.
func (e *Estimator) choose(clock uint32, now time.Duration) bool {
	key := clockKey(clock)
	if clock != AbsoluteClock {
		key |= 1 << 32
	}
	const none = clockKey(0)
	switch {
	case key == e.lastClock && e.clockAt != 0:
	case e.clockAt == 0, key == none, e.lastClock != none && now-e.clockAt > silence:
		e.lastClock = key
		e.groups, e.trend, e.ways = groups{}, trend{}, ways{}
	default:
		return false
	}
	e.clockAt = max(now, 1)
	return true
}

// update moves the rate.
func (e *Estimator) update(now time.Duration) {
	through := e.arrived.Rate(now)
	e.peak.add(now, through)
	elapsed := min(now-e.grew, time.Second).Seconds()
	e.grew = now
	usage, standing := e.trend.usage(), e.ways.queue() > longQueue
	switch {
	case standing && now-e.drainedAt >= drainPace: // first: as long as a queue stands it may well grow again and again
		e.ways.drained()
		e.drainedAt = now
		carried := max(through, e.arrived.Short(now))
		if now-e.shrunk < capacityFor {
			carried = max(carried, e.congested)
		}
		e.decrease(now, carried, drain)
	case usage == overuse && now-e.shrunk >= decreasePace:
		e.decrease(now, max(through, e.arrived.Short(now)), shrink)
	case usage == normal && !standing:
		e.increase(now, elapsed, through)
	}
	// Else the queue drains, and what arrives is more than what may be sent.
}

// decrease to a share of what comes through: a queue grows somewhere, or does not drain.
func (e *Estimator) decrease(now time.Duration, through, share float64) {
	e.congested, e.shrunk = through, now
	to := share * through
	if max(e.peak.recent(now), e.offered) < limited*e.rate {
		// Little was sent all along, so this is little evidence: a step at a time.
		to = max(to, shrink*e.rate)
	}
	to = max(to, steepest*e.rate)
	if to < e.rate {
		e.rate = max(minimum, to)
	}
}

func (e *Estimator) increase(now time.Duration, elapsed, through float64) {
	if now-e.shrunk > calm {
		e.rate = max(e.rate, min(shrink*through, maximum)) // the sender knows better
	}
	// What came through lately without a queue is possible even if less is sent now.
	ceiling := min(maximum, max(headroom*through+headroomBase, e.peak.proven(now, e.shrunk)))
	if e.rate >= ceiling {
		return
	}
	rate := e.rate * (1 + growth*elapsed)
	if e.rate < far*e.peak.best(now, int64(len(e.peak.seconds))) {
		rate = e.rate * (1 + regrowth*elapsed)
	}
	if e.congested > 0 && now-e.shrunk < nearFor && e.rate < near*e.congested && e.rate > e.congested/near {
		rate = e.rate + additive*elapsed
	}
	e.rate = min(rate, ceiling)
}

// Offered tells what the sender sends, bit/s. Where it is not told, what comes through stands for it, and a way that loses
// most of what is sent looks like one on which little is sent.
func (e *Estimator) Offered(bitrate float64) { e.offered = bitrate }

// Queue is how much longer the way takes now than at best lately.
func (e *Estimator) Queue() time.Duration { return e.ways.longer() }

// Overrun tells that far more is sent than comes through, and how much that is, bit/s: it is what the way carries, and its queue
// must be emptied.
func (e *Estimator) Overrun(carried float64) {
	e.congested, e.shrunk, e.drainedAt = carried, e.last, e.last
	e.rate = max(minimum, min(e.rate, drain*carried))
}

// Through is what came in the last second, bit/s.
func (e *Estimator) Through() float64 { return e.arrived.Rate(e.last) }

// Congested tells whether a queue grew lately, near the rate there is now: the way is hardly wider.
func (e *Estimator) Congested() bool {
	return e.congested > 0 && e.last-e.shrunk < nearFor && e.rate < wider*e.congested
}

// Rate is the estimate, bit/s; false while too little has come to know anything.
func (e *Estimator) Rate() (bitrate float64, ok bool) {
	return e.rate, e.running && e.last-e.began >= warm
}
