package apm

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"parley/media/audio"
)

// What the processor must reach, dB.
const (
	wantERLE  = 20 // echo return loss enhancement, 5 s after the call began
	wantNoise = 12 // less steady noise
	wantGain  = 8  // more of a quiet voice
)

func energy(pcm []int16) (sum float64) {
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return sum
}

func decibel(before, after float64) float64 { return 10 * math.Log10((before+1)/(after+1)) }

// voice is noise that comes in syllables: it fills the spectrum, as a canceller needs it to learn.
func voice(r *rand.Rand, pcm []int16, at int, amplitude float64) {
	for i := range pcm {
		t := float64(at*audio.FrameSamples+i) / audio.SampleRate
		envelope := max(0, math.Sin(2*math.Pi*3*t))
		pcm[i] = int16(amplitude * envelope * (r.Float64()*2 - 1))
	}
}

// room is the way from the speaker to the microphone: a delay and a few reflections.
type room struct {
	line [8192]float64
	at   int
}

// echo takes what is played and returns what the microphone hears of it.
func (o *room) echo(played, heard []int16) {
	for i, v := range played {
		o.line[o.at] = float64(v)
		sum := 0.0
		for _, tap := range []struct {
			delay int // samples
			gain  float64
		}{{1920, 0.4}, {2011, -0.2}, {2500, 0.15}, {3300, 0.1}, {4800, -0.05}} {
			sum += o.line[(o.at-tap.delay+len(o.line))%len(o.line)] * tap.gain
		}
		o.at = (o.at + 1) % len(o.line)
		heard[i] = int16(sum)
	}
}

// call plays a far voice into the room for so many frames and returns the echo's energy before and after the processor.
func call(p audio.Processor, o *room, r *rand.Rand, from, frames int) (before, after float64) {
	far, near := make([]int16, audio.FrameSamples), make([]int16, audio.FrameSamples)
	for at := from; at < from+frames; at++ {
		voice(r, far, at, 8000)
		p.ProcessRender(audio.Remix(nil, far, 1, 2))
		o.echo(far, near)
		before += energy(near)
		p.ProcessCapture(near, 1)
		after += energy(near)
	}
	return before, after
}

func newProcessor(t testing.TB, o audio.Processing) *Processor {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestEchoIsCancelled(t *testing.T) {
	p, r, o := newProcessor(t, audio.Processing{Echo: true}), rand.New(rand.NewPCG(1, 2)), &room{}
	call(p, o, r, 0, 500)
	before, after := call(p, o, r, 500, 500)
	if erle := decibel(before, after); erle < wantERLE {
		t.Errorf("ERLE %.1f dB", erle)
	} else {
		t.Logf("ERLE %.1f dB", erle)
	}
}

// Whoever is near is heard while the far side speaks.
func TestNearVoicePasses(t *testing.T) {
	p, r, o := newProcessor(t, audio.Processing{Echo: true}), rand.New(rand.NewPCG(1, 2)), &room{}
	call(p, o, r, 0, 500)
	far, near, own := make([]int16, audio.FrameSamples), make([]int16, audio.FrameSamples), make([]int16, audio.FrameSamples)
	var spoken, passed float64
	for at := 500; at < 800; at++ {
		clear(far) // the far side listens
		p.ProcessRender(audio.Remix(nil, far, 1, 2))
		o.echo(far, near)
		voice(r, own, at, 6000)
		for i, v := range own {
			near[i] += v
		}
		spoken += energy(own)
		p.ProcessCapture(near, 1)
		passed += energy(near)
	}
	if lost := decibel(spoken, passed); lost > 3 {
		t.Errorf("the near voice loses %.1f dB", lost)
	}
}

func TestNoiseIsSuppressed(t *testing.T) {
	p, r := newProcessor(t, audio.Processing{Noise: true}), rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, 2*audio.FrameSamples)
	var before, after float64
	for at := range 500 {
		for i := 0; i < len(pcm); i += 2 {
			v := int16(r.IntN(2001) - 1000)
			pcm[i], pcm[i+1] = v, v
		}
		e := energy(pcm)
		p.ProcessCapture(pcm, 2)
		if at >= 300 {
			before += e
			after += energy(pcm)
		}
	}
	if less := decibel(before, after); less < wantNoise {
		t.Errorf("noise is %.1f dB less", less)
	} else {
		t.Logf("noise is %.1f dB less", less)
	}
}

