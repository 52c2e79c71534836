package codec

// bitReader reads bits, most significant first. Past the end it gives zeros and remembers that in bad, so that parsers
// check once.
type bitReader struct {
	data []byte
	pos  int // bit
	bad  bool
}

func (r *bitReader) bits(n int) uint32 {
	var v uint32
	for range n {
		v <<= 1
		if i := r.pos >> 3; i < len(r.data) {
			v |= uint32(r.data[i]>>(7-r.pos&7)) & 1
		} else {
			r.bad = true
		}
		r.pos++
	}
	return v
}

func (r *bitReader) flag() bool { return r.bits(1) == 1 }

// ue reads an unsigned Exp-Golomb code (H.264 9.1), of at most 32 leading zeros.
func (r *bitReader) ue() uint32 {
	zeros := 0
	for !r.flag() {
		zeros++
		if zeros > 31 || r.bad {
			r.bad = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.bits(zeros)
}

// se reads a signed Exp-Golomb code (H.264 9.1.1).
func (r *bitReader) se() int32 {
	v := r.ue()
	if v&1 == 1 {
		return int32(v/2) + 1
	}
	return -int32(v / 2)
}
