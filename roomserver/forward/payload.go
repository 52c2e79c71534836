package forward

// vp8Descriptor is what of the payload descriptor (RFC 7741 4.2) must be rewritten.
type vp8Descriptor struct {
	hasPicture, hasTL0 bool
	picture            uint16
	tl0                uint8
	afterTL0           int // offset of what follows picture id and TL0PICIDX
	size               int // of the whole descriptor
}

func parseVP8(b []byte) (d vp8Descriptor, ok bool) {
	if len(b) < 1 {
		return d, false
	}
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
		if len(b) <= i {
			return d, false
		}
		d.hasPicture = true
		if b[i]&0x80 != 0 { // M: 15 bits
			if len(b) <= i+1 {
				return d, false
			}
			d.picture = uint16(b[i]&0x7f)<<8 | uint16(b[i+1])
			i += 2
		} else {
			d.picture = uint16(b[i])
			i++
		}
	}
	if extension&0x40 != 0 { // L
		if len(b) <= i {
			return d, false
		}
		d.hasTL0 = true
		d.tl0 = b[i]
		i++
	}
	d.afterTL0 = i
	if extension&0x30 != 0 { // T or K share one byte
		i++
	}
	if len(b) < i {
		return d, false
	}
	d.size = i
	return d, true
}

// startsKeyFrame tells whether a packet is the first of a key frame, so that a decoder can begin with it.
func startsKeyFrame(codec string, b []byte) bool {
	switch codec {
	case "VP8":
		d, ok := parseVP8(b)
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

// startsH264 looks for a sequence parameter set (RFC 6184): a decoder that comes from another sender needs it.
func startsH264(b []byte) bool {
	const (
		parameterSet = 7
		aggregation  = 24 // STAP-A
		fragment     = 28 // FU-A
	)
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
