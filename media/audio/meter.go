package audio

import (
	"math"
	"sync/atomic"
)

// Constants of everything in this package: 10 ms of 48 kHz.
const (
	SampleRate   = 48000 // Hz
	FrameSamples = 480   // samples a channel
	stereoFrame  = 2 * FrameSamples
)

// meterDecay a frame of 10 ms: 20 dB in 0.3 s, as a meter falls that a person can follow.
var meterDecay = float32(math.Pow(10, -20.0/20/30))

// Meter measures loudness for people: the peak, falling slowly. Zero value is ready; Add from one goroutine, Level from
// any.
type Meter struct {
	bits atomic.Uint32
}

// Add measures one frame of 10 ms.
func (m *Meter) Add(pcm []int16) {
	peak := 0
	for _, v := range pcm {
		peak = max(peak, int(v), -int(v))
	}
	level := max(float32(peak)/32768, math.Float32frombits(m.bits.Load())*meterDecay)
	if level < 1e-5 {
		level = 0
	}
	m.bits.Store(math.Float32bits(level))
}

// Level is 0 (silence) to 1 (full scale), linear as W3C audioLevel.
func (m *Meter) Level() float64 { return float64(math.Float32frombits(m.bits.Load())) }

// Reset to silence.
func (m *Meter) Reset() { m.bits.Store(0) }

// saturate to 16 bits.
func saturate(v int32) int16 { return int16(max(math.MinInt16, min(math.MaxInt16, v))) }
