package window

import (
	"testing"

	"parley/media/audio"
	"parley/views/kept"
)

// loudest is the highest sample of the mixer's next second.
func loudest(m *audio.Mixer) (peak int16) {
	pcm := make([]int16, 2*480)
	for range 100 {
		m.Read(pcm)
		for _, v := range pcm {
			peak = max(peak, v)
		}
	}
	return peak
}

func TestRingingGoesWhereItIsWanted(t *testing.T) {
	for _, c := range []struct {
		name   string
		ringer ringer
		here   bool // beside the call's sound
	}{
		{"one device for both", ringer{device: "Speakers", speaker: "Speakers", volume: 100}, true},
		{"no sound card", ringer{device: "Speakers", speaker: "", volume: 100, silent: true}, true},
		{"no ringer", ringer{device: kept.NoDevice, volume: 100}, false},
		{"turned down", ringer{volume: 0}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := audio.NewMixer()
			stop := c.ringer.ring(m)
			if rings := loudest(m) > 1000; rings != c.here {
				t.Errorf("rings beside the call: %v", rings)
			}
			stop()
			stop() // twice does no harm
			if loudest(m) != 0 {
				t.Error("it goes on")
			}
		})
	}
}

func TestRingingOnADeviceOfItsOwnLeavesTheCallAlone(t *testing.T) {
	m := audio.NewMixer()
	stop := ringer{device: "Headset bell", speaker: "Speakers", volume: 100, logger: discard()}.ring(m)
	if loudest(m) != 0 {
		t.Error("it rings in the call's sound")
	}
	stop()
}

func TestRingingHasItsVolume(t *testing.T) {
	half, full := audio.NewMixer(), audio.NewMixer()
	defer ringer{volume: 50}.ring(half)()
	defer ringer{volume: 100}.ring(full)()
	if h, f := float64(loudest(half)), float64(loudest(full)); h < 0.45*f || h > 0.55*f {
		t.Errorf("half is %v, full %v", h, f)
	}
}
