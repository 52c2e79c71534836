package peer

import "parley/media/codec"

// qpSum adds up quantizers (W3C qpSum), while libraries tell them.
type qpSum uint64

// add the quantizer of the picture that an encoder or decoder has just coded.
func (q *qpSum) add(coder any) {
	if c, ok := coder.(codec.Quantizing); ok {
		*q += qpSum(max(0, c.Quantizer()))
	}
}
