package device

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/media/audio"
)

func TestAudioTrackMutesAtOnceAndKeepsMeasuring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		track, err := NewAudioTrack(NewTone(1000, 0.5), nil, TrackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var loud, silent int
		cancel := track.Tap(func(pcm []int16, channels int) {
			if channels != 1 || len(pcm) != FrameSamples {
				t.Errorf("%d samples of %d channels", len(pcm), channels)
			}
			if quiet(pcm) {
				silent++
			} else {
				loud++
			}
		})
		time.Sleep(995 * time.Millisecond)
		synctest.Wait()
		track.SetEnabled(false)
		before := loud
		time.Sleep(time.Second)
		synctest.Wait()
		if loud != before || before < 99 || silent != 100 {
			t.Fatalf("%d loud before, %d after the mute, %d silent", before, loud, silent)
		}
		if level := track.Level(); level < 0.4 || level > 0.6 {
			t.Fatalf("level %v while muted", level)
		}
		cancel()
		track.Stop()
		<-track.Released()
		if track.Level() != 0 {
			t.Fatal("a stopped track has a level")
		}
	})
}

func TestSpeakingWhileMutedIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &bursts{}
		track, err := NewAudioTrack(source, nil, TrackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var told []bool
		track.OnSpeakingWhileMuted(func(speaking bool) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, speaking)
		})
		expect := func(after time.Duration, want ...bool) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(told, want) {
				t.Fatalf("told %v, want %v", told, want)
			}
		}
		expect(3 * time.Second) // not muted: nothing to tell
		track.SetEnabled(false)
		expect(200 * time.Millisecond)
		expect(time.Second, true)
		expect(10*time.Second, true)
		source.quiet.Store(true)
		expect(3*time.Second, true, false)
		source.quiet.Store(false)
		expect(time.Second, true, false, true)
		track.SetEnabled(true)
		expect(time.Second, true, false, true, false)
		track.Stop()
		<-track.Released()
	})
}

// Only a microphone's sound is improved: a file or a tone is what was asked for.
func TestProcessorIsForMicrophones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			open func(TrackOptions) (*AudioTrack, error)
			used bool
		}{
			{func(o TrackOptions) (*AudioTrack, error) { return OpenAudioTrack("tone", o) }, false},
			{func(o TrackOptions) (*AudioTrack, error) { return NewAudioTrack(&bursts{}, nil, o) }, true},
		} {
			p := &countingProcessor{}
			track, err := c.open(TrackOptions{Processor: p})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			track.Stop()
			<-track.Released()
			if (p.frames > 90) != c.used || !c.used && p.frames != 0 {
				t.Errorf("%d frames processed, want some: %v", p.frames, c.used)
			}
		}
	})
}

// bursts is a voice that stands out of silence, 200 ms of 300, until it falls silent.
type bursts struct {
	frame int
	quiet atomic.Bool
	stop  chan struct{}
	done  chan struct{}
}

func (b *bursts) Label() string { return "bursts" }

func (b *bursts) Channels() int { return 1 }

func (b *bursts) Start(deliver func([]int16), _ func(error)) error {
	b.stop, b.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(b.done)
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		pcm := make([]int16, FrameSamples)
		for {
			select {
			case <-b.stop:
				return
			case <-ticker.C:
			}
			clear(pcm)
			if b.frame%30 < 20 && !b.quiet.Load() {
				for i := range pcm {
					pcm[i] = int16(i % 48 * 100)
				}
			}
			b.frame++
			deliver(pcm)
		}
	}()
	return nil
}

func (b *bursts) Close() error {
	if b.stop != nil {
		close(b.stop)
		<-b.done
	}
	return nil
}

type countingProcessor struct {
	audio.Processor
	frames int
}

func (p *countingProcessor) ProcessCapture([]int16, int) { p.frames++ }
