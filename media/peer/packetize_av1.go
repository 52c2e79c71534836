package peer

import "parley/media/codec"

// Aggregation header (RTP payload format for AV1, 4.4).
const (
	av1Continues  = 0x80 // Z: the first element goes on from the packet before
	av1Unfinished = 0x40 // Y: the last element goes on in the next packet
	av1NewVideo   = 0x08 // N: a coded video sequence begins
	av1Count      = 4    // shift of W: how many elements there are
	av1MostCount  = 3    // with W, which spares the last element's length
)

// av1Packetizer sends OBUs without their sizes (RTP payload format for AV1, version 1.0).
type av1Packetizer struct {
	elements []av1Element
	buffer   [mtu]byte
}

// av1Element is an OBU on its way.
type av1Element struct {
	unit  codec.OBU
	first byte // of the header, without has_size
	sent  int  // bytes
}

func (e *av1Element) left() int { return len(e.unit.Header) + len(e.unit.Payload) - e.sent }

// take appends the next n bytes of the element.
func (e *av1Element) take(dst []byte, n int) []byte {
	for head := len(e.unit.Header); n > 0 && e.sent < head; n-- {
		b := e.unit.Header[e.sent]
		if e.sent == 0 {
			b = e.first
		}
		dst = append(dst, b)
		e.sent++
	}
	from := e.sent - len(e.unit.Header)
	e.sent += n
	return append(dst, e.unit.Payload[max(from, 0):max(from, 0)+n]...)
}

// joins tells whether the element may follow another in a packet: a sequence header comes first, and layers have packets
// of their own (section 5).
func (e *av1Element) joins(before *av1Element) bool {
	h, b := e.unit.Header, before.unit.Header
	return e.unit.Kind() != codec.OBUSequenceHeader && (len(h) == 1 || len(b) == 1 || h[1] == b[1])
}

func (p *av1Packetizer) packetize(data []byte, _ bool, emit func([]byte, bool)) {
	bytes := p.read(data)
	if bytes == 0 {
		return
	}
	limit := 1 + pieces(bytes, mtu-1)
	for list := p.elements; len(list) > 0; {
		var payload []byte
		payload, list = p.pack(list, limit)
		emit(payload, len(list) == 0)
	}
	clear(p.elements) // they point into data
}

// read collects what is sent of a temporal unit and returns how many bytes that is about. Temporal delimiters, tile lists and
// padding stay here (section 5).
func (p *av1Packetizer) read(data []byte) (bytes int) {
	p.elements = p.elements[:0]
	for len(data) > 0 {
		unit, rest, ok := codec.NextOBU(data)
		if !ok {
			return bytes
		}
		data = rest
		switch unit.Kind() {
		case codec.OBUTemporalDelimiter, codec.OBUTileList, codec.OBUPadding:
			continue
		}
		p.elements = append(p.elements, av1Element{unit: unit, first: unit.Header[0] &^ codec.OBUHasSize})
		bytes += len(unit.Header) + len(unit.Payload)
		if len(p.elements) > 1 {
			bytes += lengthBytes // of the one before
		}
	}
	return bytes
}

// lengthBytes is what the length of an element takes that shares a packet, at most.
const lengthBytes = 2

// pack makes one payload of at most limit bytes of the first elements, and returns those that are left.
func (p *av1Packetizer) pack(list []av1Element, limit int) (payload []byte, rest []av1Element) {
	var sizes [av1MostCount]int
	count, used := 0, 1
	for i := range min(len(list), av1MostCount) {
		room := limit - used
		if i > 0 && (room <= 0 || !list[i].joins(&list[i-1])) {
			break
		}
		n := list[i].left()
		sizes[i] = min(n, room)
		count++
		if n >= room {
			break
		}
		used += lengthBytes + n // if another follows
	}
	b := append(p.buffer[:0], byte(count<<av1Count))
	switch {
	case list[0].sent > 0:
		b[0] |= av1Continues
	case list[0].unit.Kind() == codec.OBUSequenceHeader:
		b[0] |= av1NewVideo
	}
	for i, n := range sizes[:count] {
		if i < count-1 {
			b = codec.AppendLEB128(b, uint64(n))
		}
		b = list[i].take(b, n)
	}
	if list[count-1].left() > 0 {
		b[0] |= av1Unfinished
		count--
	}
	return b, list[count:]
}
