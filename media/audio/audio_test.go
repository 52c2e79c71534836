package audio

import (
	"errors"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"parley/media/audio/sound"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// constant is an Input of one value.
type constant int16

func (c *constant) Read(pcm []int16) {
	for i := range pcm {
		pcm[i] = int16(*c)
	}
}

func input(v int16) *constant { c := constant(v); return &c }

func TestMixerSaturates(t *testing.T) {
	m := NewMixer()
	pcm := make([]int16, stereoFrame)
	check := func(want int16) {
		t.Helper()
		m.Read(pcm)
		for _, v := range pcm {
			if v != want {
				t.Fatalf("%d, want %d", v, want)
			}
		}
	}
	check(0)
	loud, other, low := input(30000), input(20000), input(-32768)
	m.Add(loud)
	m.Add(loud) // once is enough
	check(30000)
	m.Add(other)
	check(32767)
	m.Remove(other)
	m.Remove(loud)
	m.Add(low)
	m.Add(input(-32768))
	check(-32768)
	m.Remove(low)
	m.SetGain(low, 2)
	if m.Level(low) != 0 || m.Level(loud) != 0 || m.MixLevel() != 1 {
		t.Fatalf("levels %v %v", m.Level(low), m.MixLevel())
	}
}

func TestMixerGainLevelAndTap(t *testing.T) {
	m, in := NewMixer(), input(16384)
	m.Add(in)
	m.SetGain(in, 0.5)
	var taped []int16
	cancel := m.Tap(func(pcm []int16) { taped = append(taped, pcm[0]) })
	pcm := make([]int16, stereoFrame)
	m.Read(pcm)
	cancel()
	m.Read(pcm)
	if len(taped) != 1 || taped[0] != 8192 || pcm[959] != 8192 {
		t.Fatalf("tap %v, %d", taped, pcm[959])
	}
	if l := m.Level(in); l != 0.5 {
		t.Fatalf("level %v", l)
	}
	if n := testing.AllocsPerRun(10, func() { m.Read(pcm) }); n != 0 {
		t.Fatalf("%v allocations a frame", n)
	}
}

func TestMeterFallsSlowly(t *testing.T) {
	var m Meter
	m.Add([]int16{0, -32768})
	if m.Level() != 1 {
		t.Fatal(m.Level())
	}
	for range 30 {
		m.Add([]int16{0})
	}
	if l := m.Level(); l < 0.09 || l > 0.11 {
		t.Fatalf("%v after 300 ms, want -20 dB", l)
	}
	for range 300 {
		m.Add([]int16{0})
	}
	if m.Level() != 0 {
		t.Fatal(m.Level())
	}
}

func TestResamplerKeepsToneAndLevel(t *testing.T) {
	for _, c := range []struct{ from, to, channels int }{
		{8000, 48000, 1}, {16000, 48000, 2}, {44100, 48000, 2}, {48000, 44100, 1}, {48000, 8000, 1}, {48000, 16000, 1},
		{11025, 48000, 3}, {48000, 48000, 1}, {192000, 48000, 1},
	} {
		r, err := NewResampler(c.from, c.to, c.channels)
		if err != nil {
			t.Fatal(err)
		}
		var out []int16
		const tone = 1000.0
		for at, chunk := 0, 1; at < c.from; chunk = chunk*7%997 + 1 { // uneven pieces
			var in []int16
			for range min(chunk, c.from-at) {
				v := int16(16000 * math.Sin(2*math.Pi*tone*float64(at)/float64(c.from)))
				for range c.channels {
					in = append(in, v)
				}
				at++
			}
			out = r.Process(out, in)
		}
		n := len(out) / c.channels
		if n < c.to-c.to*40/c.from-40 || n > c.to {
			t.Errorf("%v: %d samples", c, n)
		}
		// Against the ideal sine, phase found by projection: what is left is the error.
		var s, k float64
		low, high := n/4, n*3/4
		for i := low; i < high; i++ {
			x := 2 * math.Pi * tone * float64(i) / float64(c.to)
			s += float64(out[i*c.channels]) * math.Sin(x)
			k += float64(out[i*c.channels]) * math.Cos(x)
		}
		s, k = s*2/float64(high-low), k*2/float64(high-low)
		var noise float64
		for i := low; i < high; i++ {
			x := 2 * math.Pi * tone * float64(i) / float64(c.to)
			e := float64(out[i*c.channels+c.channels-1]) - s*math.Sin(x) - k*math.Cos(x)
			noise += e * e
		}
		amplitude := math.Hypot(s, k)
		snr := 10 * math.Log10(amplitude*amplitude/2/(noise/float64(high-low)))
		if amplitude < 15900 || amplitude > 16100 || snr < 65 {
			t.Errorf("%v: amplitude %.0f, signal to noise %.1f dB", c, amplitude, snr)
		}
	}
}

func TestResamplerStopsAliases(t *testing.T) {
	r, err := NewResampler(48000, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	in := make([]int16, 48000)
	for i := range in {
		in[i] = int16(16000 * math.Sin(2*math.Pi*5500*float64(i)/48000)) // above what 8 kHz can hold
	}
	peak := int16(0)
	for _, v := range r.Process(nil, in)[200:] {
		peak = max(peak, v)
	}
	if peak > 30 {
		t.Fatalf("5.5 kHz comes out at 8 kHz with a peak of %d", peak)
	}
	for _, c := range [][3]int{{0, 1, 1}, {48000, 0, 1}, {1, 2, 0}, {768000, 1000, 1}, {1 << 30, 48000, 1}} {
		if _, err := NewResampler(c[0], c[1], c[2]); err == nil {
			t.Errorf("%v: no error", c)
		}
	}
}

func TestResamplerSteadyStateDoesNotAllocate(t *testing.T) {
	r, _ := NewResampler(44100, 48000, 2)
	in, out := make([]int16, 882), make([]int16, 0, 2000)
	for range 10 {
		out = r.Process(out[:0], in)
	}
	if n := testing.AllocsPerRun(100, func() { out = r.Process(out[:0], in) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func TestRemix(t *testing.T) {
	for _, c := range []struct {
		from, to int
		in, want []int16
	}{
		{1, 2, []int16{1, 2}, []int16{1, 1, 2, 2}},
		{2, 1, []int16{32767, 32767, -4, 2}, []int16{32767, -1}},
		{2, 2, []int16{1, 2}, []int16{1, 2}},
		{6, 2, []int16{1, 2, 3, 4, 5, 6}, []int16{1, 2}},
		{4, 1, []int16{10, 20, 30, 40}, []int16{25}},
	} {
		got := Remix(nil, c.in, c.from, c.to)
		if len(got) != len(c.want) {
			t.Fatalf("%v: %v", c, got)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%v: %v", c, got)
			}
		}
	}
}

func TestRingtoneRingsAndPauses(t *testing.T) {
	var r Ringtone
	pcm := make([]int16, stereoFrame)
	loud := []bool{}
	for range 600 { // two periods
		r.Read(pcm)
		peak := int16(0)
		for _, v := range pcm {
			peak = max(peak, v)
		}
		loud = append(loud, peak > 1000)
	}
	for at, want := range map[int]bool{20: true, 50: false, 80: true, 150: false, 299: false, 320: true, 350: false} {
		if loud[at] != want {
			t.Errorf("at %d0 ms: %v", at, loud[at])
		}
	}
	r.Rewind()
	r.Read(pcm)
	r.Read(pcm)
	if pcm[959] == 0 && pcm[479] == 0 {
		t.Error("silent after Rewind")
	}
}

func TestPlaysWithoutASoundCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMixer()
		frames := 0
		m.Tap(func([]int16) { frames++ })
		o := NewOutput(m, OutputOptions{Null: true})
		time.Sleep(10*time.Minute - time.Millisecond)
		synctest.Wait()
		o.Close()
		o.Close()
		if frames != 60000 {
			t.Fatalf("%d frames in ten minutes", frames)
		}
		if _, actual, null := o.Device(); !null || actual != "" {
			t.Fatal("no null output")
		}
	})
}

// fakeCards is a machine whose sound cards the test plugs.
type fakeCards struct {
	mu      sync.Mutex
	present map[string]bool
	lost    func()
	open    int
}

type fakeCard struct{ cards *fakeCards }

func (c fakeCard) Close() {
	c.cards.mu.Lock()
	defer c.cards.mu.Unlock()
	c.cards.open--
}

// plug sets what is there, and returns how to lose what is open.
func (f *fakeCards) plug(names ...string) (lose func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.present = map[string]bool{}
	for _, name := range names {
		f.present[name] = true
	}
	return f.lost
}

func (f *fakeCards) opened() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open
}

