package g722

// band is the state of one sub-band's ADPCM, the same in coder and decoder (ITU-T G.722, 3.5 and 3.6, at 16 bits).
type band struct {
	step      int32 // quantizer scale factor, DETL or DETH
	logStep   int32 // NBL or NBH
	predicted int32 // SL or SH

	zeros      int32    // the zero section's part of the prediction, SZL
	b          [6]int32 // coefficients of the zero section,
	difference [6]int32 // and the quantized differences it works on, newest first
	a          [2]int32 // coefficients of the pole section,
	signal     [2]int32 // and the reconstructed signal it works on,
	partial    [2]int32 // and the partially reconstructed one that steers it
}

func newLow() band  { return band{step: 32} }
func newHigh() band { return band{step: 8} }

// quantizeLow codes the lower sub-band with 6 bits (QUANTL).
func (b *band) quantizeLow(x int32) byte {
	e := saturate(x - b.predicted)
	n := byte(0)
	for _, limit := range lowLimits {
		if magnitude(e) < limit*b.step>>12 {
			break
		}
		n++
	}
	switch {
	case e >= 0:
		return 61 - n
	case n < 2:
		return 63 - n
	default:
		return 33 - n
	}
}

// quantizeHigh codes the higher sub-band with 2 bits (QUANTH).
func (b *band) quantizeHigh(x int32) byte {
	e := saturate(x - b.predicted)
	code := byte(1)
	if magnitude(e) >= highLimit*b.step>>12 {
		code = 0
	}
	if e >= 0 {
		code += 2
	}
	return code
}

// magnitude of a difference as the quantizers compare it: a negative one is taken without its last step.
func magnitude(e int32) int32 {
	if e < 0 {
		return -(e + 1)
	}
	return e
}

// adaptLow follows a code of the lower sub-band: its two lowest bits do not count, for a network may use them otherwise.
func (b *band) adaptLow(code byte) {
	four := code >> 2
	difference := b.step * coarseLevels[four] >> 15
	b.scale(lowSteps[four], 18432, 8)
	b.predict(difference)
}

func (b *band) adaptHigh(code byte) {
	difference := b.step * highLevels[code] >> 15
	b.scale(highSteps[code], 22528, 10)
	b.predict(difference)
}

// scale moves the step on a logarithmic scale with a leak (LOGSCL, SCALEL and their like).
func (b *band) scale(change, most, shift int32) {
	b.logStep = min(max(b.logStep*127>>7+change, 0), most)
	fraction, whole := inverseLog[b.logStep>>6&31], shift-b.logStep>>11
	if whole < 0 {
		b.step = fraction << -whole << 2
	} else {
		b.step = fraction >> whole << 2
	}
}

// predict takes in a quantized difference and makes the next prediction (block 4).
func (b *band) predict(difference int32) {
	signal, partial := saturate(b.predicted+difference), saturate(b.zeros+difference)
	b.adaptPoles(partial)
	b.adaptZeros(difference)
	b.signal = [2]int32{signal, b.signal[0]}
	b.partial = [2]int32{partial, b.partial[0]}
	copy(b.difference[1:], b.difference[:5])
	b.difference[0] = difference

	poles := saturate(b.a[0]*saturate(2*b.signal[0])>>15 + b.a[1]*saturate(2*b.signal[1])>>15)
	b.zeros = 0
	for i, d := range b.difference {
		b.zeros += b.b[i] * saturate(2*d) >> 15
	}
	b.zeros = saturate(b.zeros)
	b.predicted = saturate(poles + b.zeros)
}

// adaptPoles is UPPOL2 and UPPOL1.
func (b *band) adaptPoles(partial int32) {
	likeFirst, likeSecond := sameSign(partial, b.partial[0]), sameSign(partial, b.partial[1])
	first := saturate(4 * b.a[0])
	second := int32(-128)
	if likeSecond {
		second = 128
	}
	if likeFirst {
		first = -first
	}
	second += min(first, 32767)>>7 + b.a[1]*32512>>15
	second = min(max(second, -12288), 12288)
	step := int32(-192)
	if likeFirst {
		step = 192
	}
	limit := saturate(15360 - second)
	b.a[0] = min(max(saturate(step+b.a[0]*32640>>15), -limit), limit)
	b.a[1] = second
}

// adaptZeros is UPZERO.
func (b *band) adaptZeros(difference int32) {
	for i := range b.b {
		step := int32(0)
		if difference != 0 {
			step = -128
			if sameSign(difference, b.difference[i]) {
				step = 128
			}
		}
		b.b[i] = saturate(step + b.b[i]*32640>>15)
	}
}

func sameSign(a, b int32) bool { return a < 0 == (b < 0) }

func saturate(v int32) int32 { return min(max(v, -32768), 32767) }

// bound to -limit and limit-1.
func bound(v, limit int32) int32 { return min(max(v, -limit), limit-1) }
