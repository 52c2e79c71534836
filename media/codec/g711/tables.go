package g711

import "math/bits"

// decodeMu and decodeA expand a byte to a sample of 16 bits (ITU-T G.711).
var decodeMu, decodeA = expansions()

func expansions() (mu, a [256]int16) {
	for i := range 256 {
		mu[i] = expandMu(byte(i))
		a[i] = expandA(byte(i))
	}
	return mu, a
}

func expandMu(b byte) int16 {
	b = ^b
	v := (int(b&0x0f)<<3+0x84)<<(b>>4&7) - 0x84
	if b&0x80 != 0 {
		return int16(-v)
	}
	return int16(v)
}

func expandA(b byte) int16 {
	b ^= 0x55
	v := int(b&0x0f)<<4 + 8
	if exponent := b >> 4 & 7; exponent > 0 {
		v = (v + 0x100) << (exponent - 1)
	}
	if b&0x80 == 0 {
		return int16(-v)
	}
	return int16(v)
}

// muClip is the largest magnitude the mu-law holds.
const muClip = 32635

func compressMu(s int16) byte {
	v, sign := int(s), byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, muClip) + 0x84
	exponent := bits.Len(uint(v)) - 8 // the bias makes it 0 at least
	return ^(sign | byte(exponent)<<4 | byte(v>>(exponent+3))&0x0f)
}

func compressA(s int16) byte {
	v, sign := int(s), byte(0x80)
	if v < 0 {
		v, sign = -v-1, 0
	}
	exponent := max(bits.Len(uint(v))-8, 0)
	shift := max(exponent+3, 4)
	return (sign | byte(exponent)<<4 | byte(v>>shift)&0x0f) ^ 0x55
}
