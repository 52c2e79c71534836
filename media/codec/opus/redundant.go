package opus

// redundant tells whether a packet holds its predecessor too, coarser (low bit-rate redundancy, RFC 6716 4.2.5). The
// flags come first in a SILK frame (4.2.3), each with a probability of a half, so the range coder leaves them plain bits.
// Packets of more than two frames are taken for ones without: nobody sends them in a call.
func redundant(packet []byte) bool {
	if len(packet) < 2 {
		return false
	}
	configuration, stereo, count := packet[0]>>3, packet[0]&4 != 0, packet[0]&3 // RFC 6716 3.1

	frames := 1 // SILK's, of 20 ms at most
	switch {
	case configuration < 12: // SILK alone: 10, 20, 40, 60 ms
		frames = max(1, int(configuration&3))
	case configuration >= 16: // CELT alone
		return false
	}
	first := packet[1:]
	switch {
	case count == 3:
		return false
	case count == 2 && first[0] >= 252: // the first frame's length, in one byte or two
		first = first[min(2, len(first)):]
	case count == 2:
		first = first[1:]
	}
	if len(first) == 0 {
		return false
	}
	// One voice activity flag for each frame, then ours; the same again for the side channel.
	if first[0]>>(7-frames)&1 != 0 {
		return true
	}
	return stereo && first[0]>>(6-2*frames)&1 != 0
}
