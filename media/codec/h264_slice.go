package codec

// h264Slice is a slice's header while it is read.
type h264Slice struct {
	r         bitReader
	idr       bool
	reference bool   // nal_ref_idc is not 0
	kind      uint32 // slice_type modulo 5
	picture   *h264PPS
	sequence  *h264SPS
}

// readNumbers reads which picture it is of.
func (s *h264Slice) readNumbers() {
	r := &s.r
	if s.sequence.separate {
		r.bits(2) // colour_plane_id
	}
	r.bits(s.sequence.frameNumberBits)
	field := false
	if !s.sequence.framesOnly {
		if field = r.flag(); field {
			r.flag() // bottom_field_flag
		}
	}
	if s.idr {
		r.ue() // idr_pic_id
	}
	both := s.picture.fieldOrder && !field
	switch {
	case s.sequence.orderType == 0:
		r.bits(s.sequence.orderBits)
		if both {
			r.se() // delta_pic_order_cnt_bottom
		}
	case s.sequence.orderType == 1 && !s.sequence.orderFixed:
		r.se() // delta_pic_order_cnt of the frame, or of the top field
		if both {
			r.se()
		}
	}
	if s.picture.redundant {
		r.ue() // redundant_pic_cnt
	}
}

// readReferences reads what it says of the pictures it is predicted from, and of those that are kept.
func (s *h264Slice) readReferences() {
	r := &s.r
	if s.kind == sliceB {
		r.flag() // direct_spatial_mv_pred_flag
	}
	lists := 0
	switch s.kind {
	case sliceP, sliceSP:
		lists = 1
	case sliceB:
		lists = 2
	}
	references := s.picture.references
	if lists > 0 && r.flag() { // num_ref_idx_active_override_flag
		for i := range lists {
			n := r.ue()
			if n >= h264References {
				r.bad = true
				return
			}
			references[i] = uint8(n + 1)
		}
	}
	for range lists {
		s.readOrder()
	}
	if lists == 1 && s.picture.weighted || lists == 2 && s.picture.bipred == 1 {
		s.readWeights(references[:lists])
	}
	if s.reference {
		s.readMarking()
	}
}

// readOrder reads ref_pic_list_modification (7.3.3.1) of one list. Each entry takes bits, so it ends with them.
func (s *h264Slice) readOrder() {
	if !s.r.flag() {
		return
	}
	for s.r.ue() != 3 && !s.r.bad {
		s.r.ue()
	}
}

// readWeights reads pred_weight_table (7.3.3.2).
func (s *h264Slice) readWeights(references []uint8) {
	r := &s.r
	r.ue() // luma_log2_weight_denom
	colour := s.sequence.chroma != 0 && !s.sequence.separate
	if colour {
		r.ue() // chroma_log2_weight_denom
	}
	for _, n := range references {
		for range n {
			if r.flag() { // luma: weight and offset
				r.se()
				r.se()
			}
			if colour && r.flag() { // likewise of both planes
				for range 4 {
					r.se()
				}
			}
		}
	}
}

// readMarking reads dec_ref_pic_marking (7.3.3.3).
func (s *h264Slice) readMarking() {
	r := &s.r
	if s.idr {
		r.bits(2) // no_output_of_prior_pics_flag, long_term_reference_flag
		return
	}
	if !r.flag() { // adaptive_ref_pic_marking_mode_flag
		return
	}
	for !r.bad {
		switch r.ue() {
		case 0:
			return
		case 3:
			r.ue()
			r.ue()
		case 5:
		default: // one picture, or how many are kept
			r.ue()
		}
	}
}
