package peer

import (
	"context"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/connector/rtc"
	"parley/media/audio"
	_ "parley/media/codec/all"
	"parley/media/device/stamp"
	"parley/media/video"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testConfig is a connection on 127.0.0.1 only.
func testConfig(t testing.TB) Config {
	level := slog.LevelWarn
	if testing.Verbose() {
		level = slog.LevelDebug
	}
	return Config{
		Loopback: true, IPFilter: func(ip net.IP) bool { return ip.Equal(net.IPv4(127, 0, 0, 1)) },
		Logger: slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: level})),
	}
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	if testing.Verbose() {
		_, _ = io.Writer(logOutput{}).Write(b)
	}
	return len(b), nil
}

type logOutput struct{}

func (logOutput) Write(b []byte) (int, error) { print(string(b)); return len(b), nil }

func newTestConn(t testing.TB, config Config, c rtc.Config) *Conn {
	t.Helper()
	pc, err := New(config).NewPeerConnection(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pc.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return pc.(*Conn)
}

// negotiate runs one offer and answer from a to b and returns both descriptions.
func negotiate(t testing.TB, a, b *Conn, o rtc.OfferOptions) (offer, answer string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	offer, err := a.Offer(ctx, o)
	if err != nil {
		t.Fatalf("Offer: %v", err)
	}
	if answer, err = b.Answer(ctx, offer); err != nil {
		t.Fatalf("Answer: %v\n%s", err, offer)
	}
	if err := a.ApplyAnswer(ctx, answer); err != nil {
		t.Fatalf("ApplyAnswer: %v\n%s", err, answer)
	}
	return offer, answer
}

// eventually waits for a condition that other goroutines bring about.
func eventually(t testing.TB, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func connected(t testing.TB, pcs ...*Conn) {
	t.Helper()
	for _, pc := range pcs {
		eventually(t, "connected", 10*time.Second, func() bool { return pc.ConnectionState() == rtc.StateConnected })
	}
}

// fakeTrack is what local tracks share.
type fakeTrack struct {
	id      string
	kind    rtc.Kind
	mu      sync.Mutex
	enabled bool
	ended   chan struct{}
	stop    sync.Once
	done    sync.WaitGroup
}

func (f *fakeTrack) ID() string             { return f.id }
func (f *fakeTrack) Kind() rtc.Kind         { return f.kind }
func (f *fakeTrack) Label() string          { return f.id }
func (f *fakeTrack) Ended() <-chan struct{} { return f.ended }
func (f *fakeTrack) Enabled() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.enabled
}
func (f *fakeTrack) SetEnabled(enabled bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.enabled = enabled
}
func (f *fakeTrack) Stop() { f.stop.Do(func() { close(f.ended) }); f.done.Wait() }

// patternTrack is a moving picture: a gradient with a bright square that wanders. shade tells sources apart.
type patternTrack struct {
	fakeTrack
	frames        video.Outlet
	width, height int
	rate          float64
	noise         *rand.PCG // nil: none
	stamped       bool      // with the time, for measuring delay
}

func newPattern(t testing.TB, id string, width, height int, rate float64, shade byte) *patternTrack {
	return startPattern(t, &patternTrack{fakeTrack: fakeTrack{id: id, kind: rtc.Video, enabled: true, ended: make(chan struct{})},
		width: width, height: height, rate: rate}, shade)
}

// newNoisyPattern takes every bit that an encoder may have.
func newNoisyPattern(t testing.TB, id string, width, height int, rate float64) *patternTrack {
	return startPattern(t, &patternTrack{fakeTrack: fakeTrack{id: id, kind: rtc.Video, enabled: true, ended: make(chan struct{})},
		width: width, height: height, rate: rate, noise: rand.NewPCG(1, 2)}, 100)
}

func startPattern(t testing.TB, p *patternTrack, shade byte) *patternTrack {
	width, height, rate := p.width, p.height, p.rate
	p.done.Add(1)
	go func() {
		defer p.done.Done()
		ticker := time.NewTicker(time.Duration(float64(time.Second) / rate))
		defer ticker.Stop()
		var pool video.Pool
		for n := 0; ; n++ {
			select {
			case <-p.ended:
				return
			case <-ticker.C:
			}
			if !p.Enabled() {
				continue
			}
			f := pool.Get(width, height)
			drawPattern(f, n, shade)
			p.addNoise(f)
			f.Captured = video.Now()
			if p.stamped {
				stamp.Draw(f, time.Now())
			}
			p.frames.Put(f)
			f.Release()
		}
	}()
	t.Cleanup(func() { p.Stop(); p.frames.Close() })
	return p
}

func (p *patternTrack) Frames() *video.Outlet { return &p.frames }
func (p *patternTrack) Settings() rtc.Settings {
	return rtc.Settings{Width: p.width, Height: p.height, FrameRate: p.rate}
}

func drawPattern(f *video.Frame, n int, shade byte) {
	for y := range f.Height {
		row := f.Y[y*f.StrideY : y*f.StrideY+f.Width]
		for x := range row {
			row[x] = 40 + byte(x*100/f.Width) + byte(y*60/f.Height)
		}
	}
	for i := range f.U {
		f.U[i], f.V[i] = shade, 255-shade
	}
	size := f.Height / 4
	x0, y0 := n*4%(f.Width-size), f.Height/2-size/2
	for y := y0; y < y0+size; y++ {
		row := f.Y[y*f.StrideY+x0:]
		for x := range size {
			row[x] = 230
		}
	}
}

func (p *patternTrack) addNoise(f *video.Frame) {
	if p.noise == nil {
		return
	}
	for i := 0; i+8 <= len(f.Y); i += 8 {
		bits := p.noise.Uint64() & 0x1f1f1f1f1f1f1f1f
		for j := range 8 {
			f.Y[i+j] += byte(bits >> (8 * j))
		}
	}
}

// shadeOf is the mean of U.
func shadeOf(f *video.Frame) int {
	sum, count := 0, 0
	for y := range (f.Height + 1) / 2 {
		for _, v := range f.U[y*f.StrideUV : y*f.StrideUV+(f.Width+1)/2] {
			sum += int(v)
			count++
		}
	}
	return sum / count
}

// squareAt finds the left edge of the bright square, pixels; -1 without one.
func squareAt(f *video.Frame) int {
	row := f.Y[f.Height/2*f.StrideY:]
	for x := range f.Width {
		if row[x] > 205 {
			return x
		}
	}
	return -1
}

// toneTrack is a sine.
type toneTrack struct {
	fakeTrack
	tapMu sync.Mutex
	taps  map[int]func([]int16, int)
	n     int
}

func newTone(t testing.TB, id string, frequency float64) *toneTrack {
	p := &toneTrack{fakeTrack: fakeTrack{id: id, kind: rtc.Audio, enabled: true, ended: make(chan struct{})},
		taps: map[int]func([]int16, int){}}
	p.done.Add(1)
	go func() {
		defer p.done.Done()
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		pcm := make([]int16, audio.FrameSamples)
		for n := 0; ; {
			select {
			case <-p.ended:
				return
			case <-ticker.C:
			}
			for i := range pcm {
				pcm[i] = int16(12000 * math.Sin(2*math.Pi*frequency*float64(n)/audio.SampleRate))
				n++
			}
			p.tapMu.Lock()
			for _, fn := range p.taps {
				fn(pcm, 1)
			}
			p.tapMu.Unlock()
		}
	}()
	t.Cleanup(p.Stop)
	return p
}

func (p *toneTrack) Settings() rtc.Settings { return rtc.Settings{} }
func (p *toneTrack) Tap(fn func([]int16, int)) func() {
	p.tapMu.Lock()
	defer p.tapMu.Unlock()
	id := p.n
	p.n++
	p.taps[id] = fn
	return func() {
		p.tapMu.Lock()
		defer p.tapMu.Unlock()
		delete(p.taps, id)
	}
}

// speaker is an output that a test reads; Pull plays 10 ms.
type speaker struct {
	mu     sync.Mutex
	inputs map[audio.Input]bool
}

func newSpeaker() *speaker { return &speaker{inputs: map[audio.Input]bool{}} }

func (s *speaker) Add(in audio.Input) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inputs[in] = true
}

