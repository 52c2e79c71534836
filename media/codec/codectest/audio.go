package codectest

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"parley/media/codec"
)

// AudioCase is what an audio codec is tested with.
type AudioCase struct {
	Name       string
	SampleRate int // Hz
	Channels   int
	MinSNR     float64 // dB of a voice after the round trip, its delay and gain taken out
	MusicSNR   float64 // dB likewise for shared audio at 96 kbit/s, 0 when the codec makes no difference
	MaxJump    int     // between neighbouring samples under concealment, 0 means three times that of the voice
	FEC, DTX   bool    // what it can do
}

// frame is samples a channel in 20 ms.
func (c AudioCase) frame() int { return c.SampleRate / 50 }

// Audio runs the whole suite on a registered codec.
func Audio(t *testing.T, c AudioCase) {
	t.Helper()
	a, err := codec.Audio(c.Name)
	if err != nil {
		t.Fatal(err)
	}
	s := audioSuite{a, c}
	t.Run("RoundTrip", s.roundTrip)
	t.Run("Conceal", s.conceal)
	if c.FEC {
		t.Run("FEC", s.fec)
	}
	if c.DTX {
		t.Run("DTX", s.dtx)
	}
	t.Run("BrokenInput", s.broken)
	t.Run("Allocations", s.allocations)
}

type audioSuite struct {
	codec.AudioAdapter
	c AudioCase
}

func (s audioSuite) open(t testing.TB, c codec.AudioConfig) (codec.AudioEncoder, codec.AudioDecoder) {
	t.Helper()
	c.SampleRate, c.Channels = s.c.SampleRate, s.c.Channels
	e, err := s.NewEncoder(c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.NewDecoder(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(e.Close(), d.Close()); err != nil {
			t.Error(err)
		}
	})
	return e, d
}

// voice is a tone of 200 Hz with overtones, 20 ms at a time: something like a vowel.
func (s audioSuite) voice(n int) []int16 {
	frame, channels := s.c.frame(), s.c.Channels
	pcm := make([]int16, frame*channels)
	for i := range frame {
		at := 2 * math.Pi * 200 * float64(n*frame+i) / float64(s.c.SampleRate)
		v := 6000*math.Sin(at) + 3000*math.Sin(2*at+1) + 1500*math.Sin(3*at+2)
		for ch := range channels {
			pcm[i*channels+ch] = int16(v)
		}
	}
	return pcm
}

// pass codes and decodes n frames of voice; lost frames are concealed.
func (s audioSuite) pass(t *testing.T, e codec.AudioEncoder, d codec.AudioDecoder, n int,
	lost func(int) bool) (in, out []int16) {
	t.Helper()
	packets := make([][]byte, n)
	for i := range n {
		pcm := s.voice(i)
		in = append(in, pcm...)
		p, err := e.Encode(nil, pcm)
		if err != nil {
			t.Fatal(err)
		}
		packets[i] = p
	}
	buf := make([]int16, len(in)/n)
	for i, p := range packets {
		if lost(i) {
			if err := d.Conceal(buf, s.c.frame(), nil); err != nil {
				t.Fatal(err)
			}
		} else if got, err := d.Decode(buf, p); err != nil || got != s.c.frame() {
			t.Fatalf("packet %d: %d samples, %v", i, got, err)
		}
		out = append(out, buf...)
	}
	return in, out
}

func none(int) bool { return false }

// snr in dB of out against in over the last half, at the delay up to 20 ms and the gain that fit best.
func (s audioSuite) snr(in, out []int16) float64 {
	best := math.Inf(-1)
	step, from := s.c.Channels, len(in)/2/s.c.Channels*s.c.Channels
	for delay := 0; delay < s.c.frame()*step; delay += step {
		var xx, xy, yy float64
		for i := from; i < len(in); i += step {
			x, y := float64(in[i-delay]), float64(out[i])
			xx, xy, yy = xx+x*x, xy+x*y, yy+y*y
		}
		if gain := xy / xx; gain > 0.7 && gain < 1.3 {
			best = max(best, 10*math.Log10(gain*gain*xx/max(1e-9, yy-gain*xy)))
		}
	}
	return best
}

func (s audioSuite) roundTrip(t *testing.T) {
	e, d := s.open(t, codec.AudioConfig{})
	in, out := s.pass(t, e, d, 50, none)
	if db := s.snr(in, out); db < s.c.MinSNR {
		t.Errorf("SNR %.1f dB, want %.0f", db, s.c.MinSNR)
	} else {
		t.Logf("SNR %.1f dB", db)
	}
	if got, want := energy(out[len(out)/2:]), energy(in[len(in)/2:]); got < want*0.9 || got > want*1.1 {
		t.Errorf("level %.0f, the voice has %.0f", got, want)
	}
	if s.c.MusicSNR == 0 {
		return
	}
	e, d = s.open(t, codec.AudioConfig{Music: true, Bitrate: 96_000})
	in, out = s.pass(t, e, d, 50, none)
	if db := s.snr(in, out); db < s.c.MusicSNR {
		t.Errorf("music: SNR %.1f dB, want %.0f", db, s.c.MusicSNR)
	} else {
		t.Logf("music: SNR %.1f dB", db)
	}
}

