package incoming

import "time"

// burst: packets sent within so long count as one group; pacers and network cards send in bursts.
const burst = 5 * time.Millisecond

// delta compares two neighbouring groups of packets.
type delta struct {
	arrival   time.Duration // of the later group
	sent      time.Duration // between the groups
	variation time.Duration // how much longer the way of the later one took
}

// groups cuts packets into groups by their send time.
type groups struct {
	current, before group
	have            int
}

type group struct {
	first, last time.Duration // send times
	arrived     time.Duration // of the first packet
	complete    time.Duration // arrival of the last packet
}

// add a packet; ok when it completes the comparison of the two groups before it.
func (g *groups) add(arrival, sent time.Duration) (d delta, ok bool) {
	switch {
	case g.have == 0:
		g.have = 1
		g.current = group{first: sent, last: sent, arrived: arrival, complete: arrival}
		return delta{}, false
	case sent < g.current.first-time.Second, sent > g.current.last+10*time.Second:
		*g = groups{} // the clock jumped
		return g.add(arrival, sent)
	case sent < g.current.first:
		return delta{}, false // reordered
	case g.belongs(arrival, sent):
		g.current.last = max(g.current.last, sent)
		g.current.complete = arrival
		return delta{}, false
	}
	if g.have == 2 {
		d = delta{arrival: g.current.complete, sent: g.current.last - g.before.last}
		d.variation = g.current.complete - g.before.complete - d.sent
		ok = d.sent > 0 && d.arrival >= g.before.complete
	}
	g.before, g.have = g.current, 2
	g.current = group{first: sent, last: sent, arrived: arrival, complete: arrival}
	return d, ok
}

// belongs tells whether a packet is part of the current group: sent within a burst of its beginning, or come in one burst
// with it though sent later, which is a queue that empties at once (a radio, a sleeping thread) and says nothing.
func (g *groups) belongs(arrival, sent time.Duration) bool {
	if sent-g.current.first <= burst {
		return true
	}
	gap := arrival - g.current.complete
	return gap <= burst && gap < sent-g.current.last && arrival-g.current.arrived < 100*time.Millisecond
}
