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
)

// rewriter turns segments of different senders into one stream. The zero value is ready for restart.
type rewriter struct {
	started bool
	// What to add to a sender's numbers.
	sequenceOffset  uint16
	timestampOffset uint32
	pictureOffset   uint16
	tl0Offset       uint8
	// Of the sender: no packet before floor belongs to the segment; newest is the highest sequence number seen.
	floor, newest uint16
	late          int
	// Of the stream that goes out: the highest numbers so far.
	lastSequence  uint16
	lastTimestamp uint32
	lastAt        time.Time
	lastPicture   uint16
	lastTL0       uint8
	// freshPicture: the next VP8 descriptor sets the picture offsets.
	freshPicture bool
}

// restart begins a segment with p, the first packet of a key frame.
func (r *rewriter) restart(p *rtp.Packet, now time.Time) {
	if r.started {
		r.sequenceOffset = r.lastSequence + 1 - p.SequenceNumber
		// The time that passed between the segments, and at least one tick: two pictures must never share a timestamp.
		ticks := max(uint32(now.Sub(r.lastAt).Seconds()*videoClock), 1)
		r.timestampOffset = r.lastTimestamp + ticks - p.Timestamp
	}
	r.floor, r.newest, r.late = p.SequenceNumber, p.SequenceNumber, 0
	r.lastSequence = p.SequenceNumber + r.sequenceOffset
	r.lastTimestamp = p.Timestamp + r.timestampOffset
	r.lastAt = now
	r.freshPicture = true
	r.started = true
}

// header gives the numbers p goes out with; false when it must not go out.
func (r *rewriter) header(p *rtp.Packet, now time.Time) (sequence uint16, timestamp uint32, ok bool) {
	if int16(p.SequenceNumber-r.floor) < 0 {
		if r.late++; r.late < restartAfter {
			return 0, 0, false
		}
		r.restart(p, now)
	}
	r.late = 0
	sequence, timestamp = p.SequenceNumber+r.sequenceOffset, p.Timestamp+r.timestampOffset
	if int16(p.SequenceNumber-r.newest) > 0 {
		r.newest = p.SequenceNumber
		r.lastSequence = sequence
		if int32(timestamp-r.lastTimestamp) > 0 {
			r.lastTimestamp, r.lastAt = timestamp, now
		}
		if uint16(r.newest-r.floor) > 2*reorderWindow {
			r.floor = r.newest - reorderWindow
		}
	}
	return sequence, timestamp, true
}

// vp8 appends payload to dst with picture id and TL0PICIDX made continuous. A 7-bit picture id becomes 15 bits long, so
// that senders of both kinds share one number space.
func (r *rewriter) vp8(dst, payload []byte) []byte {
	d, ok := parseVP8(payload)
	if !ok || !d.hasPicture && !d.hasTL0 {
		return append(dst, payload...)
	}
	if r.freshPicture {
		r.freshPicture = false
		r.pictureOffset = r.lastPicture + 1 - d.picture
		r.tl0Offset = r.lastTL0 + 1 - d.tl0
	}
	dst = append(dst, payload[0], payload[1])
	if d.hasPicture {
		picture := (d.picture + r.pictureOffset) & 0x7fff
		if int16((picture-r.lastPicture)<<1) > 0 {
			r.lastPicture = picture
		}
		dst = append(dst, 0x80|byte(picture>>8), byte(picture))
	}
	if d.hasTL0 {
		tl0 := d.tl0 + r.tl0Offset
		if int8(tl0-r.lastTL0) > 0 {
			r.lastTL0 = tl0
		}
		dst = append(dst, tl0)
	}
	return append(dst, payload[d.afterTL0:]...)
}
