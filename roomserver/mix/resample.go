package mix

import "math"

// Telephone codecs (G.711) run at 8 kHz, the mix at six times that.
const (
	telephoneRate = 8000 // Hz
	telephoneStep = sampleRate / telephoneRate
	tapsAPhase    = 16
	filterTaps    = tapsAPhase * telephoneStep
	cutoff        = 3600 // Hz: below half of the telephone's rate, with room for the filter's slope
)

// lowPass is a windowed sinc (Blackman), its sum is 1.
var lowPass = func() (h [filterTaps]float32) {
	var sum float64
	var exact [filterTaps]float64
	for i := range exact {
		x := float64(i) - float64(filterTaps-1)/2
		phase := 2 * math.Pi * float64(i) / (filterTaps - 1)
		window := 0.42 - 0.5*math.Cos(phase) + 0.08*math.Cos(2*phase)
		exact[i] = math.Sin(2*math.Pi*cutoff/sampleRate*x) / x * window // x is never 0: the number of taps is even
		sum += exact[i]
	}
	for i, v := range exact {
		h[i] = float32(v / sum)
	}
	return h
}()

// decimator turns 48 kHz into 8 kHz.
type decimator struct {
	past [filterTaps]float32 // a ring would save the copy, and cost the clarity
}

// run appends a sixth as many samples to dst. len(pcm) is a multiple of six.
func (d *decimator) run(dst, pcm []int16) []int16 {
	for ; len(pcm) >= telephoneStep; pcm = pcm[telephoneStep:] {
		copy(d.past[:], d.past[telephoneStep:])
		for i, v := range pcm[:telephoneStep] {
			d.past[filterTaps-telephoneStep+i] = float32(v)
		}
		var sum float32
		for i, h := range lowPass {
			sum += h * d.past[i]
		}
		dst = append(dst, clip(sum))
	}
	return dst
}

// interpolator turns 8 kHz into 48 kHz.
type interpolator struct {
	past [tapsAPhase]float32
}

// run appends six times as many samples to dst.
func (p *interpolator) run(dst, pcm []int16) []int16 {
	for _, v := range pcm {
		copy(p.past[1:], p.past[:tapsAPhase-1])
		p.past[0] = float32(v)
		for phase := range telephoneStep {
			var sum float32
			for k, x := range p.past {
				sum += lowPass[phase+k*telephoneStep] * x
			}
			dst = append(dst, clip(sum*telephoneStep))
		}
	}
	return dst
}

func clip(v float32) int16 { return int16(min(max(v, math.MinInt16), math.MaxInt16)) }
