package peer

import "time"

const (
	overrunWindow = 200 * time.Millisecond // half of what is looked at
	overrunOld    = time.Second            // older feedback counts no more; where both ways are full, much of it gets lost, too
	overrunLeast  = 16                     // packets that say something
	// overrunSilent is how long there may be no feedback at all before less is sent.
	overrunSilent      = 500 * time.Millisecond
	overrunSilentShare = 0.2 // of the estimate
	// overrunLost is the share that must be lost while a queue stands; before anything is known of the way's length, more.
	overrunLost      = 0.4
	overrunLostFirst = 0.55
	overrunQueue     = 60 * time.Millisecond
	overrunFirst     = 3 * time.Second
	// overrunTold is for how long after an answer receiver reports tell of what was before it.
	overrunTold = 1500 * time.Millisecond
	// overrunPause is likewise for arrivals.
	overrunPause = 700 * time.Millisecond
)

// overrun notices at once when far more is sent than the way carries: a queue has filled, what does not fit in is lost, and since a
// full queue does not grow any more the trend of the delays says nothing. Receiver reports tell it a second later. The zero
// value has seen nothing.
type overrun struct {
	first, since time.Duration // of the first feedback, and of the present window
	pause        time.Duration // until then feedback tells of what has been answered
	now, before  arrivalCount
}

// arrivalCount is what one feedback, or several, tell of some packets. Between two feedbacks there may be others that got lost: only
// what each tells of itself counts.
type arrivalCount struct {
	arrived, lost int
	bytes         int           // of those that arrived, but the first of each feedback
	took          time.Duration // from the first to the last of each
	from          time.Duration // arrival of the first one of one feedback
}

// arrives notes a packet of size bytes; at is a time of the peer's clock.
func (c *arrivalCount) arrives(at time.Duration, size int) {
	c.arrived++
	if c.arrived == 1 {
		c.from = at
		return
	}
	c.bytes += size
	c.took = max(c.took, at-c.from)
}

func (c *arrivalCount) add(d arrivalCount) {
	c.arrived, c.lost = c.arrived+d.arrived, c.lost+d.lost
	c.bytes, c.took = c.bytes+d.bytes, c.took+d.took
}

// rate at which they arrived, bit/s; 0 when it cannot be told.
func (c *arrivalCount) rate() float64 {
	if c.took < overrunWindow/4 {
		return 0
	}
	return float64(c.bytes) * 8 / c.took.Seconds()
}

// add what a feedback tells. now is on the media clock.
func (o *overrun) add(now time.Duration, c arrivalCount) {
	if o.first == 0 {
		o.first, o.since = max(now, 1), now
	}
	if now < o.pause {
		o.forget(now)
		return
	}
	switch age := now - o.since; {
	case age > overrunOld, age > overrunWindow && o.now.lost == 0:
		o.forget(now)
	case age > overrunWindow:
		o.before, o.now, o.since = o.now, arrivalCount{}, now
	}
	o.now.add(c)
}

func (o *overrun) forget(now time.Duration) {
	o.before, o.now, o.since = arrivalCount{}, arrivalCount{}, now
}

// seen tells whether it is so, given how long the queue is, and how much comes through, bit/s. What is lost for a
// while after that has been answered.
func (o *overrun) seen(now, queue time.Duration) (carried float64, is bool) {
	all := o.before
	all.add(o.now)
	packets := all.lost + all.arrived
	share := float64(all.lost) / float64(max(packets, 1))
	if packets < overrunLeast || share < overrunLost || o.now.lost == 0 {
		return 0, false
	}
	if queue < overrunQueue && (share < overrunLostFirst || now-o.first > overrunFirst) {
		return 0, false
	}
	if carried = all.rate(); carried == 0 {
		return 0, false
	}
	o.forget(now)
	o.pause = now + overrunPause
	return carried, true
}
