package peer

import (
	"slices"
	"time"
)

// Bounds of the reorder buffer.
const (
	reorderSize   = 2048                  // packets; a power of two
	nackRetries   = 24                    // times a packet is asked for
	nackMinWait   = 5 * time.Millisecond  // between two requests for the same packet
	nackFirstWait = 15 * time.Millisecond // and a round trip, while nobody has answered
	nackMaxWait   = 500 * time.Millisecond
	// A far peer is asked twice in a row: waiting for another round trip costs more than the second copy, as long as few
	// packets are missing.
	nackFar       = 40 * time.Millisecond
	nackTwin      = 10 * time.Millisecond
	nackTwins     = 24
	waitMin       = 120 * time.Millisecond
	waitMax       = time.Second
	waitAnswered  = 250 * time.Millisecond // at least, where requests are answered: a key frame would take longer, and be lost as easily
	waitReordered = 60 * time.Millisecond  // for packets that nobody can be asked for: they may still come out of order
	backlogLimit  = 700 * time.Millisecond // of packets that wait for a slow decoder: the rest is skipped
	maxNACKNumber = 256                    // sequence numbers in one request
	mostHole      = maxNACKNumber          // a greater one is not asked for
	nearestFades  = 1024                   // calls of setRoundTrip
	maxLate       = 64                     // late packets in a row that are late; more mean that the peer began anew
)

// reorder puts the packets of one video source in order, asks for missing ones, and cuts the stream into frames. It keeps
// a ring by sequence number. Not for concurrent use.
type reorder struct {
	ring     [reorderSize]*packet
	missing  map[int64]*missingPacket
	free     []*missingPacket
	started  bool
	next     int64 // first packet of the frame to come
	highest  int64
	rtt      time.Duration // from receiver reports
	nearest  time.Duration // the least of the last half minute or so; 0: not known
	answer   answerTime
	broken   bool // packets were given up: frames are useless until a key frame
	losses   uint64
	request  []uint16
	late     int           // packets in a row that came too late
	noRepair bool          // the peer did not agree to be asked
	slack    time.Duration // that complete frames wait on purpose
}

// missingPacket is a hole.
type missingPacket struct {
	since time.Duration
	first time.Duration // asked for
	asked time.Duration // last
	times int
}

func newReorder() *reorder {
	return &reorder{missing: map[int64]*missingPacket{}, rtt: 50 * time.Millisecond, broken: true}
}

// wait is how long a hole may delay the picture: time for three requests or four, for more where they are answered.
func (r *reorder) wait() time.Duration {
	if r.noRepair {
		return waitReordered
	}
	if r.answer.known() {
		return min(max(6*r.again()+60*time.Millisecond, waitAnswered), waitMax)
	}
	return min(max(4*r.again()+60*time.Millisecond, waitMin), waitMax)
}

// again is how long an answer may take before it counts as lost, or the request.
func (r *reorder) again() time.Duration {
	if !r.answer.known() {
		return min(r.rtt+r.rtt/4+nackFirstWait, nackMaxWait)
	}
	return min(max(r.answer.nearlyAll(), r.answer.mean+nackMinWait/2, nackMinWait), nackMaxWait)
}

// answered learns from a packet that came so long after the first request and after the last one for it. Which of them it
// answers is not told: the last, unless that was too short a time. Requests to a near peer are farther apart than it is: there it is
// the last always, for taking answers to requests that got lost for slow ones would have us ask less and less often.
func (r *reorder) answered(times int, first, last time.Duration) {
	took := last
	switch {
	case times == 2 && r.twins(), !r.answer.known() && !r.near():
		took = first
	case took < r.answer.mean/2 && !r.near():
		took = first
	}
	r.answer.learn(took)
}

// near tells whether an answer takes less time than lies between two requests.
func (r *reorder) near() bool { return r.nearest > 0 && r.nearest < nackMinWait }

// setRoundTrip takes what reports say of it; 0 when they say nothing.
func (r *reorder) setRoundTrip(rtt time.Duration) {
	if rtt <= 0 {
		return
	}
	r.rtt = rtt
	if r.nearest == 0 || rtt < r.nearest {
		r.nearest = rtt
	}
	r.nearest += (rtt - r.nearest) / nearestFades
}

// dueAt is when a hole is to be asked for, again and again less often: an answer may take longer than it used to, which
// shows only when it comes before the question is repeated.
func (r *reorder) dueAt(m *missingPacket) time.Duration {
	if m.asked < 0 {
		return m.since
	}
	if m.times == 1 && r.twins() {
		return m.asked + nackTwin
	}
	wait := r.again()
	return m.asked + wait + wait*time.Duration(m.times-1)/4
}

// twins tells whether each request is repeated before it can have been answered.
func (r *reorder) twins() bool { return r.again() > nackFar && len(r.missing) <= nackTwins }

// nextRequest is when the next request is due; false when nothing is missing that will be asked for.
func (r *reorder) nextRequest() (at time.Duration, ok bool) {
	if r.noRepair {
		return 0, false
	}
	for _, m := range r.missing {
		if m.times < nackRetries {
			if due := r.dueAt(m); !ok || due < at {
				at, ok = due, true
			}
		}
	}
	return at, ok
}

