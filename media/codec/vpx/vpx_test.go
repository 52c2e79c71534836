package vpx

import (
	"errors"
	"os"
	"testing"

	"parley/media/codec"
	"parley/media/codec/codectest"
	"parley/media/codec/internal/adapter"
	"parley/media/video"
)

func TestVP8(t *testing.T) { codectest.Video(t, "VP8") }

func TestVP9(t *testing.T) { codectest.Video(t, "VP9") }

func BenchmarkVP8(b *testing.B) { codectest.BenchmarkVideo(b, "VP8") }

func BenchmarkVP9(b *testing.B) { codectest.BenchmarkVideo(b, "VP9") }

// TestOtherFormats: 4:4:4 and 10 bits are refused, and do not spoil the decoder.
func TestOtherFormats(t *testing.T) {
	d, err := newDecoder(true)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, name := range []string{"yuv444p.vp9", "yuv420p10le.vp9"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if w, h := codec.FrameSize("VP9", data); w != 64 || h != 48 {
			t.Errorf("%s: header says %dx%d", name, w, h)
		}
		if f, err := d.Decode(data); !errors.Is(err, codec.ErrNeedKeyFrame) || f != nil {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	e, err := newEncoder(true, codec.VideoConfig{Width: 64, Height: 48, Bitrate: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	black := video.NewFrame(64, 48)
	video.Black(black)
	data, _, err := e.Encode(nil, black, false)
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	f.Release()
}

// TestHugeFrames: a few bytes that declare an enormous picture are refused before any memory is taken.
func TestHugeFrames(t *testing.T) {
	for _, c := range []struct {
		vp9  bool
		unit []byte
	}{
		{false, []byte{0x10, 2, 0, 0x9d, 1, 0x2a, 0xff, 0x3f, 0xff, 0x3f, 0, 0}},
		{true, []byte{0x82, 0x49, 0x83, 0x42, 0, 0x0f, 0xff, 0x0f, 0xff, 0, 0}},
	} {
		d, err := newDecoder(c.vp9)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := d.Decode(c.unit); f != nil || !errors.Is(err, adapter.ErrTooLarge) {
			t.Errorf("VP9 %v: %v, %v", c.vp9, f, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
