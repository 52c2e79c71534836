package peer

import (
	"encoding/binary"
	"math"
	"time"
)

// Symbols of transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1.1).
const (
	symbolMissing = 0
	symbolSmall   = 1 // with a time of one byte
	symbolLarge   = 2 // of two
)

const (
	// mostTold keeps a feedback below the size of a packet, whatever is in it.
	mostTold      = 400
	longestRun    = 0x1fff
	vectorOfBits  = 14 // symbols in a chunk when none is large
	vectorOfPairs = 7
)

// feedback is one transport-wide feedback while it is made. Its buffers are used again.
type feedback struct {
	sender   uint32 // source that speaks
	count    uint8  // of feedbacks
	base     int64  // first number
	zero     int64  // reference time, transportReferenceUnit
	last     time.Duration
	symbols  []byte
	received int // of the symbols, up to the last that came
	deltas   []byte
}

// begin one at a number, whose first packet that came, came at a moment.
func (f *feedback) begin(number int64, at time.Duration) {
	f.base, f.zero = number, int64(at/transportReferenceUnit)
	f.last = time.Duration(f.zero) * transportReferenceUnit
	f.symbols, f.deltas, f.received = f.symbols[:0], f.deltas[:0], 0
}

// room for another packet. What is missing before the first that came costs little, but is bounded all the same.
func (f *feedback) room() bool { return len(f.deltas) < 2*mostTold && len(f.symbols) < longestRun }

// miss notes that the next packet did not come.
func (f *feedback) miss() { f.symbols = append(f.symbols, symbolMissing) }

// came notes when the next packet came. False: it is too far from the one before to be told here.
func (f *feedback) came(at time.Duration) bool {
	half := transportDeltaUnit / 2
	if at < f.last {
		half = -half
	}
	delta := (at - f.last + half) / transportDeltaUnit
	switch {
	case delta < math.MinInt16 || delta > math.MaxInt16:
		return false
	case delta >= 0 && delta <= math.MaxUint8:
		f.symbols = append(f.symbols, symbolSmall)
		f.deltas = append(f.deltas, byte(delta))
	default:
		f.symbols = append(f.symbols, symbolLarge)
		f.deltas = binary.BigEndian.AppendUint16(f.deltas, uint16(int16(delta)))
	}
	f.last += delta * transportDeltaUnit // what is rounded here is not lost to the next
	f.received = len(f.symbols)
	return true
}

// packet writes the feedback about a source as RTCP into b, which is empty.
func (f *feedback) packet(b []byte, media uint32) []byte {
	b = append(b, 2<<6|formatTransportCC, rtcpTransport, 0, 0)
	b = binary.BigEndian.AppendUint32(b, f.sender)
	b = binary.BigEndian.AppendUint32(b, media)
	b = binary.BigEndian.AppendUint16(b, uint16(f.base))
	b = binary.BigEndian.AppendUint16(b, uint16(f.received))
	b = binary.BigEndian.AppendUint32(b, uint32(f.zero)<<8|uint32(f.count))
	f.count++
	for symbols := f.symbols[:f.received]; len(symbols) > 0; {
		chunk, n := nextChunk(symbols)
		b = binary.BigEndian.AppendUint16(b, chunk)
		symbols = symbols[n:]
	}
	b = append(b, f.deltas...)
	if padding := -len(b) & 3; padding > 0 {
		b[0] |= 1 << 5
		b = append(b, 0, 0, 0)[:len(b)+padding]
		b[len(b)-1] = byte(padding)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
	return b
}

// feedbackPacket is a feedback that is made already, for pion.
type feedbackPacket struct{ data []byte }

// Marshal as rtcp.Packet.
func (p *feedbackPacket) Marshal() ([]byte, error) { return p.data, nil }

// MarshalSize as rtcp.Packet.
func (p *feedbackPacket) MarshalSize() int { return len(p.data) }

// Unmarshal as rtcp.Packet; what comes is read by eachPacket.
func (p *feedbackPacket) Unmarshal(b []byte) error {
	p.data = append(p.data[:0], b...)
	return nil
}

// DestinationSSRC as rtcp.Packet.
func (p *feedbackPacket) DestinationSSRC() []uint32 {
	if len(p.data) < transportHead {
		return nil
	}
	return []uint32{binary.BigEndian.Uint32(p.data[8:])}
}

// nextChunk packs the first symbols, as many as go into one chunk.
func nextChunk(symbols []byte) (chunk uint16, n int) {
	run := 1
	for run < len(symbols) && run < longestRun && symbols[run] == symbols[0] {
		run++
	}
	bits := min(len(symbols), vectorOfBits)
	large := false
	for _, s := range symbols[:bits] {
		large = large || s == symbolLarge
	}
	switch {
	case run == len(symbols) || run >= vectorOfBits || large && run >= vectorOfPairs:
		return uint16(symbols[0])<<13 | uint16(run), run
	case !large:
		for i, s := range symbols[:bits] {
			chunk |= uint16(s) << (vectorOfBits - 1 - i)
		}
		return 1<<15 | chunk, bits
	}
	pairs := min(len(symbols), vectorOfPairs)
	for i, s := range symbols[:pairs] {
		chunk |= uint16(s) << (2 * (vectorOfPairs - 1 - i))
	}
	return 3<<14 | chunk, pairs
}
