package device

import (
	"math"
)

// generator is an AudioSource whose sound is computed.
type generator struct {
	label    string
	channels int
	run      runner
	fill     func(pcm []int16) // called in order; zeros before
}

func (g *generator) Label() string { return g.label }
func (g *generator) Channels() int { return g.channels }

func (g *generator) Start(deliver func(pcm []int16), ended func(error)) error {
	pcm := make([]int16, FrameSamples*g.channels)
	return g.run.start(func(stop <-chan struct{}) error {
		return pace(stop, audioPeriod, func(int64) error {
			clear(pcm)
			if g.fill != nil {
				g.fill(pcm)
			}
			deliver(pcm)
			return nil
		})
	}, ended)
}

func (g *generator) Close() error {
	g.run.close()
	return nil
}

// Tone is a steady sine, for line tests.
type Tone struct{ generator }

// NewTone of a frequency (Hz; 0 is 440) and amplitude (0 to 1; 0 is 0.25).
func NewTone(frequency, amplitude float64) *Tone {
	if frequency <= 0 || frequency > SampleRate/2 {
		frequency = 440
	}
	if amplitude <= 0 || amplitude > 1 {
		amplitude = 0.25
	}
	phase, step := 0.0, 2*math.Pi*frequency/SampleRate
	return &Tone{generator{label: "Tone", channels: 1, fill: func(pcm []int16) {
		for i := range pcm {
			pcm[i] = int16(amplitude * 32767 * math.Sin(phase))
			if phase += step; phase > 2*math.Pi {
				phase -= 2 * math.Pi
			}
		}
	}}}
}

// Silence is a source of zeros: the clock of a microphone that is not there.
type Silence struct{ generator }

// NewSilence makes one.
func NewSilence() *Silence { return &Silence{generator{label: "Silence", channels: 1}} }
