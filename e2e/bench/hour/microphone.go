package main

import (
	"math"
	"time"

	"parley/media/device"
)

// What is heard of a beep. It is rare enough that no delay of a call is mistaken for another beep's, and the voice is
// silent around it.
const (
	beepEvery     = 2 * time.Second
	beepLength    = 60 * time.Millisecond
	beepRamp      = 2 * time.Millisecond
	beepFrequency = 2000 // Hz
	beepAmplitude = 0.4
	hushBefore    = 150 * time.Millisecond
	hushAfter     = 250 * time.Millisecond
	voice         = 0.5 // of its loudness
)

// microphone is a voice with a beep at every full two seconds of the clock.
type microphone struct {
	*device.AudioFile
	start time.Time // when the first frame was delivered
	due   int64     // frames of 10 ms since then
}

const framePeriod = 10 * time.Millisecond

// paceLag is what a source of package device may be late before it leaves frames out.
const paceLag = 200 * time.Millisecond

func (m *microphone) Start(deliver func([]int16), ended func(error)) error {
	channels := m.Channels()
	mixed := make([]int16, device.FrameSamples*channels)
	return m.AudioFile.Start(func(pcm []int16) {
		if m.start.IsZero() {
			m.start = now()
		}
		// A microphone delivers what it has heard: the frame's first sample is 10 ms old.
		m.mix(mixed, pcm, channels, m.start.Add(time.Duration(m.due-1)*framePeriod))
		deliver(mixed)
		m.advance()
	}, ended)
}

// advance follows the source's pace: late frames are caught up with, very late ones left out.
func (m *microphone) advance() {
	m.due++
	elapsed := now().Sub(m.start)
	if elapsed-time.Duration(m.due)*framePeriod > paceLag {
		m.due = int64(elapsed/framePeriod) + 1
	}
}

// mix puts the beep, if it is its time, over the voice. at is the first sample's time.
func (m *microphone) mix(mixed, pcm []int16, channels int, at time.Time) {
	for i := range pcm {
		t := time.Duration(at.UnixNano()) + time.Duration(i/channels)*time.Second/device.SampleRate
		since := t % beepEvery
		switch {
		case since < beepLength:
			mixed[i] = int16(32767 * beepAmplitude * envelope(since) * math.Sin(2*math.Pi*beepFrequency*since.Seconds()))
		case since < hushAfter, since > beepEvery-hushBefore:
			mixed[i] = 0
		default:
			mixed[i] = int16(voice * float64(pcm[i]))
		}
	}
}

// envelope keeps a beep from clicking.
func envelope(since time.Duration) float64 {
	edge := min(since, beepLength-since)
	return min(1, float64(edge)/float64(beepRamp))
}

func openMicrophone(path string) (*device.AudioTrack, error) {
	open := func() (device.AudioSource, error) {
		file, err := device.OpenAudioFile(path)
		if err != nil {
			return nil, err
		}
		return &microphone{AudioFile: file}, nil
	}
	first, err := open()
	if err != nil {
		return nil, err
	}
	return device.NewAudioTrack(first, open, device.TrackOptions{})
}
