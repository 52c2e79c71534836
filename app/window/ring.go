package window

import (
	"log/slog"
	"math"
	"sync"

	"parley/media/audio"
	"parley/media/device"
	"parley/views/kept"
)

// ringtone is two soft tones, a second long, every three seconds (audio.Input).
type ringtone struct {
	volume float64 // 0 to 1
	at     int     // samples since the beginning
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
	gain := 0.12 * r.volume
	if edge := min(n, ringLong-n); edge < ringFade {
		gain *= float64(edge) / ringFade
	}
	t := float64(n) / device.SampleRate
	// A slow beat between two tones a third apart.
	beat := 0.6 + 0.4*math.Sin(2*math.Pi*8*t)
	return int16(32767 * gain * beat * (math.Sin(2*math.Pi*523.25*t) + 0.7*math.Sin(2*math.Pi*659.25*t)))
}

// ringer is where a call rings.
type ringer struct {
	device  string // "" follows the system, kept.NoDevice rings nowhere
	speaker string // where the call's sound goes
	volume  int    // percent
	silent  bool   // no sound card is touched
	logger  *slog.Logger
}

func ringerOf(o Options, s kept.Settings) ringer {
	return ringer{device: s.Ringer, speaker: s.Speaker, volume: s.RingerVolume, silent: o.Silent, logger: o.Logger}
}

// ring plays the ringtone until stopped: beside the call's sound where both have one device, else on a device of its own.
func (r ringer) ring(mixer *audio.Mixer) (stop func()) {
	tone := &ringtone{volume: float64(r.volume) / 100}
	switch {
	case r.device == kept.NoDevice || r.volume == 0:
		return func() {}
	case r.silent || r.device == r.speaker:
		mixer.Add(tone)
		return sync.OnceFunc(func() { mixer.Remove(tone) })
	}
	own := audio.NewOutput(tone, audio.OutputOptions{Device: r.device, Logger: r.logger})
	// Closing waits for the sound card; the window must not.
	return sync.OnceFunc(func() { go own.Close() })
}
