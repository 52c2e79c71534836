package codec

import "bytes"

// NAL unit types (H.264 table 7-1).
const (
	nalSlice = 1
	nalIDR   = 5
	nalSPS   = 7
	nalPPS   = 8
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
		if s := readSPS(nal[1:]); s.ok && s.width*s.height > width*height {
			width, height = s.width, s.height
		}
	}
	return width, height
}
