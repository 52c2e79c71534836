package audio

import (
	"math"
	"math/rand/v2"
	"testing"
)

// speechFrame fills 10 ms of a made-up voice: a buzz of 120 Hz with overtones, in syllables of 5 a second with a pause
// every two seconds. amplitude is its peak, of full scale.
func speechFrame(pcm []int16, at int, amplitude float64) {
	for i := range pcm {
		t := float64(at*FrameSamples+i) / SampleRate
		envelope := math.Max(0, math.Sin(2*math.Pi*2.5*t))
		envelope = math.Sqrt(envelope)
		if math.Mod(t, 2) > 1.5 {
			envelope = 0
		}
		sum := 0.0
		for k := 1; k <= 8; k++ {
			sum += math.Sin(2*math.Pi*120*float64(k)*t+float64(k*k)) / float64(k)
		}
		pcm[i] = saturate(int32(32767 * amplitude * envelope * sum / 2))
	}
}

func addNoise(pcm []int16, r *rand.Rand, rms float64) {
	for i := range pcm {
		pcm[i] = saturate(int32(pcm[i]) + int32(r.NormFloat64()*rms*32768))
	}
}

func TestSpeechIsDetected(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var d SpeechDetector
	pcm := make([]int16, FrameSamples)
	run := func(frames int, fill func(at int)) (began, ended int) {
		began, ended = -1, -1
		for at := range frames {
			clear(pcm)
			fill(at)
			if speaking, changed := d.Add(pcm); changed && speaking && began < 0 {
				began = at
			} else if changed && !speaking && ended < 0 {
				ended = at
			}
		}
		return began, ended
	}
	hum := func(int) { addNoise(pcm, r, 0.002) } // -54 dBFS
	if began, _ := run(1000, hum); began >= 0 {
		t.Fatalf("a hum is speech after %d0 ms", began)
	}
	if began, _ := run(300, func(at int) { // a door and a cough
		hum(at)
		if at%150 < 15 {
			addNoise(pcm, r, 0.2)
		}
	}); began >= 0 {
		t.Fatalf("a bang is speech after %d0 ms", began)
	}
	began, ended := run(600, func(at int) { speechFrame(pcm, at, 0.1); addNoise(pcm, r, 0.002) })
	if began < 25 || began > 150 || ended >= 0 {
		t.Fatalf("speech is noticed after %d0 ms, ends after %d0", began, ended)
	}
	if _, ended = run(400, hum); ended < 100 || ended > 250 {
		t.Fatalf("the end is noticed after %d0 ms", ended)
	}
	// A fan that is switched on is noise after a while, and stays it.
	fan := func(int) { addNoise(pcm, r, 0.02) } // 20 dB more
	run(600, fan)
	if began, _ = run(3000, fan); began >= 0 || d.talking {
		t.Fatal("a fan is speech")
	}
	run(300, func(at int) { speechFrame(pcm, at, 0.5) })
	if !d.Reset() || d.Reset() {
		t.Fatal("Reset")
	}
}

func TestLevelerBringsVoicesToOneLoudness(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pcm := make([]int16, FrameSamples)
	// level of the voiced half of the last five seconds, dBFS.
	level := func(l *Leveler, amplitude float64) (before, after float64) {
		var x, y float64
		n := 0
		for at := range 3000 {
			clear(pcm)
			speechFrame(pcm, at, amplitude)
			addNoise(pcm, r, 0.0003)
			in := rmsLevel(pcm)
			if l != nil {
				l.Process(pcm)
			}
			if at > 2500 && in > -50 {
				x += in
				y += rmsLevel(pcm)
				n++
			}
		}
		return x / float64(n), y / float64(n)
	}
	var levels []float64
	for _, amplitude := range []float64{0.02, 0.1, 0.9} {
		before, after := level(&Leveler{}, amplitude)
		t.Logf("speech of %.1f dBFS becomes %.1f", before, after)
		levels = append(levels, after)
		if amplitude == 0.02 && after-before < 10 {
			t.Errorf("a quiet voice is raised by %.1f dB only", after-before)
		}
		if after < levelTarget-6 || after > levelTarget+4 {
			t.Errorf("speech of %.1f dBFS becomes %.1f", before, after)
		}
	}
	if d := levels[2] - levels[0]; d > 8 || d < -8 {
		t.Errorf("loudness still differs by %.1f dB", d)
	}
}

func TestLevelerLeavesNoiseAndPeaksAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var l Leveler
	pcm := make([]int16, FrameSamples)
	for range 3000 {
		clear(pcm)
		addNoise(pcm, r, 0.001)
		l.Process(pcm)
	}
	if g := l.Gain(); g > 0.5 {
		t.Errorf("noise is raised by %.1f dB", g)
	}
	for at := range 3000 {
		clear(pcm)
		speechFrame(pcm, at, 0.01)
		l.Process(pcm)
	}
	if g := l.Gain(); g < 15 {
		t.Fatalf("gain %.1f dB", g)
	}
	// Somebody shouts right after: no sample is clipped.
	for at := range 50 {
		clear(pcm)
		speechFrame(pcm, at, 0.5)
		l.Process(pcm)
		for _, v := range pcm {
			if v > 32000 || v < -32000 {
				t.Fatalf("%d: a peak", v)
			}
		}
	}
	if n := testing.AllocsPerRun(100, func() { l.Process(pcm) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
