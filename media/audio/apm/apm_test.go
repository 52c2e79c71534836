package apm

import (
	"math"
	"math/rand/v2"
	"testing"

	"parley/media/audio"
)

func rms(pcm []int16) float64 {
	sum := 0.0
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

// voice is noise that comes in syllables.
func voice(r *rand.Rand, pcm []int16, at int, amplitude float64) {
	for i := range pcm {
		t := float64(at*audio.FrameSamples+i) / audio.SampleRate
		envelope := max(0, math.Sin(2*math.Pi*3*t))
		pcm[i] = int16(amplitude * envelope * (r.Float64()*2 - 1))
	}
}

func TestEchoIsCancelled(t *testing.T) {
	p, err := New(Options{Echo: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	r := rand.New(rand.NewPCG(1, 2))
	far := make([]int16, audio.FrameSamples)
	near := make([]int16, audio.FrameSamples)
	const delay = 4 // frames from speaker to microphone
	var history [delay + 1][]int16
	var before, after float64
	for at := range 1000 {
		voice(r, far, at, 8000)
		p.ProcessRender(audio.Remix(nil, far, 1, 2))
		history[at%(delay+1)] = append([]int16(nil), far...)
		if at < delay {
			continue
		}
		for i, v := range history[(at-delay)%(delay+1)] {
			near[i] = v / 2
		}
		echo := rms(near)
		p.ProcessCapture(near, 1)
		if at > 700 {
			before += echo
			after += rms(near)
		}
	}
	if after > before/10 {
		t.Fatalf("echo of %.0f is still %.0f", before/300, after/300)
	}
}

func TestNoiseIsSuppressed(t *testing.T) {
	p, err := New(Options{Noise: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	r := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, 2*audio.FrameSamples)
	var last float64
	for range 500 {
		for i := 0; i < len(pcm); i += 2 {
			v := int16(r.IntN(2001) - 1000)
			pcm[i], pcm[i+1] = v, v
		}
		p.ProcessCapture(pcm, 2)
		last = rms(pcm)
	}
	if last > 577/2 {
		t.Fatalf("noise of 577 is still %.0f", last)
	}
}

func TestClosedProcessorPassesSoundOn(t *testing.T) {
	p, err := New(Options{Echo: true, Noise: true, Gain: true})
	if err != nil {
		t.Fatal(err)
	}
	_ = p.Close()
	_ = p.Close()
	pcm := make([]int16, audio.FrameSamples)
	pcm[5] = 77
	p.ProcessCapture(pcm, 1)
	p.ProcessRender(make([]int16, 2*audio.FrameSamples))
	if pcm[5] != 77 {
		t.Fatal("changed")
	}
}
