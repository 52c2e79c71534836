package peer

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/pion/rtp/codecs"
)

var errPayload = errors.New("malformed RTP payload")

// depacketizer puts the payloads of one frame together. append adds a packet's payload to the access unit; reset begins a
// new one.
type depacketizer interface {
	reset()
	append(dst, payload []byte) ([]byte, error)
}

func newDepacketizer(name string) depacketizer {
	switch strings.ToUpper(name) {
	case "VP8":
		return &vp8Depacketizer{}
	case "VP9":
		return &vp9Depacketizer{}
	case "H264":
		return &h264Depacketizer{}
	case "AV1":
		return &av1Depacketizer{}
	}
	return nil
}

// vp8Depacketizer: RFC 7741, section 4.2.
type vp8Depacketizer struct{}

func (vp8Depacketizer) reset() {}

func (vp8Depacketizer) append(dst, b []byte) ([]byte, error) {
	if len(b) < 1 {
		return dst, errPayload
	}
	n := 1
	if b[0]&0x80 != 0 {
		if len(b) < 2 {
			return dst, errPayload
		}
		x := b[1]
		n = 2
		if x&0x80 != 0 { // picture id
			if len(b) < n+1 {
				return dst, errPayload
			}
			n += 1 + int(b[n]>>7)
		}
		n += int(x >> 6 & 1) // TL0PICIDX
		if x&0x30 != 0 {
			n++ // TID, KEYIDX
		}
	}
	if len(b) < n {
		return dst, errPayload
	}
	return append(dst, b[n:]...), nil
}

// vp9Depacketizer takes frames of any number of layers as they come (RFC 9628).
type vp9Depacketizer struct{ packet codecs.VP9Packet }

func (*vp9Depacketizer) reset() {}

func (d *vp9Depacketizer) append(dst, b []byte) ([]byte, error) {
	d.packet = codecs.VP9Packet{}
	payload, err := d.packet.Unmarshal(b)
	if err != nil {
		return dst, err
	}
	return append(dst, payload...), nil
}

// h264Depacketizer makes Annex B of single NAL units, STAP-A and FU-A (RFC 6184).
type h264Depacketizer struct{ inFragment bool }

func (d *h264Depacketizer) reset() { d.inFragment = false }

func (d *h264Depacketizer) append(dst, b []byte) ([]byte, error) {
	if len(b) < 2 {
		return dst, errPayload
	}
	switch kind := b[0] & 0x1f; {
	case kind >= 1 && kind <= 23:
		dst = append(dst, 0, 0, 0, 1)
		return append(dst, b...), nil
	case kind == 24: // STAP-A
		for b = b[1:]; len(b) >= 2; {
			n := int(binary.BigEndian.Uint16(b))
			if b = b[2:]; n == 0 || n > len(b) {
				return dst, errPayload
			}
			dst = append(dst, 0, 0, 0, 1)
			dst = append(dst, b[:n]...)
			b = b[n:]
		}
		return dst, nil
	case kind == 28: // FU-A
		if b[1]&0x80 != 0 {
			dst = append(dst, 0, 0, 0, 1, b[0]&0xe0|b[1]&0x1f)
			d.inFragment = true
		} else if !d.inFragment {
			return dst, errPayload
		}
		if b[1]&0x40 != 0 {
			d.inFragment = false
		}
		return append(dst, b[2:]...), nil
	default:
		return dst, errPayload
	}
}
