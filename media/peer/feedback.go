package peer

import (
	"encoding/binary"
	"math"
	"sync"
	"time"
)

// RTCP feedback that is read without allocating (RFC 4585; draft-holmer-rmcat-transport-wide-cc-extensions-01;
// draft-alvestrand-rmcat-remb-03).
const (
	rtcpTransport     = 205
	rtcpPayload       = 206
	formatTransportCC = 15
	formatREMB        = 15

	transportReferenceUnit = 64 * time.Millisecond
	transportDeltaUnit     = 250 * time.Microsecond
	transportHead          = 20 // bytes before the chunks
)

// worthReading tells whether a compound packet holds more than what readFeedback has read: unpacking a transport-wide
// feedback, ten a second, would be for nothing.
func worthReading(b []byte) bool {
	for len(b) >= 4 {
		if b[0]>>6 != 2 || b[1] != rtcpTransport && b[1] != rtcpPayload || b[0]&0x1f != 15 {
			return true
		}
		size := 4 + 4*(int(b[2])<<8|int(b[3]))
		if size > len(b) {
			return true
		}
		b = b[size:]
	}
	return len(b) > 0
}

// transportReference is the reference time of a transport-wide feedback, 24 bits in units of 64 ms.
func transportReference(b []byte) (uint32, bool) {
	if len(b) < transportHead {
		return 0, false
	}
	return uint32(b[16])<<16 | uint32(b[17])<<8 | uint32(b[18]), true
}

// eachPacket calls fn for each packet that is told of: its number, whether it arrived, and when, after the reference time. It
// reports whether the feedback is well formed; a broken one is read as far as it makes sense, one of more packets than
// are remembered not at all.
func eachPacket(b []byte, fn func(number uint16, arrived bool, after time.Duration)) bool {
	number, count := binary.BigEndian.Uint16(b[12:]), int(binary.BigEndian.Uint16(b[14:]))
	if count > historySize {
		return false // nobody remembers so many, and each costs
	}
	chunks := b[transportHead:]
	// The times stand behind the chunks: count those first.
	size := 0
	for left := count; left > 0; size += 2 {
		if len(chunks) < size+2 {
			return false
		}
		left -= chunkLength(binary.BigEndian.Uint16(chunks[size:]))
	}
	deltas := chunks[size:]
	chunks = chunks[:size]
	at := time.Duration(0)
	for ; len(chunks) > 0; chunks = chunks[2:] {
		chunk := binary.BigEndian.Uint16(chunks)
		n := min(chunkLength(chunk), count)
		count -= n
		for i := range n {
			switch chunkSymbol(chunk, i) {
			case 1:
				if len(deltas) < 1 {
					return false
				}
				at += time.Duration(deltas[0]) * transportDeltaUnit
				deltas = deltas[1:]
				fn(number, true, at)
			case 2:
				if len(deltas) < 2 {
					return false
				}
				at += time.Duration(int16(binary.BigEndian.Uint16(deltas))) * transportDeltaUnit
				deltas = deltas[2:]
				fn(number, true, at)
			default:
				fn(number, false, 0)
			}
			number++
		}
	}
	return true
}

// chunkLength is how many packets a chunk tells of; at least 1, so that reading ends.
func chunkLength(chunk uint16) int {
	switch {
	case chunk&0x8000 == 0:
		return max(1, int(chunk&0x1fff))
	case chunk&0x4000 == 0:
		return 14
	}
	return 7
}

// chunkSymbol of a packet in a chunk: 0 did not arrive, 1 has a time of one byte, 2 of two.
func chunkSymbol(chunk uint16, i int) uint16 {
	switch {
	case chunk&0x8000 == 0:
		return chunk >> 13 & 3
	case chunk&0x4000 == 0:
		return chunk >> (13 - i) & 1
	}
	return chunk >> (12 - 2*i) & 3
}

// readREMB reads the bitrate, bit/s.
func readREMB(b []byte) (float64, bool) {
	if len(b) < 20 || string(b[12:16]) != "REMB" {
		return 0, false
	}
	exponent := int(b[17] >> 2)
	mantissa := float64(uint32(b[17]&3)<<16 | uint32(b[18])<<8 | uint32(b[19]))
	rate := math.Ldexp(mantissa, exponent)
	return rate, rate > 0
}

// historySize is how many numbered packets are remembered: at 6 Mb/s some seconds.
const historySize = 4096

// history remembers when numbered packets were sent. Zero value is ready.
type history struct {
	mu   sync.Mutex
	ring [historySize]struct {
		sent   time.Duration // media clock; 0: nothing waits for an answer
		size   int
		number uint16
		missed bool
	}
}

// add a packet as it leaves.
func (h *history) add(number uint16, sent time.Duration, size int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := &h.ring[number%historySize]
	e.sent, e.size, e.number, e.missed = max(sent, 1), size, number, false
}

// missing tells, once, whether a packet has left and nothing has been told of its arrival. It may still arrive.
func (h *history) missing(number uint16) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := &h.ring[number%historySize]
	first := e.sent != 0 && e.number == number && !e.missed
	e.missed = e.missed || first
	return first
}

// take returns a packet's time and size, once.
func (h *history) take(number uint16) (sent time.Duration, size int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := &h.ring[number%historySize]
	if e.sent == 0 || e.number != number {
		return 0, 0, false
	}
	sent, size = e.sent, e.size
	e.sent = 0
	return sent, size, true
}
