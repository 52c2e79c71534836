package codec

import "bytes"

// NAL unit types (H.264 table 7-1).
const (
	nalSlice = 1
	nalIDR   = 5
	nalSPS   = 7
)

// NextNAL returns the first NAL unit of an Annex B stream without its start code, and what follows it; nil at the end. Zero
// bytes at a unit's end belong to the next start code.
func NextNAL(data []byte) (unit, rest []byte) {
	start := bytes.Index(data, startCode)
	for start >= 0 {
		data = data[start+3:]
		start = bytes.Index(data, startCode)
		unit, rest = data, nil
		if start >= 0 {
			unit, rest = data[:start], data[start:]
		}
		if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 0 {
			return unit, rest
		}
	}
	return nil, nil
}

var startCode = []byte{0, 0, 1}

// h264Has tells whether an Annex B stream holds a NAL unit of the type.
func h264Has(data []byte, kind byte) bool {
	for nal, rest := NextNAL(data); nal != nil; nal, rest = NextNAL(rest) {
		if nal[0]&0x1f == kind {
			return true
		}
	}
	return false
}

// H264Parameters tells whether an Annex B stream holds NAL units but no coded slice: parameter sets may come alone.
func H264Parameters(data []byte) bool {
	units := false
	for nal, rest := NextNAL(data); nal != nil; nal, rest = NextNAL(rest) {
		units = true
		if kind := nal[0] & 0x1f; kind >= nalSlice && kind <= nalIDR {
			return false
		}
	}
	return units
}

// h264Size gives the largest size of the sequence parameter sets in a unit, before cropping is 16 more at most.
func h264Size(data []byte) (width, height int) {
	for nal, rest := NextNAL(data); nal != nil; nal, rest = NextNAL(rest) {
		if len(nal) < 4 || nal[0]&0x1f != nalSPS {
			continue
		}
		if w, h := spsSize(nal[1:]); w*h > width*height {
			width, height = w, h
		}
	}
	return width, height
}

// maxSPS bounds how much of a sequence parameter set is read, in bytes.
const maxSPS = 256

// unescape removes the emulation prevention bytes (H.264 7.3.1) into buf.
func unescape(buf *[maxSPS]byte, data []byte) []byte {
	n, zeros := 0, 0
	for _, b := range data {
		if n == len(buf) {
			break
		}
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
		buf[n] = b
		n++
	}
	return buf[:n]
}

// spsSize reads seq_parameter_set_data (H.264 7.3.2.1.1) as far as the cropping.
func spsSize(data []byte) (width, height int) {
	var buf [maxSPS]byte
	r := bitReader{data: unescape(&buf, data)}
	profile := r.bits(8)
	r.bits(16) // constraint flags, level
	r.ue()     // seq_parameter_set_id
	chroma := uint32(1)
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		chroma = spsChroma(&r)
	}
	r.ue()                             // log2_max_frame_num_minus4
	if !spsPictureOrder(&r) || r.bad { // pic_order_cnt_type and what belongs to it
		return 0, 0
	}
	r.ue()   // max_num_ref_frames
	r.flag() // gaps_in_frame_num_value_allowed_flag
	mbWidth, mapHeight := r.ue(), r.ue()
	framesOnly := r.bits(1)
	if framesOnly == 0 {
		r.flag() // mb_adaptive_frame_field_flag
	}
	r.flag() // direct_8x8_inference_flag
	var left, right, top, bottom uint32
	if r.flag() {
		left, right, top, bottom = r.ue(), r.ue(), r.ue(), r.ue()
	}
	const limit = 1 << 12 // macroblocks a side
	if r.bad || mbWidth >= limit || mapHeight >= limit || max(left, right, top, bottom) >= limit*16 {
		return 0, 0
	}
	width, height = int(mbWidth+1)*16, int(mapHeight+1)*16*int(2-framesOnly)
	cropX, cropY := 1, int(2-framesOnly)
	if chroma == 1 || chroma == 2 {
		cropX = 2
	}
	if chroma == 1 {
		cropY *= 2
	}
	width -= int(left+right) * cropX
	height -= int(top+bottom) * cropY
	if width <= 0 || height <= 0 {
		return 0, 0
	}
	return width, height
}

// spsChroma reads what the high profiles add and returns chroma_format_idc.
func spsChroma(r *bitReader) uint32 {
	chroma := r.ue()
	if chroma == 3 {
		r.flag() // separate_colour_plane_flag
	}
	r.ue()   // bit_depth_luma_minus8
	r.ue()   // bit_depth_chroma_minus8
	r.flag() // qpprime_y_zero_transform_bypass_flag
	if !r.flag() {
		return chroma
	}
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if !r.flag() {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		last, next := int32(8), int32(8)
		for range size {
			if next != 0 {
				next = (last + r.se() + 256) % 256
			}
			if next != 0 {
				last = next
			}
		}
	}
	return chroma
}

func spsPictureOrder(r *bitReader) bool {
	switch r.ue() {
	case 0:
		r.ue() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		r.flag() // delta_pic_order_always_zero_flag
		r.se()   // offset_for_non_ref_pic
		r.se()   // offset_for_top_to_bottom_field
		n := r.ue()
		if n > 255 {
			return false
		}
		for range n {
			r.se()
		}
	case 2:
	default:
		return false
	}
	return true
}
