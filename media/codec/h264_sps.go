package codec

// maxHeader bounds how much of a parameter set or slice header is read, in bytes.
const maxHeader = 256

// unescape removes the emulation prevention bytes (H.264 7.3.1) into buf.
func unescape(buf *[maxHeader]byte, data []byte) []byte {
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

// h264SPS is what a sequence parameter set says of the pictures' size and of their slices' headers.
type h264SPS struct {
	ok              bool
	id              uint32
	width, height   int    // pixels, cropped
	chroma          uint32 // chroma_format_idc
	separate        bool   // separate_colour_plane_flag
	framesOnly      bool   // frame_mbs_only_flag
	frameNumberBits int    // of frame_num
	orderType       uint32 // pic_order_cnt_type
	orderBits       int    // of pic_order_cnt_lsb
	orderFixed      bool   // delta_pic_order_always_zero_flag
}

// readSPS reads seq_parameter_set_data (H.264 7.3.2.1.1) as far as the cropping.
func readSPS(data []byte) (s h264SPS) {
	var buf [maxHeader]byte
	r := bitReader{data: unescape(&buf, data)}
	profile := r.bits(8)
	r.bits(16) // constraint flags, level
	s.id = r.ue()
	s.chroma = 1
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		s.readChroma(&r)
	}
	s.frameNumberBits = 4 + int(min(r.ue(), 12))
	if !s.readOrder(&r) || r.bad {
		return h264SPS{}
	}
	r.ue()   // max_num_ref_frames
	r.flag() // gaps_in_frame_num_value_allowed_flag
	s.ok = s.readSize(&r)
	return s
}

func (s *h264SPS) readSize(r *bitReader) bool {
	mbWidth, mapHeight := r.ue(), r.ue()
	framesOnly := r.bits(1)
	if s.framesOnly = framesOnly == 1; !s.framesOnly {
		r.flag() // mb_adaptive_frame_field_flag
	}
	r.flag() // direct_8x8_inference_flag
	var left, right, top, bottom uint32
	if r.flag() {
		left, right, top, bottom = r.ue(), r.ue(), r.ue(), r.ue()
	}
	const limit = 1 << 12 // macroblocks a side
	if r.bad || mbWidth >= limit || mapHeight >= limit || max(left, right, top, bottom) >= limit*16 {
		return false
	}
	width, height := int(mbWidth+1)*16, int(mapHeight+1)*16*int(2-framesOnly)
	cropX, cropY := 1, int(2-framesOnly)
	if s.chroma == 1 || s.chroma == 2 {
		cropX = 2
	}
	if s.chroma == 1 {
		cropY *= 2
	}
	s.width, s.height = width-int(left+right)*cropX, height-int(top+bottom)*cropY
	return s.width > 0 && s.height > 0
}

// readChroma reads what the high profiles add.
func (s *h264SPS) readChroma(r *bitReader) {
	s.chroma = r.ue()
	if s.chroma == 3 {
		s.separate = r.flag()
	}
	r.ue()   // bit_depth_luma_minus8
	r.ue()   // bit_depth_chroma_minus8
	r.flag() // qpprime_y_zero_transform_bypass_flag
	if !r.flag() {
		return
	}
	lists := 8
	if s.chroma == 3 {
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
}

// readOrder reads how pictures are numbered in the order of showing.
func (s *h264SPS) readOrder(r *bitReader) bool {
	switch s.orderType = r.ue(); s.orderType {
	case 0:
		s.orderBits = 4 + int(min(r.ue(), 12))
	case 1:
		s.orderFixed = r.flag()
		r.se() // offset_for_non_ref_pic
		r.se() // offset_for_top_to_bottom_field
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
