package main

import (
	"slices"
	"sync"
	"time"

	"parley/media/device/stamp"
	"parley/media/video"
)

// aroundBeep is which pictures a beep is compared with: those shown so long before it, and since.
const aroundBeep = 300 * time.Millisecond

// skew measures how much later than the sound the picture comes out.
type skew struct {
	ear ear

	mu      sync.Mutex
	shown   []shown // of the last second
	apart   []float64
	sound   []float64 // ms from the mouth to the ear
	picture []float64 // ms from the drawing to the showing
}

type shown struct {
	at    time.Time
	delay time.Duration
}

func newSkew() *skew {
	s := &skew{}
	s.ear.heard = s.beep
	return s
}

func (s *skew) see(f *video.Frame) {
	at := now()
	drawn, ok := stamp.Read(f)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = slices.DeleteFunc(s.shown, func(old shown) bool { return at.Sub(old.at) > time.Second })
	s.shown = append(s.shown, shown{at, at.Sub(drawn)})
}

// hear is the mixer's tap.
func (s *skew) hear(pcm []int16) { s.ear.listen(pcm, now()) }

func (s *skew) beep(began time.Time) {
	sound := time.Duration(began.UnixNano()) % beepEvery
	s.mu.Lock()
	defer s.mu.Unlock()
	var near []float64
	for _, picture := range s.shown {
		if picture.at.Sub(began).Abs() < aroundBeep {
			near = append(near, ms(picture.delay))
		}
	}
	if len(near) == 0 {
		return // the camera is off
	}
	picture := median(near)
	s.apart = append(s.apart, picture-ms(sound))
	s.sound, s.picture = append(s.sound, ms(sound)), append(s.picture, picture)
}

// take what was measured since the last time: medians, and how many beeps they are of.
func (s *skew) take() (apart, sound, picture float64, beeps int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	beeps = len(s.apart)
	if beeps > 0 {
		apart, sound, picture = median(s.apart), median(s.sound), median(s.picture)
	}
	s.apart, s.sound, s.picture = s.apart[:0], s.sound[:0], s.picture[:0]
	return apart, sound, picture, beeps
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
