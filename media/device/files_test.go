package device

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"parley/media/record"
	"parley/media/record/y4m"
	"parley/media/video"
)

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
