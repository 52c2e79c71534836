package codec

// vp9Header is what the uncompressed header of a VP9 frame says (VP9 bitstream specification, 6.2 and 7.2).
type vp9Header struct {
	ok            bool
	key           bool
	width, height int // 0 when taken from a reference
}

// parseVP9 reads the header of every frame in a unit: the first frame decides about key, the largest size counts.
func parseVP9(data []byte) vp9Header {
	var h vp9Header
	frames, n := vp9Superframe(data)
	for i := range n {
		f := vp9Frame(frames[i])
		if i == 0 {
			h.ok, h.key = f.ok, f.key
		}
		if f.width*f.height > h.width*h.height {
			h.width, h.height = f.width, f.height
		}
	}
	return h
}

// vp9Superframe splits a unit by the index at its end (Annex B of the specification).
func vp9Superframe(data []byte) (frames [8][]byte, n int) {
	if len(data) == 0 {
		return frames, 0
	}
	marker := data[len(data)-1]
	count, width := int(marker&7)+1, int(marker>>3&3)+1
	index := 2 + count*width
	if marker&0xe0 != 0xc0 || len(data) < index || data[len(data)-index] != marker {
		frames[0] = data
		return frames, 1
	}
	sizes := data[len(data)-index+1 : len(data)-1]
	rest := data[:len(data)-index]
	for range count {
		size := 0
		for b := range width {
			size |= int(sizes[b]) << (8 * b)
		}
		sizes = sizes[width:]
		if size > len(rest) {
			break
		}
		if size > 0 {
			frames[n] = rest[:size]
			n++
		}
		rest = rest[size:]
	}
	return frames, n
}

func vp9Frame(data []byte) (h vp9Header) {
	r := bitReader{data: data}
	if r.bits(2) != 2 {
		return h
	}
	profile := int(r.bits(1) | r.bits(1)<<1)
	if profile == 3 {
		r.bits(1)
	}
	if r.flag() { // show_existing_frame
		h.ok = !r.bad
		return h
	}
	inter, shown, resilient := r.flag(), r.flag(), r.flag()
	if !inter {
		if !vp9Sync(&r) {
			return h
		}
		vp9Color(&r, profile)
		h.key = true
		h.width, h.height = vp9Size(&r)
	} else {
		intraOnly := !shown && r.flag()
		if !resilient {
			r.bits(2) // reset_frame_context
		}
		if intraOnly {
			if !vp9Sync(&r) {
				return h
			}
			if profile > 0 {
				vp9Color(&r, profile)
			}
			r.bits(8) // refresh_frame_flags
			h.width, h.height = vp9Size(&r)
		} else {
			r.bits(8 + 3*4) // refresh_frame_flags, three references with their sign bias
			found := false  // found_ref: the size of a reference
			for i := 0; i < 3 && !found; i++ {
				found = r.flag()
			}
			if !found {
				h.width, h.height = vp9Size(&r)
			}
		}
	}
	if r.bad {
		return vp9Header{}
	}
	h.ok = true
	return h
}

func vp9Sync(r *bitReader) bool { return r.bits(24) == 0x498342 }

// vp9Color is color_config of the specification.
func vp9Color(r *bitReader, profile int) {
	if profile >= 2 {
		r.bits(1) // bit depth
	}
	if r.bits(3) != 7 { // not RGB
		r.bits(1) // range
		if profile&1 == 1 {
			r.bits(3) // subsampling, reserved
		}
	} else if profile&1 == 1 {
		r.bits(1)
	}
}

func vp9Size(r *bitReader) (width, height int) { return int(r.bits(16)) + 1, int(r.bits(16)) + 1 }
