package incoming

import "time"

const (
	// floorTime is how long the shortest way is remembered, once or twice: two clocks drift by a millisecond in it.
	floorTime = 15 * time.Second
	// standTime is how long a queue must last to be one that stands: one large picture makes a queue that goes by itself.
	standTime = 250 * time.Millisecond
	// drains: so many attempts to empty a queue that hardly shortened it mean that it is none: the way has become longer.
	drains   = 4
	hardly   = 0.8
	restless = 3 * time.Second // between attempts: they are none of a row
)

// ways follows how much longer packets are on their way than at best lately. Zero value is ready.
type ways struct {
	known bool
	now   time.Duration // arrival of the last packet
	took  time.Duration // on its way, with an unknown constant
	// The shortest way in this and in the last standTime, and floorTime, with an unknown constant, as clocks differ.
	recent, floors    [2]time.Duration
	recentAt, floorAt time.Duration
	tries             int
	tryAt             time.Duration
	before            time.Duration // queue at the first try
}

// add a packet that took so long, plus the constant.
func (w *ways) add(arrival, took time.Duration) {
	if !w.known {
		both := [2]time.Duration{took, took}
		*w = ways{known: true, recent: both, recentAt: arrival, floors: both, floorAt: arrival}
	}
	w.now, w.took = arrival, took
	if arrival-w.recentAt > standTime {
		w.recent[1], w.recent[0], w.recentAt = w.recent[0], took, arrival
	}
	w.recent[0] = min(w.recent[0], took)
	if arrival-w.floorAt > floorTime {
		w.floors[1], w.floors[0], w.floorAt = w.floors[0], took, arrival
	}
	w.floors[0] = min(w.floors[0], took)
}

// queue is how much longer the way takes at best now than at best lately.
func (w *ways) queue() time.Duration {
	return min(w.recent[0], w.recent[1]) - min(w.floors[0], w.floors[1])
}

// longer is likewise, of the packet that came last.
func (w *ways) longer() time.Duration { return w.took - min(w.floors[0], w.floors[1]) }

// drained notes that less is sent from now on, to empty the queue.
func (w *ways) drained() {
	if w.tries == 0 || w.now-w.tryAt > restless || w.queue() < time.Duration(hardly*float64(w.before)) {
		w.tries, w.before = 0, w.queue()
	}
	w.tries++
	w.tryAt = w.now
	if w.tries > drains {
		w.floors = w.recent
		w.tries = 0
	}
}
