package main

import (
	"math"
	"testing"
	"time"

	"parley/media/device"
)

// What the microphone beeps the ear hears, to a few milliseconds, and nothing else, through a voice.
func TestTheEarHearsTheBeeps(t *testing.T) {
	for offset := range 25 { // wherever the edges of the blocks are
		hear(t, time.Duration(offset)*100*time.Microsecond)
	}
}

func hear(t *testing.T, offset time.Duration) {
	t.Helper()
	var heard []time.Time
	e := ear{heard: func(at time.Time) { heard = append(heard, at) }}
	speech := device.NewSpeech(3)
	m := &microphone{}
	start := time.Unix(1_700_000_000, 0).Add(700*time.Millisecond + offset)
	mixed, stereo := make([]int16, device.FrameSamples), make([]int16, 2*device.FrameSamples)
	const seconds = 20
	for i := range seconds * 100 {
		at := start.Add(time.Duration(i) * framePeriod)
		m.mix(mixed, speech.Render(device.FrameSamples), 1, at)
		for j, v := range mixed {
			stereo[2*j], stereo[2*j+1] = v, v
		}
		e.listen(stereo, at)
	}
	if len(heard) != seconds/2 {
		t.Fatalf("edges moved by %v: %d beeps were heard of %d", offset, len(heard), seconds/2)
	}
	for _, at := range heard {
		off := ms(at.Sub(at.Round(beepEvery)))
		if math.Abs(off) > 3 {
			t.Errorf("a beep was heard %.1f ms off", off)
		}
	}
}

func TestTheMicrophoneFollowsWhatTheSourceLeavesOut(t *testing.T) {
	m := &microphone{start: now().Add(-time.Second), due: 70}
	m.advance()
	if m.due < 100 || m.due > 120 {
		t.Errorf("after 300 ms too late the next frame is number %d", m.due)
	}
	m.due = 95
	m.advance()
	if m.due != 96 {
		t.Errorf("after 40 ms too late the next frame is number %d", m.due)
	}
}
