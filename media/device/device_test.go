package device

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"parley/media/audio"
	"parley/media/device/stamp"
	"parley/media/record"
	"parley/media/record/y4m"
	"parley/media/video"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPatternIsPacedWithoutDriftAndStamped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := NewPattern(PatternOptions{Width: 320, Height: 180, FPS: 29.97, Text: "Тест", Stamp: true})
		if err != nil {
			t.Fatal(err)
		}
		frames := 0
		err = p.Start(func(f *video.Frame) {
			frames++
			at, ok := stamp.Read(f)
			if !ok || time.Since(at) > time.Millisecond {
				t.Errorf("frame %d: stamp %v %v", frames, at, ok)
			}
		}, func(err error) { t.Errorf("ended: %v", err) })
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Second)
		synctest.Wait()
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if frames != 2998 { // 2997 distances in 100 s, and the first one
			t.Fatalf("%d frames in 100 s", frames)
		}
		if err := p.Start(nil, nil); !errors.Is(err, errState) {
			t.Fatalf("started again: %v", err)
		}
	})
}

func TestPatternMoves(t *testing.T) {
	p, err := NewPattern(PatternOptions{Width: 64, Height: 48, FPS: 10})
	if err != nil {
		t.Fatal(err)
	}
	a, b := video.NewFrame(64, 48), video.NewFrame(64, 48)
	p.draw(a, 0)
	p.draw(b, 5)
	same := 0
	for i := range a.Y {
		if a.Y[i] == b.Y[i] {
			same++
		}
	}
	if same == len(a.Y) || same < len(a.Y)/2 {
		t.Fatalf("%d of %d pixels stayed", same, len(a.Y))
	}
	for _, o := range []PatternOptions{{Width: 3, Height: 3}, {Width: 99999, Height: 20}, {Width: 64, Height: 64, FPS: -1},
		{Width: 64, Height: 64, FPS: math.NaN()}} {
		if _, err := NewPattern(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

func TestSourceSkipsAfterASuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		calls, done := 0, make(chan error)
		go func() {
			done <- pace(stop, 0.01, func(n int64) error {
				if calls++; calls == 10 {
					time.Sleep(10 * time.Second) // the machine slept
				}
				return nil
			})
		}()
		time.Sleep(11 * time.Second)
		close(stop)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if calls < 95 || calls > 115 { // 10 before, about 91 after, not a thousand caught up
			t.Fatalf("%d calls", calls)
		}
	})
}

func TestVideoFileLoopsAtItsOwnRate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "three.y4m")
	rec, err := record.NewVideo(path, record.VideoOptions{FrameRate: 12.5})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		f := video.NewFrame(34, 22)
		f.Y[0] = byte(100 + i)
		rec.Put(f)
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		v, err := OpenVideo(path, VideoOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var seen []byte
		if err := v.Start(func(f *video.Frame) { seen = append(seen, f.Y[0]) }, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(799 * time.Millisecond)
		synctest.Wait()
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		if len(seen) != 10 || seen[0] != 100 || seen[3] != 100 || seen[8] != 102 {
			t.Fatalf("frames %v", seen)
		}
	})
}

func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for word, want := range map[string]error{
		filepath.Join(dir, "none.y4m"):                         fs.ErrNotExist,
		write("empty.y4m", ""):                                 y4m.ErrFormat,
		write("head.y4m", "YUV4MPEG2 W16 H16 F30:1\n"):         y4m.ErrFormat,
		write("cut.y4m", "YUV4MPEG2 W16 H16 F30:1\nFRAME\nab"): y4m.ErrFormat,
		filepath.Join(dir, "clip.mp4"):                         nil,
	} {
		s, err := OpenVideo(word, VideoOptions{})
		if err == nil || s != nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", filepath.Base(word), err)
		}
	}
	for _, word := range []string{write("a.wav", "RIFF"), filepath.Join(dir, "no.wav"), filepath.Join(dir, "a.mp3")} {
		if s, err := OpenAudio(word); err == nil || s != nil {
			t.Errorf("%s: no error", filepath.Base(word))
		}
	}
	if s, err := OpenVideo("none", VideoOptions{}); s != nil || err != nil {
		t.Errorf("none: %v %v", s, err)
	}
	if s, err := OpenAudio("none"); s != nil || err != nil {
		t.Errorf("none: %v %v", s, err)
	}
}

func TestAudioFileIsResampledAndLoops(t *testing.T) {
	// One second of 1 kHz at 48 kHz, relabelled: 44.1 kHz plays it at 918.75 Hz.
	path := filepath.Join(t.TempDir(), "tone.wav")
	rec, err := record.NewAudio(path, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 48000)
	for i := range pcm {
		pcm[i] = int16(10000 * math.Sin(2*math.Pi*1000*float64(i)/48000))
	}
	rec.Put(pcm)
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[24], raw[25] = 0x44, 0xAC // 44100
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s, err := OpenAudio(path)
		if err != nil {
			t.Fatal(err)
		}
		var got []int16
		if err := s.Start(func(pcm []int16) { got = append(got, pcm...) }, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		_ = s.Close()
		if len(got) != 301*FrameSamples {
			t.Fatalf("%d samples", len(got))
		}
		crossings := 0
		for i := 1; i < 48000; i++ {
			if (got[i-1] < 0) != (got[i] < 0) {
				crossings++
			}
		}
		if crossings < 1830 || crossings > 1845 {
			t.Fatalf("%d zero crossings in a second, want about 1837", crossings)
		}
		if quiet(got[2*48000:]) {
			t.Fatal("silent after the first round")
		}
	})
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

