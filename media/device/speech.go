package device

import (
	"math"
	"math/rand/v2"
)

// Speech is a sound shaped like speech, for synthetic participants: syllables of vowels and consonants in phrases with
// pauses. It means nothing, but voice detectors, echo cancellers, codecs with DTX and level meters treat it as a voice.
// The same seed gives the same sound.
type Speech struct {
	generator
	voice voice
}

// NewSpeech makes a voice from a seed.
func NewSpeech(seed uint64) *Speech {
	random := rand.New(rand.NewPCG(seed, 0x5A17))
	s := &Speech{voice: voice{random: random, pitch: 95 + 110*random.Float64()}}
	s.generator = generator{label: "Speech", channels: 1, fill: s.voice.fill}
	s.voice.next()
	return s
}

// Render computes the next samples (mono) without waiting for a clock; for files and tests. Not after Start.
func (s *Speech) Render(samples int) []int16 {
	pcm := make([]int16, samples)
	s.voice.fill(pcm)
	return pcm
}

// vowels by their first three formants, Hz.
var vowels = [][3]float64{{730, 1090, 2440}, {270, 2290, 3010}, {300, 870, 2240}, {530, 1840, 2480}, {570, 840, 2410}}

// voice is a source-filter model: pulses of the glottis or noise, through three resonators.
type voice struct {
	random *rand.Rand
	pitch  float64 // Hz, of this speaker

	left, length int // samples of the present sound
	kind         phone
	syllables    int // left in this phrase
	glide        float64
	phase        float64
	formants     [3]resonator
}

type phone int

const (
	pause phone = iota
	consonant
	vowel
)

// next chooses what follows: consonant, vowel, consonant, vowel …, then a pause.
func (v *voice) next() {
	switch v.kind {
	case consonant:
		v.kind = vowel
		v.length = v.samples(0.09, 0.22)
		for i, f := range vowels[v.random.IntN(len(vowels))] {
			v.formants[i].tune(f, 60+40*float64(i))
		}
		v.glide = v.pitch * (0.9 + 0.25*v.random.Float64())
	case vowel:
		if v.syllables--; v.syllables > 0 {
			v.consonant()
			break
		}
		v.kind, v.length = pause, v.samples(0.3, 1.1)
	case pause:
		v.syllables = 3 + v.random.IntN(9)
		v.consonant()
	}
	v.left = v.length
}

func (v *voice) consonant() {
	v.kind, v.length = consonant, v.samples(0.03, 0.09)
	v.formants[0].tune(1800+2500*v.random.Float64(), 900)
}

// samples of a duration between two bounds, seconds.
func (v *voice) samples(from, to float64) int {
	return int(SampleRate * (from + (to-from)*v.random.Float64()))
}

func (v *voice) fill(pcm []int16) {
	for i := range pcm {
		if v.left == 0 {
			v.next()
		}
		v.left--
		pcm[i] = int16(max(-32767, min(32767, 32767*v.sample())))
	}
}

func (v *voice) sample() float64 {
	progress := 1 - float64(v.left)/float64(v.length)
	envelope := math.Sin(math.Pi * progress)
	switch v.kind {
	case vowel:
		v.phase += v.glide * (1 - 0.15*progress) / SampleRate
		pulse := 0.0
		if v.phase >= 1 {
			v.phase--
			pulse = 1
		}
		pulse += 0.01 * (v.random.Float64() - 0.5) // breath
		return envelope * (6*v.formants[0].filter(pulse) + 3*v.formants[1].filter(pulse) + 1.2*v.formants[2].filter(pulse))
	case consonant:
		return envelope * 0.25 * v.formants[0].filter(v.random.Float64()-0.5)
	default:
		return 0.0004 * (v.random.Float64() - 0.5) // room
	}
}

// resonator is a two-pole filter with unit gain at its peak, roughly.
type resonator struct{ a, b1, b2, y1, y2 float64 }

func (r *resonator) tune(frequency, bandwidth float64) {
	radius := math.Exp(-math.Pi * bandwidth / SampleRate)
	angle := 2 * math.Pi * frequency / SampleRate
	r.b1, r.b2 = 2*radius*math.Cos(angle), -radius*radius
	r.a = (1 - radius) * math.Sqrt(1-2*radius*math.Cos(2*angle)+radius*radius)
}

func (r *resonator) filter(x float64) float64 {
	y := r.a*x + r.b1*r.y1 + r.b2*r.y2
	r.y1, r.y2 = y, r.y1
	return y
}
