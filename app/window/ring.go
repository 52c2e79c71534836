package window

import (
	"math"
	"sync/atomic"

	"parley/media/audio"
	"parley/media/device"
)

// ringtone is two soft tones, a second long, every three seconds (audio.Input).
type ringtone struct {
	at int // samples since the beginning
}

const (
	ringEvery = 3 * device.SampleRate
	ringLong  = device.SampleRate
	ringFade  = device.SampleRate / 50
)

// Read implements audio.Input.
func (r *ringtone) Read(pcm []int16) {
	for i := 0; i+1 < len(pcm); i += 2 {
		v := r.sample()
		pcm[i], pcm[i+1] = v, v
	}
}

func (r *ringtone) sample() int16 {
	n := r.at % ringEvery
	r.at++
	if n >= ringLong {
		return 0
	}
	gain := 0.12
	if edge := min(n, ringLong-n); edge < ringFade {
		gain *= float64(edge) / ringFade
	}
	t := float64(n) / device.SampleRate
	// A slow beat between two tones a third apart.
	beat := 0.6 + 0.4*math.Sin(2*math.Pi*8*t)
	return int16(32767 * gain * beat * (math.Sin(2*math.Pi*523.25*t) + 0.7*math.Sin(2*math.Pi*659.25*t)))
}

// ring plays the ringtone until stopped.
func ring(mixer *audio.Mixer) (stop func()) {
	tone := &ringtone{}
	mixer.Add(tone)
	var done atomic.Bool
	return func() {
		if done.CompareAndSwap(false, true) {
			mixer.Remove(tone)
		}
	}
}
