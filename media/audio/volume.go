package audio

import (
	"math"
	"sync/atomic"
)

// Volume makes an Input louder or softer. It may be set from any goroutine.
type Volume struct {
	input Input
	gain  atomic.Uint32 // float32 bits
	was   float32       // at the end of the frame before; the reader's own
}

// NewVolume reads from in at a volume in percent.
func NewVolume(in Input, percent int) *Volume {
	v := &Volume{input: in}
	v.Set(percent)
	v.was = v.wanted()
	return v
}

// Set the volume, 0 to 100 percent. Like the ear, the scale is no straight line: half of it is a quarter of the amplitude.
func (v *Volume) Set(percent int) {
	share := float64(min(max(percent, 0), 100)) / 100
	v.gain.Store(math.Float32bits(float32(share * share)))
}

func (v *Volume) wanted() float32 { return math.Float32frombits(v.gain.Load()) }

// Read implements Input. A change spreads over one frame, so that it does not click.
func (v *Volume) Read(pcm []int16) {
	v.input.Read(pcm)
	from, to := v.was, v.wanted()
	v.was = to
	if from == 1 && to == 1 || len(pcm) == 0 {
		return
	}
	step := (to - from) / float32(len(pcm))
	for i, s := range pcm {
		from += step
		pcm[i] = int16(float32(s) * from)
	}
}

// Needed tells whether the input is: an Output rests meanwhile (Mixer).
func (v *Volume) Needed() bool {
	s, sleeps := v.input.(sleeper)
	return !sleeps || s.Needed()
}

// Changes of Needed; nil when there are none.
func (v *Volume) Changes() <-chan struct{} {
	if s, sleeps := v.input.(sleeper); sleeps {
		return s.Changes()
	}
	return nil
}
