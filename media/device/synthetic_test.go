package device

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

func TestSyntheticSounds(t *testing.T) {
	if pcm := collect(t, NewSilence(), time.Second); len(pcm) != 101*FrameSamples || !quiet(pcm) {
		t.Errorf("silence of %d samples", len(pcm))
	}
	tone := collect(t, NewTone(1000, 0.5), time.Second)
	peak := int16(0)
	for _, v := range tone {
		peak = max(peak, v)
	}
	if peak < 16000 || peak > 16500 {
		t.Errorf("tone's peak is %d", peak)
	}
}

func TestSpeechHasSyllablesAndPausesAndIsRepeatable(t *testing.T) {
	a := collect(t, NewSpeech(7), 20*time.Second)
	b := collect(t, NewSpeech(7), 20*time.Second)
	c := collect(t, NewSpeech(8), 20*time.Second)
	loud, silent, clipped, differ := 0, 0, 0, false
	for i := 0; i < len(a); i += FrameSamples {
		var sum float64
		for j := i; j < i+FrameSamples; j++ {
			sum += float64(a[j]) * float64(a[j])
			if a[j] > 32000 || a[j] < -32000 {
				clipped++
			}
			if a[j] != b[j] {
				t.Fatal("the same seed gives another sound")
			}
			differ = differ || a[j] != c[j]
		}
		switch rms := math.Sqrt(sum / FrameSamples); {
		case rms > 300:
			loud++
		case rms < 30:
			silent++
		}
	}
	frames := len(a) / FrameSamples
	if loud < frames/4 || silent < frames/20 || clipped > 100 || !differ {
		t.Fatalf("of %d frames %d loud, %d silent; %d samples clipped; seeds differ: %v", frames, loud, silent, clipped, differ)
	}
}

func quiet(pcm []int16) bool {
	for _, v := range pcm {
		if v > 100 || v < -100 {
			return false
		}
	}
	return true
}

func collect(t *testing.T, s AudioSource, d time.Duration) (pcm []int16) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if err := s.Start(func(frame []int16) { pcm = append(pcm, frame...) }, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(d)
		synctest.Wait()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
	return pcm
}