func (f *fakeCards) opener(device string, _ func([]int16), lost func()) (stream, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.present[nameOf(device)] {
		return nil, errors.Join(sound.ErrUnavailable)
	}
	f.open++
	f.lost = lost
	return fakeCard{f}, nil
}

func TestOutputFollowsTheDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cards := &fakeCards{}
		cards.plug("default", "headset")
		m := NewMixer()
		var pulled atomic.Int32
		m.Tap(func([]int16) { pulled.Add(1) })
		var changes []string
		o := newOutput(m, OutputOptions{Device: "headset", Logger: slog.New(slog.DiscardHandler),
			Changed: func(d string) { changes = append(changes, d) }}, cards.opener)
		expect := func(want string, open int) {
			t.Helper()
			synctest.Wait()
			if _, actual, null := o.Device(); actual != want || null != (want == "") || cards.opened() != open {
				t.Fatalf("plays on %q (null %v), %d open; want %q", actual, null, cards.opened(), want)
			}
		}
		expect("headset", 1)

		cards.plug("default")()
		expect("default", 1)

		old := cards.plug("default", "headset") // plugged in again: taken back
		time.Sleep(retryDevice + time.Millisecond)
		expect("headset", 1)
		old() // a late word of the closed device
		expect("headset", 1)

		o.SetDevice("default")
		expect("default", 1)

		cards.plug()()
		expect("", 0)
		before := pulled.Load()
		time.Sleep(time.Second)
		if n := pulled.Load() - before; n < 99 {
			t.Fatalf("the clock pulled %d frames in a second", n)
		}

		cards.plug("default")
		time.Sleep(retrySeldom)
		expect("default", 1)
		o.Close()
		if cards.opened() != 0 {
			t.Fatal("a card is left open")
		}
		if len(changes) != 6 {
			t.Fatalf("changes %q", changes)
		}
	})
}
