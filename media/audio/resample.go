package audio

import (
	"fmt"
	"math"
)

// Filter of the resampler: a windowed sinc with 256 positions (phases) between samples; values between two positions are
// interpolated, which keeps the table small for any ratio of rates.
const (
	phases   = 256
	halfTaps = 16 // zero crossings on either side, at the lower of the two rates
)

// Resampler changes the sample rate of interleaved 16-bit PCM, any number of channels, with a windowed-sinc filter. It
// is a stream: what one call leaves over the next one uses. Not for concurrent use.
type Resampler struct {
	channels int
	step     float64   // input samples an output sample
	half     int       // input samples on either side of an output sample
	table    []float32 // [phases+1][2*half]
	history  []float32 // input still needed, interleaved
	position float64   // of the next output sample in history, samples
}

// NewResampler converts from one rate to another (Hz, 1 to 768000).
func NewResampler(from, to, channels int) (*Resampler, error) {
	if from < 1 || to < 1 || from > 768000 || to > 768000 || channels < 1 || channels > 32 {
		return nil, fmt.Errorf("audio: cannot resample %d channels from %d to %d Hz", channels, from, to)
	}
	if from > 64*to {
		return nil, fmt.Errorf("audio: cannot resample from %d to %d Hz", from, to)
	}
	r := &Resampler{channels: channels, step: float64(from) / float64(to)}
	cutoff := 1.0
	if from > to {
		cutoff = float64(to) / float64(from)
	}
	r.half = int(math.Ceil(halfTaps / cutoff))
	cutoff *= 0.94 // leaves room for the transition band below Nyquist
	r.table = sincTable(r.half, cutoff)
	r.history = make([]float32, r.half*channels) // silence before the beginning
	r.position = float64(r.half)
	return r, nil
}

// sincTable holds, for each phase, the weights of the 2×half samples around an output sample.
func sincTable(half int, cutoff float64) []float32 {
	taps := 2 * half
	table := make([]float32, (phases+1)*taps)
	for p := range phases + 1 {
		row := table[p*taps : (p+1)*taps]
		sum := 0.0
		weights := make([]float64, taps)
		for i := range taps {
			x := float64(i-half+1) - float64(p)/phases
			weights[i] = cutoff * sinc(cutoff*x) * blackman(x/float64(half))
			sum += weights[i]
		}
		for i := range taps {
			row[i] = float32(weights[i] / sum) // unity gain for a constant
		}
	}
	return table
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// blackman window over -1 to 1.
func blackman(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return 0.42 + 0.5*math.Cos(math.Pi*x) + 0.08*math.Cos(2*math.Pi*x)
}

// Process appends to dst what src becomes and returns it. Both are interleaved.
func (r *Resampler) Process(dst, src []int16) []int16 {
	for _, v := range src {
		r.history = append(r.history, float32(v))
	}
	n, taps := r.channels, 2*r.half
	have := len(r.history) / n
	for {
		base := int(r.position)
		if base+r.half >= have {
			break
		}
		fraction := (r.position - float64(base)) * phases
		phase := int(fraction)
		blend := float32(fraction - float64(phase))
		row := r.table[phase*taps : (phase+2)*taps]
		first := (base - r.half + 1) * n
		for c := range n {
			var a, b float32
			samples := r.history[first+c:]
			for i := range taps {
				s := samples[i*n]
				a += s * row[i]
				b += s * row[taps+i]
			}
			dst = append(dst, round16(a+(b-a)*blend))
		}
		r.position += r.step
	}
	if drop := int(r.position) - r.half; drop > 0 {
		drop = min(drop, have)
		r.history = r.history[:copy(r.history, r.history[drop*n:])]
		r.position -= float64(drop)
	}
	return dst
}

// Reset forgets what came before.
func (r *Resampler) Reset() {
	r.history = r.history[:r.half*r.channels]
	clear(r.history)
	r.position = float64(r.half)
}

func round16(v float32) int16 {
	if v >= 0 {
		return saturate(int32(min(v, 40000) + 0.5))
	}
	return saturate(int32(max(v, -40000) - 0.5))
}

// Remix appends src, interleaved with from channels, to dst with to channels (1 or 2 on either side keep their level;
// of more channels the first two are the front pair, and all are mixed down for mono).
func Remix(dst, src []int16, from, to int) []int16 {
	switch {
	case from == to:
		return append(dst, src...)
	case from == 1:
		for _, v := range src {
			for range to {
				dst = append(dst, v)
			}
		}
	case to == 1:
		for i := 0; i+from <= len(src); i += from {
			var sum int32
			for _, v := range src[i : i+from] {
				sum += int32(v)
			}
			dst = append(dst, int16(sum/int32(from)))
		}
	default:
		for i := 0; i+from <= len(src); i += from {
			for c := range to {
				if c < from {
					dst = append(dst, src[i+c])
				} else {
					dst = append(dst, 0)
				}
			}
		}
	}
	return dst
}
