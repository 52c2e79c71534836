package codec

// OBU types (AV1 specification 6.2.2).
const (
	obuSequence    = 1
	obuFrameHeader = 3
	obuFrame       = 6
)

// av1Header is what the OBUs of a temporal unit say.
type av1Header struct {
	key           bool // a sequence header, then a key frame as the first frame
	width, height int  // largest size, from the sequence header
}

func parseAV1(data []byte) (h av1Header) {
	reducedStill := false
	for len(data) > 0 {
		kind, body, rest, ok := nextOBU(data)
		if !ok {
			return h
		}
		data = rest
		switch kind {
		case obuSequence:
			h.width, h.height, reducedStill = av1Sequence(body)
		case obuFrameHeader, obuFrame:
			r := bitReader{data: body}
			// show_existing_frame is 0 and frame_type is KEY_FRAME (0).
			h.key = h.width > 0 && (reducedStill || r.bits(3) == 0) && !r.bad
			return h
		}
	}
	return h
}

// nextOBU splits off one OBU (5.3). One without a size reaches to the end.
func nextOBU(data []byte) (kind byte, body, rest []byte, ok bool) {
	kind = data[0] >> 3 & 15
	head := 1
	if data[0]&4 != 0 { // obu_extension_flag
		head++
	}
	if data[0]&0x80 != 0 || len(data) < head {
		return 0, nil, nil, false
	}
	if data[0]&2 == 0 { // obu_has_size_field
		return kind, data[head:], nil, true
	}
	data = data[head:]
	size := uint64(0)
	for i := range 8 { // leb128
		if i >= len(data) {
			return 0, nil, nil, false
		}
		size |= uint64(data[i]&0x7f) << (7 * i)
		if data[i]&0x80 == 0 {
			data = data[i+1:]
			if size > uint64(len(data)) {
				return 0, nil, nil, false
			}
			return kind, data[:size], data[size:], true
		}
	}
	return 0, nil, nil, false
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
