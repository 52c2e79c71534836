package audio

import (
	"math"
	"sync"
)

// The ring: 425 Hz and 480 Hz together, two short bursts every three seconds.
const (
	ringLow, ringHigh = 425.0, 480.0 // Hz
	ringVolume        = 0.25         // of full scale, each tone
	ringPeriod        = 3 * SampleRate
)

// ringBursts are the sounding parts of a period, in samples.
var ringBursts = [][2]int{{0, SampleRate * 4 / 10}, {SampleRate * 6 / 10, SampleRate}}

// Ringtone is an Input that rings: for incoming calls, on the ringer device, and as the speaker test. It begins at the
// start of its first burst. Zero value is ready.
type Ringtone struct {
	mu sync.Mutex
	at int // sample in the period
}

// Rewind begins again with the first burst.
func (r *Ringtone) Rewind() {
	r.mu.Lock()
	r.at = 0
	r.mu.Unlock()
}

// Read generates the next samples (Input).
func (r *Ringtone) Read(pcm []int16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := 0; i+1 < len(pcm); i += 2 {
		v := ringSample(r.at)
		pcm[i], pcm[i+1] = v, v
		r.at = (r.at + 1) % ringPeriod
	}
}

func ringSample(at int) int16 {
	const fade = SampleRate / 100 // 10 ms: no clicks
	for _, burst := range ringBursts {
		if at < burst[0] || at >= burst[1] {
			continue
		}
		volume := min(1, float64(at-burst[0])/fade, float64(burst[1]-at)/fade)
		t := float64(at) / SampleRate
		tone := math.Sin(2*math.Pi*ringLow*t) + math.Sin(2*math.Pi*ringHigh*t)
		return int16(volume * ringVolume * 32767 * tone)
	}
	return 0
}
