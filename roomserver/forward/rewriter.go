package forward

import (
	"time"

	"github.com/pion/rtp"
)

const (
	videoClock = 90000 // Hz, RFC 3551
	// reorderWindow is how far behind the newest a packet may come and still be forwarded, in packets.
	reorderWindow = 2048
	// restartAfter late packets in a row mean that the sender began new sequence numbers.
	restartAfter = 30
	// maxRuns is how many runs are remembered for late packets.
	maxRuns = 64
)

// run is a row of a sender's packets that are all kept, or all left out.
type run struct {
	start uint16 // the sender's first sequence number in it
	keep  bool
	// What to add to the sender's numbers.
	sequence, picture uint16
	fresh             bool // picture is not known yet: the first picture id sets it
}

// rewriter turns segments of different senders, with frames left out, into one stream without gaps. The zero value is
// ready for restart.
type rewriter struct {
	started         bool
	runs            []run // of the present sender, oldest first
	timestampOffset uint32
	tl0Offset       uint8
	freshTL0        bool
	// Of the sender: the highest sequence number seen, and how many packets in a row came before the first run.
	newest uint16
	late   int
	// Of the stream that goes out: the highest numbers so far.
	lastSequence  uint16
	lastTimestamp uint32
	lastAt        time.Time
	lastPicture   uint16
	lastTL0       uint8
}

// restart begins a segment with p, the first packet of a key frame.
func (r *rewriter) restart(p *rtp.Packet, now time.Time) {
	first := run{start: p.SequenceNumber, keep: true, fresh: true}
	if r.started {
		first.sequence = r.lastSequence + 1 - p.SequenceNumber
		// The time that passed between the segments, and at least one tick: two pictures must never share a timestamp.
		ticks := max(uint32(now.Sub(r.lastAt).Seconds()*videoClock), 1)
		r.timestampOffset = r.lastTimestamp + ticks - p.Timestamp
	}
	r.runs = append(r.runs[:0], first)
	r.newest, r.late = p.SequenceNumber, 0
	r.lastSequence = p.SequenceNumber + first.sequence
	r.lastTimestamp = p.Timestamp + r.timestampOffset
	r.lastAt = now
	r.freshTL0 = true
	r.started = true
}

// place finds the run of a packet; keep tells whether the packet is wanted, should it be the newest. nil: it must not go
// out. The run is valid until the next call.
func (r *rewriter) place(p *rtp.Packet, keep bool, now time.Time) *run {
	n := p.SequenceNumber
	if int16(n-r.runs[0].start) < 0 {
		if r.late++; r.late < restartAfter {
			return nil
		}
		r.restart(p, now)
	}
	r.late = 0
	if int16(n-r.newest) > 0 {
		r.newest = n
		r.turn(n, keep)
		r.shorten(n)
	}
	for i := len(r.runs) - 1; i >= 0; i-- {
		if q := &r.runs[i]; int16(n-q.start) >= 0 {
			if !q.keep {
				return nil
			}
			return q
		}
	}
	return nil
}

// turn begins a new run at n when what is wanted changes.
func (r *rewriter) turn(n uint16, keep bool) {
	last := r.runs[len(r.runs)-1]
	if last.keep == keep {
		return
	}
	next := last
	next.start, next.keep = n, keep
	if keep {
		next.sequence -= n - last.start // what was left out leaves no gap
		next.fresh = true
	}
	if len(r.runs) == maxRuns {
		r.runs = append(r.runs[:0], r.runs[1:]...)
	}
	r.runs = append(r.runs, next)
}

// shorten keeps the last run's start near n: sequence numbers wrap around.
func (r *rewriter) shorten(n uint16) {
	last := r.runs[len(r.runs)-1]
	if n-last.start <= 2*reorderWindow {
		return
	}
	d := n - reorderWindow - last.start
	if !last.keep {
		last.sequence -= d
	}
	last.start += d
	r.runs = append(r.runs[:0], last)
}

// header gives the numbers a packet of a run goes out with.
func (r *rewriter) header(p *rtp.Packet, q *run, now time.Time) (sequence uint16, timestamp uint32) {
	sequence, timestamp = p.SequenceNumber+q.sequence, p.Timestamp+r.timestampOffset
	if int16(sequence-r.lastSequence) > 0 {
		r.lastSequence = sequence
		if int32(timestamp-r.lastTimestamp) > 0 {
			r.lastTimestamp, r.lastAt = timestamp, now
		}
	}
	return sequence, timestamp
}

// payload appends b to dst with picture id and TL0PICIDX made continuous. A 7-bit picture id becomes 15 bits long, so
// that senders of both kinds share one number space.
func (r *rewriter) payload(dst, b []byte, d descriptor, q *run) []byte {
	if d.hasPicture {
		if q.fresh {
			q.fresh = false
			q.picture = r.lastPicture + 1 - d.picture
		}
		picture := (d.picture + q.picture) & 0x7fff
		if int16((picture-r.lastPicture)<<1) > 0 {
			r.lastPicture = picture
		}
		dst = append(dst, b[:d.pictureAt]...)
		dst = append(dst, 0x80|byte(picture>>8), byte(picture))
		dst = append(dst, b[d.afterPicture:]...)
	} else {
		dst = append(dst, b...)
	}
	if d.hasTL0 {
		if r.freshTL0 {
			r.freshTL0 = false
			r.tl0Offset = r.lastTL0 + 1 - d.tl0
		}
		tl0 := d.tl0 + r.tl0Offset
		if int8(tl0-r.lastTL0) > 0 {
			r.lastTL0 = tl0
		}
		dst[d.tl0At+len(dst)-len(b)] = tl0
	}
	return dst
}
