package peer

import (
	"strings"

	"parley/media/codec"
)

// packetizer cuts access units into RTP payloads. emit may use a payload until it returns; last tells that the packet
// ends the access unit. None of them allocates in steady state.
type packetizer interface {
	packetize(data []byte, key bool, emit func(payload []byte, last bool))
}

func newPacketizer(f format) packetizer {
	switch strings.ToUpper(f.name) {
	case "VP8":
		return &vpxPacketizer{head: 4, describe: describeVP8}
	case "VP9":
		return &vpxPacketizer{head: 3, describe: describeVP9}
	case "H264":
		return &h264Packetizer{single: f.mode == 0}
	case "AV1":
		return &av1Packetizer{}
	}
	return nil
}

// pieces cuts n bytes into equal parts of at most limit bytes: a short last packet would cost as much as a full one.
func pieces(n, limit int) int {
	count := (n + limit - 1) / limit
	return (n + count - 1) / count
}

// vpxPacketizer cuts a frame into equal parts, each behind a descriptor that counts the pictures.
type vpxPacketizer struct {
	head     int // bytes of a descriptor
	describe func(b []byte, part vpxPart)
	picture  uint16 // 15 bits
	buffer   [mtu]byte
}

// vpxPart is what a descriptor tells of a part.
type vpxPart struct {
	picture          uint16
	key, first, last bool
}

func (p *vpxPacketizer) packetize(data []byte, key bool, emit func([]byte, bool)) {
	if len(data) == 0 {
		return
	}
	size := pieces(len(data), mtu-p.head)
	part := vpxPart{picture: p.picture, key: key, first: true}
	for len(data) > 0 {
		n := min(size, len(data))
		part.last = n == len(data)
		b := p.buffer[:p.head+n]
		p.describe(b, part)
		copy(b[p.head:], data[:n])
		emit(b, part.last)
		data, part.first = data[n:], false
	}
	p.picture = (p.picture + 1) & 0x7fff
}

// describeVP8: RFC 7741 with a 15-bit picture id.
func describeVP8(b []byte, p vpxPart) {
	b[0] = 0x80 // X: extended
	if p.first {
		b[0] |= 0x10 // S: start of the partition
	}
	b[1] = 0x80 // I: picture id
	b[2], b[3] = 0x80|byte(p.picture>>8), byte(p.picture)
}

// describeVP9: RFC 9628, one spatial and temporal layer, non-flexible mode.
func describeVP9(b []byte, p vpxPart) {
	b[0] = 0x80 // I: picture id
	if !p.key {
		b[0] |= 0x40 // P: inter-picture predicted
	}
	if p.first {
		b[0] |= 0x08 // B: start of the frame
	}
	if p.last {
		b[0] |= 0x04 // E: end of the frame
	}
	b[1], b[2] = 0x80|byte(p.picture>>8), byte(p.picture)
}

// h264Packetizer: RFC 6184. Mode 1 sends small NAL units alone and large ones in fragments (FU-A); mode 0 knows no
// fragments, so the encoder is asked for slices that fit.
type h264Packetizer struct {
	single bool
	buffer [mtu]byte
}

func (p *h264Packetizer) packetize(data []byte, _ bool, emit func([]byte, bool)) {
	for unit, rest := codec.NextNAL(data); unit != nil; {
		var following []byte
		following, rest = codec.NextNAL(rest)
		last := following == nil
		switch {
		case len(unit) <= mtu || p.single:
			emit(unit, last)
		default:
			p.fragment(unit, last, emit)
		}
		unit = following
	}
}

func (p *h264Packetizer) fragment(unit []byte, last bool, emit func([]byte, bool)) {
	const head = 2
	indicator := unit[0]&0xe0 | 28 // FU-A
	kind := unit[0] & 0x1f
	unit = unit[1:]
	size := pieces(len(unit), mtu-head)
	first := true
	for len(unit) > 0 {
		n := min(size, len(unit))
		b := p.buffer[:head+n]
		b[0], b[1] = indicator, kind
		if first {
			b[1] |= 0x80
		}
		if n == len(unit) {
			b[1] |= 0x40
		}
		copy(b[head:], unit[:n])
		unit, first = unit[n:], false
		emit(b, last && len(unit) == 0)
	}
}