// insert takes a packet; it belongs to the buffer then. It reports whether holes appeared, which want a request at once.
func (r *reorder) insert(p *packet) (holes bool) {
	switch {
	case !r.started:
		r.started, r.next, r.highest = true, p.sequence, p.sequence
	case p.sequence < r.next && (p.repaired || r.late < maxLate):
		if !p.repaired { // a repair that is late says nothing of where the peer's numbers are
			r.late++
		}
		p.free() // too late, or twice
		return false
	case p.sequence < r.next:
		r.reset(p.sequence) // the peer's numbers went back
	case p.sequence >= r.next+reorderSize, p.sequence > r.highest+mostHole && !p.repaired:
		// A jump: the peer began anew, or nothing came for long. A key frame costs less than all that.
		r.losses++
		r.reset(p.sequence)
	}
	r.late = 0
	for n := r.highest + 1; n < p.sequence; n++ {
		r.missing[n] = r.hole(p.arrived)
		holes = true
	}
	r.highest = max(r.highest, p.sequence)
	if m := r.missing[p.sequence]; m != nil {
		if p.repaired && m.times > 0 {
			r.answered(m.times, p.arrived-m.first, p.arrived-m.asked)
		}
		r.fill(p.sequence, m)
	}
	slot := &r.ring[p.sequence&(reorderSize-1)]
	if *slot != nil {
		p.free() // twice
		return holes
	}
	*slot = p
	return holes
}

func (r *reorder) hole(at time.Duration) *missingPacket {
	var m *missingPacket
	if n := len(r.free); n > 0 {
		m = r.free[n-1]
		r.free = r.free[:n-1]
	} else {
		m = new(missingPacket)
	}
	*m = missingPacket{since: at, asked: -1}
	return m
}

func (r *reorder) fill(n int64, m *missingPacket) {
	delete(r.missing, n)
	r.free = append(r.free, m)
}

// reset forgets everything and goes on from a sequence number.
func (r *reorder) reset(next int64) {
	r.drop(r.highest + 1)
	r.next, r.highest, r.broken = next, next-1, true
}

// drop frees all packets and holes before a number and goes on from it.
func (r *reorder) drop(next int64) {
	for n := r.next; n < next; n++ {
		if slot := &r.ring[n&(reorderSize-1)]; *slot != nil && (*slot).sequence == n {
			(*slot).free()
			*slot = nil
		}
		if m := r.missing[n]; m != nil {
			r.fill(n, m)
		}
	}
	r.next = max(r.next, next)
}

func (r *reorder) at(n int64) *packet {
	p := r.ring[n&(reorderSize-1)]
	if p == nil || p.sequence != n {
		return nil
	}
	return p
}

// frame returns the packets first to last (inclusive) of the next complete frame. Packets without payload (padding) at
// its start are skipped.
func (r *reorder) frame() (first, last int64, ok bool) {
	for p := r.at(r.next); p != nil && len(p.payload) == 0; p = r.at(r.next) {
		r.drop(r.next + 1)
	}
	start := r.at(r.next)
	if start == nil {
		return 0, 0, false
	}
	for n := r.next; ; n++ {
		p := r.at(n)
		switch {
		case p == nil:
			return 0, 0, false
		case p.timestamp != start.timestamp:
			return r.next, n - 1, true // the peer sets no marker
		case p.marker:
			return r.next, n, true
		}
	}
}

// expire gives up a hole that waited too long: everything up to the frame after the last such hole goes. It also skips
// what a decoder cannot follow. now is on the media clock.
func (r *reorder) expire(now time.Duration) (gaveUp bool) {
	wait := r.wait()
	last := int64(-1)
	for n, m := range r.missing {
		if now-m.since > wait && n > last {
			last = n
		}
	}
	if last >= 0 {
		next := r.frameAfter(last)
		r.losses++
		r.drop(next)
		r.broken = true
		return true
	}
	if p := r.at(r.next); p != nil && now-p.arrived > backlogLimit+r.slack && r.highest-r.next > 64 {
		r.drop(r.highest + 1)
		r.broken = true
		return true
	}
	return false
}

// frameAfter is the first number after a hole at which a frame begins: after a marker, or where the timestamp changes.
func (r *reorder) frameAfter(hole int64) int64 {
	for n := hole + 1; n <= r.highest; n++ {
		p := r.at(n)
		if p == nil {
			continue
		}
		if before := r.at(n - 1); before != nil && (before.marker || before.timestamp != p.timestamp) {
			return n
		}
	}
	return r.highest + 1
}

// requests lists the sequence numbers to ask for now. The slice is valid until the next call.
func (r *reorder) requests(now time.Duration) []uint16 {
	r.request = r.request[:0]
	if r.noRepair {
		return nil
	}
	for n, m := range r.missing {
		if len(r.request) == maxNACKNumber {
			break
		}
		if m.times < nackRetries && now >= r.dueAt(m) {
			if m.times == 0 {
				m.first = now
			}
			m.asked = now
			m.times++
			r.request = append(r.request, uint16(n))
		}
	}
	slices.SortFunc(r.request, func(a, b uint16) int { return int(int16(a - b)) })
	return r.request
}

// close frees all packets.
func (r *reorder) close() { r.drop(r.highest + 1) }
