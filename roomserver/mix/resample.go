package mix

import (
	"math"

	"parley/media/codec"
)

// stepOf a codec is how many samples of the mix are one of its own: the mix runs at a whole multiple of each.
func stepOf(a codec.AudioAdapter) int { return sampleRate / a.SampleRate }

// ticksOf a codec is by how much the timestamp of a frame exceeds the one before.
func ticksOf(a codec.AudioAdapter) uint32 { return uint32(frameSamples * a.ClockRate / sampleRate) }

const (
	tapsAPhase = 16
	// passband is what the filters leave of half of a codec's rate: the rest is their slope.
	passband = 0.9
)

// newLowPass is a windowed sinc (Blackman) for a step; its sum is 1.
func newLowPass(step int) []float32 {
	taps := tapsAPhase * step
	exact, h := make([]float64, taps), make([]float32, taps)
	sum := 0.0
	for i := range exact {
		x := float64(i) - float64(taps-1)/2
		phase := 2 * math.Pi * float64(i) / float64(taps-1)
		window := 0.42 - 0.5*math.Cos(phase) + 0.08*math.Cos(2*phase)
		exact[i] = math.Sin(math.Pi*passband/float64(step)*x) / x * window // x is never 0: the number of taps is even
		sum += exact[i]
	}
	for i, v := range exact {
		h[i] = float32(v / sum)
	}
	return h
}

// lowPass of every step there is, made once.
var lowPass = map[int][]float32{6: newLowPass(6), 3: newLowPass(3)}

// decimator turns 48 kHz into a codec's rate.
type decimator struct {
	step    int
	lowPass []float32
	past    []float32 // a ring would save the copy, and cost the clarity
}

func newDecimator(step int) *decimator {
	return &decimator{step: step, lowPass: lowPass[step], past: make([]float32, tapsAPhase*step)}
}

// run appends one sample for each step to dst. len(pcm) is a multiple of the step.
func (d *decimator) run(dst, pcm []int16) []int16 {
	for ; len(pcm) >= d.step; pcm = pcm[d.step:] {
		newest := d.past[copy(d.past, d.past[d.step:]):]
		for i, v := range pcm[:d.step] {
			newest[i] = float32(v)
		}
		var sum float32
		for i, h := range d.lowPass {
			sum += h * d.past[i]
		}
		dst = append(dst, clip(sum))
	}
	return dst
}

// interpolator turns a codec's rate into 48 kHz.
type interpolator struct {
	step    int
	lowPass []float32
	past    [tapsAPhase]float32
}

func newInterpolator(step int) *interpolator {
	return &interpolator{step: step, lowPass: lowPass[step]}
}

// run appends step times as many samples to dst.
func (p *interpolator) run(dst, pcm []int16) []int16 {
	for _, v := range pcm {
		copy(p.past[1:], p.past[:tapsAPhase-1])
		p.past[0] = float32(v)
		for phase := range p.step {
			var sum float32
			for k, x := range p.past {
				sum += p.lowPass[phase+k*p.step] * x
			}
			dst = append(dst, clip(sum*float32(p.step)))
		}
	}
	return dst
}

func clip(v float32) int16 { return int16(min(max(v, math.MinInt16), math.MaxInt16)) }
