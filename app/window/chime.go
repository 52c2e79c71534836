package window

import (
	"math"
	"sync"

	"parley/media/device"
)

// chime is the sound that tries a speaker: three notes upwards, the first on the left, the last on the right
// (audio.Input).
type chime struct {
	at   int // samples since the beginning
	over chan struct{}
	once sync.Once
}

func newChime() *chime { return &chime{over: make(chan struct{})} }

const (
	chimeNote = device.SampleRate * 2 / 5
	chimeRest = device.SampleRate / 5 // silence after the last, so that it is heard to its end
)

// chimeNotes are their frequencies (Hz) and how far right they sound, 0 to 1.
var chimeNotes = [][2]float64{{523.25, 0}, {659.25, 0.5}, {783.99, 1}}

// Read implements audio.Input.
func (c *chime) Read(pcm []int16) {
	for i := 0; i+1 < len(pcm); i += 2 {
		pcm[i], pcm[i+1] = c.sample()
	}
	if c.at >= len(chimeNotes)*chimeNote+chimeRest {
		c.once.Do(func() { close(c.over) })
	}
}

func (c *chime) sample() (left, right int16) {
	n := c.at / chimeNote
	inside := c.at % chimeNote
	c.at++
	if n >= len(chimeNotes) {
		return 0, 0
	}
	note := chimeNotes[n]
	t := float64(inside) / device.SampleRate
	fade := min(1, t/0.01) * math.Exp(-5*t)
	v := 0.35 * 32767 * fade * math.Sin(2*math.Pi*note[0]*t)
	return int16(v * (1 - note[1])), int16(v * note[1])
}
