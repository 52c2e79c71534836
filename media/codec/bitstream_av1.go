package codec

// OBU types (AV1 specification 6.2.2).
const (
	OBUSequenceHeader    = 1
	OBUTemporalDelimiter = 2
	OBUTileList          = 8
	OBUPadding           = 15

	obuFrameHeader = 3
	obuFrame       = 6
)

// Bits of an OBU's first byte (5.3.2).
const (
	OBUHasSize   = 0x02
	obuExtension = 0x04
	obuForbidden = 0x80
)

// OBU is an open bitstream unit, without its size.
type OBU struct {
	Header  []byte // one byte, two with an extension
	Payload []byte
}

// Kind is obu_type.
func (o OBU) Kind() byte { return o.Header[0] >> 3 & 15 }

// av1Header is what the OBUs of a temporal unit say.
type av1Header struct {
	key           bool // a sequence header, then a key frame as the first frame
	width, height int  // largest size, from the sequence header
}

func parseAV1(data []byte) (h av1Header) {
	reducedStill := false
	for len(data) > 0 {
		unit, rest, ok := NextOBU(data)
		if !ok {
			return h
		}
		data = rest
		switch unit.Kind() {
		case OBUSequenceHeader:
			h.width, h.height, reducedStill = av1Sequence(unit.Payload)
		case obuFrameHeader, obuFrame:
			r := bitReader{data: unit.Payload}
			// show_existing_frame is 0 and frame_type is KEY_FRAME (0).
			h.key = h.width > 0 && (reducedStill || r.bits(3) == 0) && !r.bad
			return h
		}
	}
	return h
}

// NextOBU splits off one OBU (5.3). One without a size reaches to the end. ok is false for one that is broken or longer than
// data.
func NextOBU(data []byte) (unit OBU, rest []byte, ok bool) {
	head := 1
	if len(data) > 0 && data[0]&obuExtension != 0 {
		head = 2
	}
	if len(data) < head || data[0]&obuForbidden != 0 {
		return OBU{}, nil, false
	}
	unit.Header = data[:head]
	if data[0]&OBUHasSize == 0 {
		unit.Payload = data[head:]
		return unit, nil, true
	}
	size, n := LEB128(data[head:])
	data = data[head+n:]
	if n == 0 || size > uint64(len(data)) {
		return OBU{}, nil, false
	}
	unit.Payload = data[:size]
	return unit, data[size:], true
}

// LEB128 reads a number (4.10.5) and how many bytes it has, 0 when it has no end within eight.
func LEB128(data []byte) (value uint64, size int) {
	for i, b := range data[:min(8, len(data))] {
		value |= uint64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}

// AppendLEB128 writes a number in as few bytes as it needs.
func AppendLEB128(dst []byte, value uint64) []byte {
	for ; value > 0x7f; value >>= 7 {
		dst = append(dst, byte(value)|0x80)
	}
	return append(dst, byte(value))
}

// av1Sequence reads sequence_header_obu (5.5.1) as far as the largest frame size.
func av1Sequence(data []byte) (width, height int, reducedStill bool) {
	r := bitReader{data: data}
	r.bits(3) // seq_profile
	r.flag()  // still_picture
	reducedStill = r.flag()
	if reducedStill {
		r.bits(5) // seq_level_idx
	} else if !av1OperatingPoints(&r) {
		return 0, 0, false
	}
	wBits, hBits := int(r.bits(4))+1, int(r.bits(4))+1
	width, height = int(r.bits(wBits))+1, int(r.bits(hBits))+1
	if r.bad {
		return 0, 0, false
	}
	return width, height, reducedStill
}

func av1OperatingPoints(r *bitReader) bool {
	decoderModel, delayBits := false, 0
	if r.flag() { // timing_info_present_flag
		r.bits(32)
		r.bits(32)
		if r.flag() { // equal_picture_interval
			r.ue() // num_ticks_per_picture_minus_1, uvlc
		}
		if decoderModel = r.flag(); decoderModel {
			delayBits = int(r.bits(5)) + 1
			r.bits(32)
			r.bits(10)
		}
	}
	initialDelay := r.flag()
	for range r.bits(5) + 1 {
		r.bits(12) // operating_point_idc
		if r.bits(5) > 7 {
			r.flag() // seq_tier
		}
		if decoderModel && r.flag() {
			r.bits(delayBits)
			r.bits(delayBits)
			r.flag()
		}
		if initialDelay && r.flag() {
			r.bits(4)
		}
	}
	return !r.bad
}