// fakeCamera is a VideoSource that the test drives.
type fakeCamera struct {
	mu      sync.Mutex
	open    *atomic.Int32
	deliver func(*video.Frame)
	ended   func(error)
}

func (c *fakeCamera) Label() string { return "fake" }
func (c *fakeCamera) Start(deliver func(*video.Frame), ended func(error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deliver, c.ended = deliver, ended
	c.open.Add(1)
	return nil
}
func (c *fakeCamera) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deliver != nil {
		c.deliver = nil
		c.open.Add(-1)
	}
	return nil
}
func (c *fakeCamera) frame(width, height int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deliver != nil {
		f := video.NewFrame(width, height)
		f.Captured = video.Now()
		c.deliver(f)
		f.Release()
	}
}

func TestVideoTrackMuteClosesTheCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int32
		cameras := []*fakeCamera{{open: &open}}
		track, err := NewVideoTrack(cameras[0], func() (VideoSource, error) {
			cameras = append(cameras, &fakeCamera{open: &open})
			return cameras[len(cameras)-1], nil
		}, TrackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		defer track.Frames().Tap(func(*video.Frame) { count++ })()
		for range 31 {
			cameras[0].frame(640, 480)
			time.Sleep(time.Second / 25)
		}
		if s := track.Settings(); s.Width != 640 || s.Height != 480 || math.Abs(s.FrameRate-25) > 0.1 {
			t.Fatalf("settings %+v", s)
		}

		track.SetEnabled(false)
		cameras[0].frame(640, 480) // one that was under way
		if f, _ := track.Frames().Newest(); f != nil || count != 31 {
			t.Fatalf("a picture came out of a muted track (%d)", count)
		}
		synctest.Wait()
		if open.Load() != 0 || track.Enabled() {
			t.Fatal("the camera's light is on while muted")
		}

		track.SetEnabled(true)
		synctest.Wait()
		if open.Load() != 1 || len(cameras) != 2 {
			t.Fatalf("%d cameras open of %d", open.Load(), len(cameras))
		}
		cameras[1].frame(320, 240)
		if s := track.Settings(); s.Width != 320 || count != 32 {
			t.Fatalf("settings %+v, %d frames", s, count)
		}

		track.Stop()
		track.Stop()
		cameras[1].frame(320, 240)
		<-track.Ended()
		<-track.Released()
		if open.Load() != 0 || count != 32 {
			t.Fatalf("after Stop %d open, %d frames", open.Load(), count)
		}
		track.SetEnabled(false) // nothing happens
	})
}

func TestVideoTrackStartsWithTheCameraOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int32
		track, err := NewVideoTrack(nil, func() (VideoSource, error) { return &fakeCamera{open: &open}, nil }, TrackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if track.Enabled() || open.Load() != 0 {
			t.Fatal("opened at once")
		}
		track.SetEnabled(true)
		synctest.Wait()
		if open.Load() != 1 {
			t.Fatal("not opened")
		}
		track.Stop()
		<-track.Released()
		if _, err := NewVideoTrack(nil, nil, TrackOptions{}); err == nil {
			t.Fatal("a track of nothing")
		}
	})
}

func TestUnpluggedCameraFallsBackOrEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int32
		first, second := &fakeCamera{open: &open}, &fakeCamera{open: &open}
		reasons := make(chan error, 2)
		var track *VideoTrack
		track, err := NewVideoTrack(first, nil, TrackOptions{Lost: func(err error) bool {
			reasons <- err
			if len(reasons) == 2 {
				return false
			}
			track.SetSource(second, nil)
			return true
		}})
		if err != nil {
			t.Fatal(err)
		}
		first.ended(errUnplugged)
		synctest.Wait()
		if !errors.Is(<-reasons, ErrUnavailable) || open.Load() != 1 {
			t.Fatal("no fall back")
		}
		reasons <- nil
		second.frame(64, 64)
		if f, _ := track.Frames().Newest(); f == nil {
			t.Fatal("no picture from the other camera")
		} else {
			f.Release()
		}
		first.ended(errUnplugged) // a late word of the old one
		synctest.Wait()
		if open.Load() != 1 {
			t.Fatal("the old camera's end ended the new one")
		}
		second.ended(nil)
		<-track.Ended()
		<-track.Released()
		if f, _ := track.Frames().Newest(); f != nil {
			t.Fatal("a stale picture is left")
		}
	})
}

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

type countingProcessor struct {
	audio.Processor
	frames int
}

func (p *countingProcessor) ProcessCapture([]int16, int) { p.frames++ }

func TestMachineWithoutDevices(t *testing.T) {
	// Where the machine running the tests has devices, there is nothing to see here.
	if len(Cameras()) == 0 {
		if _, err := OpenVideo("", VideoOptions{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("camera: %v", err)
		}
	}
	if len(Microphones()) == 0 {
		if _, err := OpenAudioTrack("default", TrackOptions{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("microphone: %v", err)
		}
	}
}
