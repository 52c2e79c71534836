package stamp

import (
	"math/rand/v2"
	"testing"
	"time"

	"parley/media/video"
)

func TestCRC(t *testing.T) {
	if got := crc16([]byte("123456789")); got != 0x29B1 { // the check value every catalogue gives
		t.Fatalf("%#x", got)
	}
}

func TestRoundTripAtManySizes(t *testing.T) {
	at := time.UnixMicro(1_764_000_000_123_456)
	for _, size := range [][2]int{{1920, 1080}, {1280, 720}, {640, 360}, {320, 180}, {160, 90}, {641, 479}, {100, 33}} {
		f := noise(size[0], size[1])
		Draw(f, at)
		if got, ok := Read(f); !ok || !got.Equal(at) {
			t.Errorf("%v: %v %v", size, got, ok)
		}
	}
}

func TestSurvivesNoiseAndScaling(t *testing.T) {
	at := time.Now().Truncate(time.Microsecond)
	f := noise(1280, 720)
	Draw(f, at)
	half := video.NewFrame(640, 360)
	r := rand.New(rand.NewPCG(1, 2))
	for y := range 360 {
		for x := range 640 {
			v := int(f.Y[2*y*f.StrideY+2*x]) + r.IntN(61) - 30
			half.Y[y*half.StrideY+x] = byte(max(0, min(255, v)))
		}
	}
	if got, ok := Read(half); !ok || !got.Equal(at) {
		t.Fatalf("%v %v", got, ok)
	}
}

func TestNoStampIsNotRead(t *testing.T) {
	for range 200 {
		if _, ok := Read(noise(640, 360)); ok {
			t.Fatal("read a moment out of noise")
		}
	}
	f := noise(640, 360)
	Draw(f, time.Now())
	for y := range 15 { // one block turned over
		for x := range 16 {
			f.Y[y*f.StrideY+x+16*20] ^= 0xFF
		}
	}
	if _, ok := Read(f); ok {
		t.Fatal("read a damaged stamp")
	}
	if _, ok := Read(video.NewFrame(16, 16)); ok {
		t.Fatal("read a stamp in a tiny picture")
	}
}

func TestReadOfDrawDoesNotAllocate(t *testing.T) {
	f, at := video.NewFrame(640, 360), time.Now()
	if n := testing.AllocsPerRun(10, func() { Draw(f, at); Read(f) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func noise(width, height int) *video.Frame {
	f := video.NewFrame(width, height)
	for i := range f.Y {
		f.Y[i] = byte(rand.Uint32())
	}
	return f
}
