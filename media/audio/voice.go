package audio

import "math"

// Constants of telling a voice from the noise around it, a frame of 10 ms each.
const (
	voiceAbove   = 10.0  // dB above the noise
	voiceFaint   = -50.0 // dBFS; below it nothing counts
	floorRise    = 0.06  // dB a frame: in the pauses of a voice the floor has fallen again
	floorStart   = -60.0 // dBFS
	floorLowest  = -90.0
	silenceLevel = -100.0
)

// voice follows the level of the noise in a room and tells frames that stand out of it. Zero value is ready.
type voice struct {
	floor float64 // dBFS
	begun bool
}

// add measures a frame: its level in dBFS (RMS) and whether it stands out.
func (v *voice) add(pcm []int16) (level float64, voiced bool) {
	level = rmsLevel(pcm)
	if !v.begun {
		v.begun, v.floor = true, floorStart
	}
	if level < v.floor {
		v.floor = max(floorLowest, v.floor+(level-v.floor)/4)
	} else {
		v.floor += floorRise
	}
	return level, level > max(v.floor+voiceAbove, voiceFaint)
}

// rmsLevel of a frame, dBFS; a full-scale sine has -3.
func rmsLevel(pcm []int16) float64 {
	if len(pcm) == 0 {
		return silenceLevel
	}
	sum := 0.0
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	if sum == 0 {
		return silenceLevel
	}
	return 10 * math.Log10(sum/float64(len(pcm))/(32768*32768))
}

// Hysteresis of a speech detector, frames of 10 ms.
const (
	speechWindow = 50  // looked at
	speechBegin  = 30  // of these stand out: someone speaks
	speechEnd    = 200 // in a row without a voice: nobody does
)

// SpeechDetector tells whether someone speaks: from 0.3 s of voice within half a second until 2 s without one. A click or
// a cough is no speech, a steady noise neither. Zero value is ready; not for concurrent use.
type SpeechDetector struct {
	voice   voice
	ring    [speechWindow]bool
	at      int
	count   int // of true in ring
	quiet   int // frames without a voice
	talking bool
}

// Add a frame of 10 ms. It reports whether someone speaks, and whether that is news.
func (d *SpeechDetector) Add(pcm []int16) (speaking, changed bool) {
	_, voiced := d.voice.add(pcm)
	if d.ring[d.at] {
		d.count--
	}
	d.ring[d.at] = voiced
	d.at = (d.at + 1) % speechWindow
	if voiced {
		d.count++
		d.quiet = 0
	} else {
		d.quiet++
	}
	was := d.talking
	switch {
	case d.count >= speechBegin:
		d.talking = true
	case d.quiet >= speechEnd:
		d.talking = false
	}
	return d.talking, d.talking != was
}

// Reset forgets speech but not the room's noise. It reports whether someone was speaking.
func (d *SpeechDetector) Reset() (was bool) {
	was = d.talking
	*d = SpeechDetector{voice: d.voice}
	return was
}
