package peer

import (
	"bytes"
	"strings"

	"github.com/pion/rtp/codecs"
)

// packetizer cuts access units into RTP payloads. emit may use a payload until it returns; last tells that the packet
// ends the access unit. None of them allocates but AV1's.
type packetizer interface {
	packetize(data []byte, key bool, emit func(payload []byte, last bool))
}

func newPacketizer(f format) packetizer {
	switch strings.ToUpper(f.name) {
	case "VP8":
		return &vp8Packetizer{}
	case "VP9":
		return &vp9Packetizer{}
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

// vp8Packetizer: RFC 7741 with a 15-bit picture id.
type vp8Packetizer struct {
	picture uint16
	buffer  [mtu]byte
}

func (p *vp8Packetizer) packetize(data []byte, _ bool, emit func([]byte, bool)) {
	const head = 4
	if len(data) == 0 {
		return
	}
	size := pieces(len(data), mtu-head)
	first := true
	for len(data) > 0 {
		n := min(size, len(data))
		b := p.buffer[:head+n]
		b[0] = 0x80 // X: extended
		if first {
			b[0] |= 0x10 // S: start of the partition
		}
		b[1] = 0x80 // I: picture id
		b[2] = 0x80 | byte(p.picture>>8)
		b[3] = byte(p.picture)
		copy(b[head:], data[:n])
		data, first = data[n:], false
		emit(b, len(data) == 0)
	}
	p.picture = (p.picture + 1) & 0x7fff
}

// vp9Packetizer: RFC 9628, one spatial and temporal layer, non-flexible mode.
type vp9Packetizer struct {
	picture uint16
	buffer  [mtu]byte
}

func (p *vp9Packetizer) packetize(data []byte, key bool, emit func([]byte, bool)) {
	const head = 3
	if len(data) == 0 {
		return
	}
	size := pieces(len(data), mtu-head)
	first := true
	for len(data) > 0 {
		n := min(size, len(data))
		b := p.buffer[:head+n]
		b[0] = 0x80 // I: picture id
		if !key {
			b[0] |= 0x40 // P: inter-picture predicted
		}
		if first {
			b[0] |= 0x08 // B: start of the frame
		}
		if n == len(data) {
			b[0] |= 0x04 // E: end of the frame
		}
		b[1] = 0x80 | byte(p.picture>>8)
		b[2] = byte(p.picture)
		copy(b[head:], data[:n])
		data, first = data[n:], false
		emit(b, len(data) == 0)
	}
	p.picture = (p.picture + 1) & 0x7fff
}

// h264Packetizer: RFC 6184. Mode 1 sends small NAL units alone and large ones in fragments (FU-A); mode 0 knows no
// fragments, so the encoder is asked for slices that fit.
type h264Packetizer struct {
	single bool
	buffer [mtu]byte
}

func (p *h264Packetizer) packetize(data []byte, _ bool, emit func([]byte, bool)) {
	for unit, rest := nextNAL(data); unit != nil; {
		var following []byte
		following, rest = nextNAL(rest)
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

var startCode = []byte{0, 0, 1}

// nextNAL returns the first NAL unit of an Annex B stream and what follows it; nil at the end. Trailing zero bytes belong
// to the next start code.
func nextNAL(data []byte) (unit, rest []byte) {
	for {
		i := bytes.Index(data, startCode)
		if i < 0 {
			return nil, nil
		}
		data = data[i+3:]
		end := bytes.Index(data, startCode)
		unit, rest = data, nil
		if end >= 0 {
			unit, rest = data[:end], data[end:]
		}
		unit = bytes.TrimRight(unit, "\x00")
		if len(unit) > 0 {
			return unit, rest
		}
		data = rest
	}
}

// av1Packetizer uses pion's.
type av1Packetizer struct{ payloader codecs.AV1Payloader }

func (p *av1Packetizer) packetize(data []byte, _ bool, emit func([]byte, bool)) {
	list := p.payloader.Payload(mtu, data)
	for i, payload := range list {
		emit(payload, i == len(list)-1)
	}
}