func (s *speaker) Remove(in audio.Input) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inputs, in)
}

func (s *speaker) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inputs)
}

// play pulls so much sound in real time and returns its left channel.
func (s *speaker) play(d time.Duration) []int16 {
	var out []int16
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	frame, sum := make([]int16, 2*audio.FrameSamples), make([]int16, 2*audio.FrameSamples)
	for range int(d / (10 * time.Millisecond)) {
		<-ticker.C
		clear(sum)
		s.mu.Lock()
		for in := range s.inputs {
			in.Read(frame)
			for i, v := range frame {
				sum[i] += v
			}
		}
		s.mu.Unlock()
		for i := 0; i < len(sum); i += 2 {
			out = append(out, sum[i])
		}
	}
	return out
}

// share is how much of a sound's energy lies at a frequency, 0 to 1, and its level, 0 to 1: the median of 50 ms windows,
// because the jitter buffer shifts phases when it adapts.
func share(pcm []int16, frequency float64) (part, level float64) {
	const window = audio.SampleRate / 20
	var parts, levels []float64
	for ; len(pcm) >= window; pcm = pcm[window:] {
		p, l := shareOf(pcm[:window], frequency)
		parts, levels = append(parts, p), append(levels, l)
	}
	slices.Sort(parts)
	slices.Sort(levels)
	return parts[len(parts)/2], levels[len(levels)/2]
}

func shareOf(pcm []int16, frequency float64) (part, level float64) {
	w := 2 * math.Pi * frequency / audio.SampleRate
	var re, im, energy float64
	for i, v := range pcm {
		x := float64(v) / 32768
		re += x * math.Cos(w*float64(i))
		im += x * math.Sin(w*float64(i))
		energy += x * x
	}
	n := float64(len(pcm))
	if energy == 0 {
		return 0, 0
	}
	return 2 * (re*re + im*im) / n / energy, math.Sqrt(energy / n)
}

// remoteVideo waits for the video track of an m-line.
func remoteVideo(t testing.TB, pc *Conn, index int) *RemoteTrack {
	t.Helper()
	var found *RemoteTrack
	eventually(t, "a remote video track", 5*time.Second, func() bool {
		n := 0
		for _, r := range pc.RemoteTracks() {
			if r.Kind() == rtc.Video {
				if n == index {
					found = r.(*RemoteTrack)
					return true
				}
				n++
			}
		}
		return false
	})
	return found
}

// nextFrames waits for n more frames and returns the newest; the test releases it.
func nextFrames(t testing.TB, r *RemoteTrack, n int, limit time.Duration) *video.Frame {
	t.Helper()
	old, before := r.Frames().Newest()
	if old != nil {
		old.Release()
	}
	var f *video.Frame
	eventually(t, "frames on "+r.ID(), limit, func() bool {
		next, count := r.Frames().Newest()
		if next != nil && count >= before+uint64(n) {
			f = next
			return true
		}
		if next != nil {
			next.Release()
		}
		return false
	})
	return f
}
