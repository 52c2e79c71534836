package peer

import "parley/media/codec"

// qpSum adds up quantizers (W3C qpSum), while libraries tell them.
type qpSum uint64

// add the quantizer of the picture that an encoder or decoder has just coded.
func (q *qpSum) add(coder any) { *q += qpSum(max(0, quantizer(coder))) }

// quantizer of the picture that an encoder or decoder has just coded, in the codec's scale; negative when it is not known.
func quantizer(coder any) int {
	if c, ok := coder.(codec.Quantizing); ok {
		return c.Quantizer()
	}
	return -1
}
