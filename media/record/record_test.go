package record

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"go.uber.org/goleak"

	"parley/media/record/wav"
	"parley/media/record/y4m"
	"parley/media/video"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func grey(width, height int, luma byte) *video.Frame {
	f := video.NewFrame(width, height)
	for i := range f.Y {
		f.Y[i] = luma
	}
	for i := range f.U {
		f.U[i], f.V[i] = 100, 150
	}
	return f
}

func TestVideoGoesOnInANewFileWhenTheSizeChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "call.y4m")
	v, err := NewVideo(path, VideoOptions{FrameRate: 30})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		f := grey(64, 48, byte(20+i))
		v.Put(f)
		f.Release()
	}
	v.Put(grey(33, 17, 90)) // odd sizes are pictures too
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if got := v.Files(); len(got) != 2 || got[1] != filepath.Join(filepath.Dir(path), "call-2.y4m") {
		t.Fatalf("files %v", got)
	}
	if n, d := v.Counters(); n != 4 || d != 0 {
		t.Fatalf("wrote %d, dropped %d", n, d)
	}
	if got := readLumas(t, path); !bytes.Equal(got, []byte{20, 21, 22}) {
		t.Fatalf("lumas %v", got)
	}
	if got := readLumas(t, v.Files()[1]); !bytes.Equal(got, []byte{90}) {
		t.Fatalf("lumas %v", got)
	}
	v.Put(grey(64, 48, 1)) // after Close: nothing happens
}

func readLumas(t *testing.T, path string) (lumas []byte) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := y4m.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	f := video.NewFrame(r.Header.Width, r.Header.Height)
	for {
		if err := r.Next(f); err == io.EOF {
			return lumas
		} else if err != nil {
			t.Fatal(err)
		}
		if f.U[0] != 100 || f.V[len(f.V)-1] != 150 {
			t.Fatalf("chroma %d %d", f.U[0], f.V[0])
		}
		lumas = append(lumas, f.Y[len(f.Y)-1])
	}
}

func TestVideoDropsWhenTheDiskIsSlow(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "never.y4m")
	v := &Video{path: fifo, queue: make(chan *video.Frame, videoQueue), done: make(chan struct{})}
	f := grey(16, 16, 16)
	for range videoQueue + 5 { // nobody writes
		v.Put(f)
	}
	if _, dropped := v.Counters(); dropped != 5 {
		t.Fatalf("dropped %d", dropped)
	}
}

func TestAudioRoundTripAndReadableBeforeClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "call.wav")
	a, err := NewAudio(path, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 960)
	for i := range pcm {
		pcm[i] = int16(i * 60)
	}
	// More than the queue holds: hand over no faster than the writer takes.
	for i := range 250 {
		a.Put(pcm)
		for len(a.queue) > audioQueue/2 {
			runtime.Gosched()
		}
		if i == 220 {
			break
		}
	}
	for { // wait until the second update of the header is due
		if written, _ := a.Counters(); written >= 2*48000+480 {
			break
		}
		runtime.Gosched()
	}
	if n := countSamples(t, path, pcm); n < 2*48000 {
		t.Fatalf("only %d samples can be read while recording", n)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if n := countSamples(t, path, pcm); n != 221*480 {
		t.Fatalf("%d samples", n)
	}
}

func countSamples(t *testing.T, path string, want []int16) (samples int) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := wav.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, len(want))
	for {
		n, err := r.Read(pcm)
		if err == io.EOF {
			return samples
		} else if err != nil {
			t.Fatal(err)
		}
		for i := range n * 2 {
			if pcm[i] != want[i] {
				t.Fatalf("sample %d is %d", i, pcm[i])
			}
		}
		samples += n
	}
}

func TestUnwritablePathIsAnError(t *testing.T) {
	if _, err := NewVideo(filepath.Join(t.TempDir(), "no", "x.y4m"), VideoOptions{}); err == nil {
		t.Fatal("no error")
	}
	if _, err := NewAudio(filepath.Join(t.TempDir(), "no", "x.wav"), 1, nil); err == nil {
		t.Fatal("no error")
	}
}

func TestRatio(t *testing.T) {
	for rate, want := range map[float64][2]int{30: {30, 1}, 29.97: {30000, 1001}, 12.5: {12500, 1000}, 60: {60, 1}} {
		if n, d := ratio(rate); n != want[0] || d != want[1] {
			t.Errorf("%v is %d:%d", rate, n, d)
		}
	}
}
