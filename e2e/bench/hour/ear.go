package main

import (
	"math"
	"time"

	"parley/media/device"
)

// A block is five periods of the beep: what else is heard does not leak into its bin much.
const (
	blockSamples = 5 * device.SampleRate / beepFrequency
	blockTime    = blockSamples * time.Second / device.SampleRate

	loud       = 0.15 // amplitude of the beep at which it has begun
	faint      = 0.05 // below it there is no beep
	quietBlock = 24   // blocks of quiet before a beep
	beepBlocks = 16   // blocks that are looked at
	beepLeast  = 12   // loud ones among them, or it was none
)

// ear finds beeps in what is heard. It is told every 10 ms of sound, stereo.
type ear struct {
	heard func(began time.Time)

	block    [blockSamples]float64
	filled   int
	quiet    int // faint blocks before; one that is neither faint nor loud may be the first of a beep, cut by the edge
	between  int // blocks in a row that are neither
	onset    time.Time
	seen     int // blocks since the onset, its own included; 0: no beep is under way
	loudOnes int
}

// listen takes stereo sound whose first sample is played at a time.
func (e *ear) listen(pcm []int16, at time.Time) {
	for i := 0; i+1 < len(pcm); i += 2 {
		e.block[e.filled] = float64(pcm[i]) / 32767
		if e.filled++; e.filled < blockSamples {
			continue
		}
		e.filled = 0
		end := at.Add(time.Duration(i/2+1) * time.Second / device.SampleRate)
		e.judge(amplitude(e.block[:]), end.Add(-blockTime))
	}
}

// judge one block: a beep is loud for long enough after quiet.
func (e *ear) judge(a float64, began time.Time) {
	switch {
	case e.seen > 0:
		e.seen++
		if a > loud {
			e.loudOnes++
		}
		if e.seen == beepBlocks {
			if e.loudOnes >= beepLeast {
				e.heard(e.onset)
			}
			e.seen, e.quiet, e.between = 0, 0, 0
		}
	case a > loud && e.quiet >= quietBlock:
		e.onset, e.seen, e.loudOnes = began, 1, 1
	case a < faint:
		e.quiet++
		e.between = 0
	default:
		if e.between++; e.between > 1 || a > loud {
			e.quiet = 0
		}
	}
}

// amplitude of the beep's frequency in a block (Goertzel).
func amplitude(block []float64) float64 {
	c := 2 * math.Cos(2*math.Pi*beepFrequency/device.SampleRate)
	var s1, s2 float64
	for _, v := range block {
		s1, s2 = v+c*s1-s2, s1
	}
	return 2 * math.Sqrt(max(0, s1*s1+s2*s2-c*s1*s2)) / float64(len(block))
}
