//go:build linux && !race

// The race detector keeps memory of its own for what it watches: this is tested without it (scripts/test.sh).

package all

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"

	"parley/media/codec"
	"parley/media/video"
)

// Codecs that come and go on many threads, as cameras and presentations do, leave no memory behind.
func TestClosedCodecsGiveTheirMemoryBack(t *testing.T) {
	round := func() {
		var threads sync.WaitGroup
		for range 6 {
			threads.Go(func() {
				runtime.LockOSThread() // never unlocked: the thread ends with it, the next round has new ones
				work(t)
			})
		}
		threads.Wait()
	}
	round()
	before := resident(t)
	for range 4 {
		round()
	}
	grown := resident(t) - before
	t.Logf("%.1f MB stay after 24 encoders and decoders were closed", grown)
	if grown > 8 {
		t.Error("that is too much")
	}
}

// work codes a few pictures of 720p.
func work(t *testing.T) {
	adapter, err := codec.Video("VP8")
	if err != nil {
		t.Error(err)
		return
	}
	encoder, err := adapter.NewEncoder(codec.VideoConfig{Width: 1280, Height: 720, FrameRate: 30, Bitrate: 1_000_000})
	if err != nil {
		t.Error(err)
		return
	}
	defer encoder.Close()
	decoder, err := adapter.NewDecoder()
	if err != nil {
		t.Error(err)
		return
	}
	defer decoder.Close()
	frame := video.NewFrame(1280, 720)
	for i := range 5 {
		for j := range frame.Y {
			frame.Y[j] = byte(i*7 + j)
		}
		data, _, err := encoder.Encode(nil, frame, i == 0)
		if err != nil {
			t.Error(err)
			return
		}
		if len(data) == 0 {
			continue
		}
		decoded, err := decoder.Decode(data)
		if err != nil {
			t.Error(err)
			return
		}
		if decoded != nil {
			decoded.Release()
		}
	}
}

// resident memory, MB, after Go has given back what it can.
func resident(t *testing.T) float64 {
	debug.FreeOSMemory()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, is := strings.CutPrefix(line, "VmRSS:"); is {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb / 1024
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