func TestQuietVoiceIsRaised(t *testing.T) {
	p, r := newProcessor(t, audio.Processing{Gain: true}), rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, audio.FrameSamples)
	var before, after float64
	for at := range 2500 {
		voice(r, pcm, at, 600)
		e := energy(pcm)
		p.ProcessCapture(pcm, 1)
		if at >= 2000 {
			before += e
			after += energy(pcm)
		}
	}
	if more := -decibel(before, after); more < wantGain {
		t.Errorf("a quiet voice is raised by %.1f dB", more)
	} else {
		t.Logf("a quiet voice is raised by %.1f dB", more)
	}
}

// The parts are switched while both directions run; the canceller keeps the room it has learnt.
func TestPartsAreSwitchedWhileRunning(t *testing.T) {
	p, r, o := newProcessor(t, audio.Processing{Echo: true}), rand.New(rand.NewPCG(1, 2)), &room{}
	call(p, o, r, 0, 500)
	set := func(o audio.Processing) {
		t.Helper()
		if err := p.SetProcessing(o); err != nil {
			t.Fatal(err)
		}
		if p.Processing() != o {
			t.Fatalf("%+v", p.Processing())
		}
	}
	set(audio.Processing{Echo: true, Noise: true, Gain: true})
	set(audio.Processing{Echo: true})
	if before, after := call(p, o, r, 500, 50); decibel(before, after) < wantERLE-5 {
		t.Errorf("right after the switch the ERLE is %.1f dB", decibel(before, after))
	}
	set(audio.Processing{})
	if before, after := call(p, o, r, 550, 50); before != after {
		t.Errorf("off, and %.1f dB are gone", decibel(before, after))
	}
	// Many switches while sound goes through from two goroutines.
	var running sync.WaitGroup
	stop := make(chan struct{})
	for _, fn := range []func([]int16){p.ProcessRender, func(pcm []int16) { p.ProcessCapture(pcm, 2) }} {
		running.Go(func() {
			pcm := make([]int16, 2*audio.FrameSamples)
			for {
				select {
				case <-stop:
					return
				default:
					fn(pcm)
				}
			}
		})
	}
	for i := range 60 {
		set(audio.Processing{Echo: i&1 != 0, Noise: i&2 != 0, Gain: i&4 != 0})
	}
	close(stop)
	running.Wait()
}

func TestClosedProcessorPassesSoundOn(t *testing.T) {
	p, err := New(audio.Processing{Echo: true, Noise: true, Gain: true})
	if err != nil {
		t.Fatal(err)
	}
	_ = p.Close()
	_ = p.Close()
	if err := p.SetProcessing(audio.Processing{Echo: true}); err != nil || p.echo != nil {
		t.Fatal("a closed processor makes modules")
	}
	pcm := make([]int16, audio.FrameSamples)
	pcm[5] = 77
	p.ProcessCapture(pcm, 1)
	p.ProcessRender(make([]int16, 2*audio.FrameSamples))
	if pcm[5] != 77 {
		t.Fatal("changed")
	}
}

func TestProcessingDoesNotAllocate(t *testing.T) {
	p := newProcessor(t, audio.Processing{Echo: true, Noise: true, Gain: true})
	played, heard := make([]int16, 2*audio.FrameSamples), make([]int16, audio.FrameSamples)
	step := func() { p.ProcessRender(played); p.ProcessCapture(heard, 1) }
	step()
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkProcessing is 10 ms of both directions; 100 of them a second.
func BenchmarkProcessing(b *testing.B) {
	p, r := newProcessor(b, audio.Processing{Echo: true, Noise: true, Gain: true}), rand.New(rand.NewPCG(1, 2))
	played, heard := make([]int16, 2*audio.FrameSamples), make([]int16, audio.FrameSamples)
	for i := range played {
		played[i] = int16(r.IntN(8000) - 4000)
	}
	for b.Loop() {
		copy(heard, played)
		p.ProcessRender(played)
		p.ProcessCapture(heard, 1)
	}
}
