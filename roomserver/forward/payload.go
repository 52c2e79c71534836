package forward

import "parley/media/codec"

// descriptor is what must be known of, and rewritten in, the head of a packet's payload.
type descriptor struct {
	hasPicture, hasTL0 bool
	picture            uint16 // 7 or 15 bits
	pictureAt          int    // offset of the picture id
	afterPicture       int    // offset of what follows it
	tl0                uint8
	tl0At              int // offset of TL0PICIDX
	size               int // of the whole VP8 descriptor

	layer       int  // temporal layer of the frame, 0 is the lowest
	discardable bool // no other frame is predicted from this one
}

// describe reads a payload's head. Codecs without picture ids give layer and discardable only.
func describe(codec string, b []byte) (descriptor, bool) {
	switch codec {
	case "VP8":
		return describeVP8(b)
	case "VP9":
		return describeVP9(b)
	case "H264":
		return descriptor{discardable: discardableH264(b)}, len(b) > 0
	case "AV1":
		return descriptor{layer: layerAV1(b)}, len(b) > 0
	}
	return descriptor{}, false
}

// readPicture reads a picture id of 7 or 15 bits (RFC 7741 4.2, RFC 9628 4.2) and returns the offset behind it, 0 when the
// payload is too short.
func (d *descriptor) readPicture(b []byte, i int) int {
	d.hasPicture, d.pictureAt = true, i
	switch {
	case len(b) <= i, b[i]&0x80 != 0 && len(b) <= i+1:
		return 0
	case b[i]&0x80 != 0: // M: 15 bits
		d.picture = uint16(b[i]&0x7f)<<8 | uint16(b[i+1])
		i += 2
	default:
		d.picture = uint16(b[i])
		i++
	}
	d.afterPicture = i
	return i
}

// describeVP8 reads the payload descriptor of RFC 7741 4.2.
func describeVP8(b []byte) (d descriptor, ok bool) {
	if len(b) < 1 {
		return d, false
	}
	d.discardable = b[0]&0x20 != 0 // N
	d.size = 1
	if b[0]&0x80 == 0 { // X
		return d, true
	}
	if len(b) < 2 {
		return d, false
	}
	extension := b[1]
	i := 2
	if extension&0x80 != 0 { // I
		if i = d.readPicture(b, i); i == 0 {
			return d, false
		}
	}
	if extension&0x40 != 0 { // L
		if len(b) <= i {
			return d, false
		}
		d.hasTL0, d.tl0, d.tl0At = true, b[i], i
		i++
	}
	if extension&0x30 != 0 { // T or K share one byte
		if len(b) <= i {
			return d, false
		}
		if extension&0x20 != 0 {
			d.layer = int(b[i] >> 6)
		}
		i++
	}
	d.size = i
	return d, true
}

// describeVP9 reads the payload descriptor of RFC 9628 4.2.
func describeVP9(b []byte) (d descriptor, ok bool) {
	if len(b) < 1 {
		return d, false
	}
	i := 1
	if b[0]&0x80 != 0 { // I
		if i = d.readPicture(b, i); i == 0 {
			return d, false
		}
	}
	if b[0]&0x20 == 0 { // L
		return d, true
	}
	if len(b) <= i {
		return d, false
	}
	d.layer = int(b[i] >> 5)
	i++
	if b[0]&0x10 == 0 { // F clear: TL0PICIDX follows
		if len(b) <= i {
			return d, false
		}
		d.hasTL0, d.tl0, d.tl0At = true, b[i], i
	}
	return d, true
}

// startsKeyFrame tells whether a packet is the first of a key frame, so that a decoder can begin with it.
func startsKeyFrame(codec string, b []byte) bool {
	switch codec {
	case "VP8":
		d, ok := describeVP8(b)
		// S set, partition 0, and the frame header's P bit (RFC 7741 4.3) clear.
		return ok && b[0]&0x10 != 0 && b[0]&0x07 == 0 && len(b) > d.size && b[d.size]&1 == 0
	case "H264":
		return startsH264(b)
	case "VP9":
		// RFC 9628 4.2: P clear (not predicted from another picture), B set (begins a layer frame).
		return len(b) > 0 && b[0]&0x40 == 0 && b[0]&0x08 != 0
	case "AV1":
		return len(b) > 0 && b[0]&0x08 != 0 // N: a coded video sequence begins (RTP payload format for AV1, 4.4)
	}
	return false
}

// NAL unit types and packet types (RFC 6184 5.2, 5.4).
const (
	sliceUnit    = 1 // of a picture that is no IDR picture
	parameterSet = 7
	aggregation  = 24 // STAP-A
	fragment     = 28 // FU-A
)

// startsH264 looks for a sequence parameter set: a decoder that comes from another sender needs it.
func startsH264(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	switch b[0] & 0x1f {
	case parameterSet:
		return true
	case fragment:
		return len(b) > 1 && b[1]&0x80 != 0 && b[1]&0x1f == parameterSet
	case aggregation:
		for i := 1; i+2 < len(b); {
			if b[i+2]&0x1f == parameterSet {
				return true
			}
			i += 2 + int(b[i])<<8 + int(b[i+1])
		}
	}
	return false
}

// discardableH264 tells whether a packet holds a slice with nal_ref_idc 0 (RFC 6184 5.3): no picture is predicted from it.
func discardableH264(b []byte) bool {
	if len(b) == 0 || b[0]&0x60 != 0 {
		return false
	}
	switch b[0] & 0x1f {
	case sliceUnit:
		return true
	case fragment:
		return len(b) > 1 && b[1]&0x1f == sliceUnit
	}
	return false
}

// firstAV1 is the first OBU that begins in a packet, or what is there of it (RTP payload format for AV1, 4.4); nil in the
// middle of one.
func firstAV1(b []byte) []byte {
	const z, w = 0x80, 0x30
	if len(b) < 2 || b[0]&z != 0 {
		return nil
	}
	single := b[0]&w == 0x10
	if b = b[1:]; single {
		return b
	}
	size, n := codec.LEB128(b) // of one that others follow
	return b[n:min(uint64(len(b)), uint64(n)+size)]
}

// layerAV1 is the temporal layer of the first OBU in a packet, where its header says so (AV1 5.3.3).
func layerAV1(b []byte) int {
	unit, _, ok := codec.NextOBU(firstAV1(b))
	if !ok || len(unit.Header) == 1 {
		return 0
	}
	return int(unit.Header[1] >> 5)
}
