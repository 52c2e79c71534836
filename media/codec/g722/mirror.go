package g722

// mirror is the quadrature mirror filter that splits and joins the sub-bands (ITU-T G.722, 3.1 and 4.4).
type mirror struct{ past [24]int32 }

// run takes two values and gives the sums over the even and the odd ones of the last 24.
func (m *mirror) run(a, b int32) (even, odd int32) {
	copy(m.past[:], m.past[2:])
	m.past[22], m.past[23] = a, b
	for i, h := range mirrorTaps {
		even += m.past[2*i] * h
		odd += m.past[2*i+1] * mirrorTaps[len(mirrorTaps)-1-i]
	}
	return even, odd
}

// mirrorTaps is every second coefficient of the filter (table 11), which is symmetric.
var mirrorTaps = [12]int32{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}
