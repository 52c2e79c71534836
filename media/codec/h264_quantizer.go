package codec

// Bounds of H.264's identifiers and of its quantizer at eight bits (7.4.2, 7.4.3).
const (
	h264SPSs       = 32
	h264PPSs       = 256
	h264References = 32
	h264Coarsest   = 51
)

// Kinds of slices (table 7-6), modulo 5; the rest is intra.
const (
	sliceP  = 0
	sliceB  = 1
	sliceI  = 2
	sliceSP = 3
	sliceSI = 4
)

// H264Quantizer reads how coarse pictures are, which OpenH264 does not tell, from their slices' headers. The parameter sets
// that it was given before count. It reads hostile input too, and allocates nothing. Zero value is ready.
type H264Quantizer struct {
	sequences [h264SPSs]h264SPS
	pictures  [h264PPSs]h264PPS
}

// Picture takes an access unit (Annex B) and returns QPY, 0 to 51, on average of its slices; negative when it has none whose
// header can be read.
func (q *H264Quantizer) Picture(data []byte) int {
	sum, slices := 0, 0
	for nal, rest := NextNAL(data); nal != nil; nal, rest = NextNAL(rest) {
		switch nal[0] & 0x1f {
		case nalSPS:
			if s := readSPS(nal[1:]); s.ok && s.id < h264SPSs {
				q.sequences[s.id] = s
			}
		case nalPPS:
			if p, id := readPPS(nal[1:]); p.ok {
				q.pictures[id] = p
			}
		case nalSlice, nalIDR:
			if qp, ok := q.slice(nal); ok {
				sum += qp
				slices++
			}
		}
	}
	if slices == 0 {
		return -1
	}
	return (sum + slices/2) / slices
}

// h264PPS is what a picture parameter set says of the headers of slices.
type h264PPS struct {
	ok         bool
	sequence   uint8
	cabac      bool  // entropy_coding_mode_flag
	fieldOrder bool  // bottom_field_pic_order_in_frame_present_flag
	redundant  bool  // redundant_pic_cnt_present_flag
	weighted   bool  // weighted_pred_flag
	bipred     uint8 // weighted_bipred_idc
	references [2]uint8
	quantizer  int8
}

// readPPS reads a picture parameter set (7.3.2.2) as far as its flags; slice groups, which constrained baseline has not, are
// not read.
func readPPS(data []byte) (p h264PPS, id uint32) {
	var buf [maxHeader]byte
	r := bitReader{data: unescape(&buf, data)}
	id = r.ue()
	sequence := r.ue()
	p.cabac, p.fieldOrder = r.flag(), r.flag()
	groups := r.ue()
	l0, l1 := r.ue(), r.ue()
	p.weighted, p.bipred = r.flag(), uint8(r.bits(2))
	quantizer := 26 + r.se()
	r.se()   // pic_init_qs_minus26
	r.se()   // chroma_qp_index_offset
	r.flag() // deblocking_filter_control_present_flag
	r.flag() // constrained_intra_pred_flag
	p.redundant = r.flag()
	p.ok = !r.bad && id < h264PPSs && sequence < h264SPSs && groups == 0 && max(l0, l1) < h264References && p.bipred < 3 &&
		quantizer >= 0 && quantizer <= h264Coarsest
	if !p.ok {
		return h264PPS{}, 0
	}
	p.sequence, p.references, p.quantizer = uint8(sequence), [2]uint8{uint8(l0 + 1), uint8(l1 + 1)}, int8(quantizer)
	return p, id
}

// slice reads SliceQPY from a slice's header (7.3.3).
func (q *H264Quantizer) slice(nal []byte) (qp int, ok bool) {
	var buf [maxHeader]byte
	s := h264Slice{r: bitReader{data: unescape(&buf, nal[1:])}, idr: nal[0]&0x1f == nalIDR, reference: nal[0]>>5&3 != 0}
	s.r.ue() // first_mb_in_slice
	kind := s.r.ue()
	id := s.r.ue()
	if s.r.bad || kind > 9 || id >= h264PPSs || !q.pictures[id].ok {
		return 0, false
	}
	s.kind, s.picture = kind%5, &q.pictures[id]
	if s.sequence = &q.sequences[s.picture.sequence]; !s.sequence.ok {
		return 0, false
	}
	s.readNumbers()
	s.readReferences()
	if s.r.bad {
		return 0, false
	}
	if s.picture.cabac && s.kind != sliceI && s.kind != sliceSI {
		s.r.ue() // cabac_init_idc
	}
	qp = int(s.picture.quantizer) + int(s.r.se())
	return qp, !s.r.bad && qp >= 0 && qp <= h264Coarsest
}