// largestJump between neighbouring samples of one channel.
func largestJump(pcm []int16, channels int) int {
	jump := 0
	for i := channels; i < len(pcm); i++ {
		jump = max(jump, abs(int(pcm[i])-int(pcm[i-channels])))
	}
	return jump
}

func abs(v int) int { return max(v, -v) }

func energy(pcm []int16) float64 {
	var sum float64
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(max(1, len(pcm))))
}

// conceal: single losses must neither click nor leave a hole, and a long one ends in silence.
func (s audioSuite) conceal(t *testing.T) {
	e, d := s.open(t, codec.AudioConfig{})
	lost := func(i int) bool { return i%10 == 9 && i < 60 || i >= 80 }
	in, out := s.pass(t, e, d, 120, lost)
	limit := s.c.MaxJump
	if limit == 0 {
		limit = 3 * largestJump(in, s.c.Channels)
	}
	if got := largestJump(out, s.c.Channels); got > limit {
		t.Errorf("concealment jumps by %d, want at most %d", got, limit)
	}
	frame := s.c.frame() * s.c.Channels
	hole := out[29*frame : 30*frame]
	if got, want := energy(hole), energy(in[29*frame:30*frame]); got < want/3 || got > want*1.5 {
		t.Errorf("a concealed packet has level %.0f, the voice %.0f", got, want)
	}
	if got, want := energy(out[115*frame:]), energy(in); got > want/4 {
		t.Errorf("after 700 ms without packets the level is %.0f, the voice had %.0f", got, want)
	}
	// A duration that is no whole number of frames.
	pcm := make([]int16, 1000*s.c.Channels)
	if err := d.Conceal(pcm, s.c.frame()*3/4+1, nil); err != nil {
		t.Errorf("conceal an odd duration: %v", err)
	}
	if err := d.Conceal(pcm[:1], s.c.frame(), nil); err == nil {
		t.Error("concealed into a buffer too short")
	}
}

func (s audioSuite) broken(t *testing.T) {
	e, d := s.open(t, codec.AudioConfig{FEC: s.c.FEC})
	random := rand.New(rand.NewPCG(3, 4))
	buf := make([]int16, s.c.SampleRate/1000*120*s.c.Channels)
	if _, err := d.Decode(buf, nil); err == nil {
		t.Error("an empty packet decodes")
	}
	for range 300 {
		noise := make([]byte, 1+random.IntN(400))
		for i := range noise {
			noise[i] = byte(random.Uint32())
		}
		if n, err := d.Decode(buf, noise); err == nil && (n <= 0 || n*s.c.Channels > len(buf)) {
			t.Fatalf("%d samples in a buffer of %d", n, len(buf))
		}
		_ = d.Conceal(buf, s.c.frame(), noise) // any outcome but a crash
	}
	good, err := e.Encode(nil, s.voice(0))
	if err != nil {
		t.Fatal(err)
	}
	short := buf[:5*s.c.Channels]
	if n, err := d.Decode(short[:len(short):cap(short)], good); err == nil {
		t.Errorf("%d samples in a buffer of 5", n)
	}
	if n, err := d.Decode(buf, good); err != nil || n != s.c.frame() {
		t.Errorf("after broken packets: %d samples, %v", n, err)
	}
}

func (s audioSuite) allocations(t *testing.T) {
	if Race {
		t.Skip("the race detector allocates on its own")
	}
	e, d := s.open(t, codec.AudioConfig{})
	pcm, buf, dst := s.voice(0), make([]int16, s.c.frame()*s.c.Channels), make([]byte, 0, 8192)
	got := testing.AllocsPerRun(100, func() {
		var err error
		if dst, err = e.Encode(dst[:0], pcm); err != nil {
			t.Fatal(err)
		}
		if _, err = d.Decode(buf, dst); err != nil {
			t.Fatal(err)
		}
		if err = d.Conceal(buf, s.c.frame(), dst); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 {
		t.Errorf("%.2f allocations a packet, want none", got)
	}
}

// BenchmarkAudio measures 20 ms of voice, coded and decoded.
func BenchmarkAudio(b *testing.B, c AudioCase) {
	a, err := codec.Audio(c.Name)
	if err != nil {
		b.Fatal(err)
	}
	s := audioSuite{a, c}
	e, d := s.open(b, codec.AudioConfig{})
	pcm, buf := s.syllable(1), make([]int16, c.frame()*c.Channels)
	dst, err := e.Encode(make([]byte, 0, 8192), pcm)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if dst, err = e.Encode(dst[:0], pcm); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.Decode(buf, dst); err != nil {
				b.Fatal(err)
			}
		}
	})
}
