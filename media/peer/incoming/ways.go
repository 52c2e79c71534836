package incoming

import "time"

const (
	// floorTime is how long the shortest way is remembered, once or twice: two clocks drift by a millisecond in it.
	floorTime = 15 * time.Second
	wayLearn  = 1.0 / 8 // share of a new packet
	// drains: so many attempts to empty a queue that hardly shortened it mean that it is none: the way has become longer.
	drains   = 4
	hardly   = 0.8
	restless = 3 * time.Second // between attempts: they are none of a row
)

// ways follows how much longer packets are on their way than at best lately. Zero value is ready.
type ways struct {
	known   bool
	now     time.Duration
	mean    time.Duration    // of the last packets; with an unknown constant, as clocks differ
	floors  [2]time.Duration // the shortest of this and of the last floorTime
	floorAt time.Duration
	tries   int
	tryAt   time.Duration
	before  time.Duration // queue at the first try
}

// add a packet that took so long, plus the constant.
func (w *ways) add(arrival, took time.Duration) {
	if !w.known {
		*w = ways{known: true, mean: took, floors: [2]time.Duration{took, took}, floorAt: arrival}
	}
	w.now = arrival
	w.mean += time.Duration(float64(took-w.mean) * wayLearn)
	if arrival-w.floorAt > floorTime {
		w.floors[1], w.floors[0], w.floorAt = w.floors[0], took, arrival
	}
	w.floors[0] = min(w.floors[0], took)
}

// queue is how much longer the way takes now than at best lately.
func (w *ways) queue() time.Duration { return w.mean - min(w.floors[0], w.floors[1]) }

// drained notes that less is sent from now on, to empty the queue.
func (w *ways) drained() {
	if w.tries == 0 || w.now-w.tryAt > restless || w.queue() < time.Duration(hardly*float64(w.before)) {
		w.tries, w.before = 0, w.queue()
	}
	w.tries++
	w.tryAt = w.now
	if w.tries > drains {
		w.floors = [2]time.Duration{w.mean, w.mean}
		w.tries = 0
	}
}
