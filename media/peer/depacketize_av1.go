package peer

import "parley/media/codec"

// av1Depacketizer makes a temporal unit of OBUs with sizes (RTP payload format for AV1, version 1.0).
type av1Depacketizer struct {
	open  bool // the last element goes on
	start int  // where it begins in the unit
}

func (d *av1Depacketizer) reset() { d.open = false }

func (d *av1Depacketizer) append(dst, b []byte) ([]byte, error) {
	if len(b) < 2 || (b[0]&av1Continues != 0) != d.open {
		return dst, errPayload
	}
	unfinished, count := b[0]&av1Unfinished != 0, int(b[0]>>av1Count&3)
	b = b[1:]
	n := 0
	for ; len(b) > 0; n++ {
		size := len(b)
		if n+1 != count {
			length, head := codec.LEB128(b)
			b = b[head:]
			if head == 0 || length > uint64(len(b)) {
				return dst, errPayload
			}
			size = int(length)
		}
		if !d.open {
			d.start = len(dst)
		}
		dst = append(dst, b[:size]...)
		b = b[size:]
		if d.open = unfinished && len(b) == 0; d.open {
			continue
		}
		var ok bool
		if dst, ok = finishOBU(dst, d.start); !ok {
			return dst, errPayload
		}
	}
	if count != 0 && n != count {
		return dst, errPayload
	}
	return dst, nil
}

// finishOBU gives the OBU that begins at start, and is whole, its size, or takes it away again where it says nothing to a
// decoder.
func finishOBU(dst []byte, start int) (out []byte, ok bool) {
	if start == len(dst) {
		return dst, true // an empty element
	}
	unit, rest, ok := codec.NextOBU(dst[start:])
	if !ok || len(rest) > 0 {
		return dst, false
	}
	switch unit.Kind() {
	case codec.OBUTemporalDelimiter, codec.OBUTileList, codec.OBUPadding:
		return dst[:start], true
	}
	if dst[start]&codec.OBUHasSize != 0 {
		return dst, true
	}
	dst[start] |= codec.OBUHasSize
	at, size := start+len(unit.Header), len(unit.Payload)
	var length [8]byte
	room := codec.AppendLEB128(length[:0], uint64(size))
	dst = append(dst, room...)
	copy(dst[at+len(room):], dst[at:at+size])
	copy(dst[at:], room)
	return dst, true
}
