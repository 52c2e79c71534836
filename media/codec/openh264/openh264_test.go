package openh264

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"parley/media/codec"
	"parley/media/codec/codectest"
	"parley/media/video"
)

func TestH264(t *testing.T) { codectest.Video(t, "H264") }

func BenchmarkH264(b *testing.B) { codectest.BenchmarkVideo(b, "H264") }

// TestSlices: with MaxPayload no NAL unit is longer, so each fits a packet of packetization mode 0, and the picture
// decodes all the same. A size change keeps to it.
func TestSlices(t *testing.T) {
	const limit = 1100
	e, err := newEncoder(codec.VideoConfig{
		Width: 640, Height: 360, FrameRate: 30, Bitrate: 1_500_000, MaxPayload: limit,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	d, err := newDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, size := range [][2]int{{640, 360}, {1280, 720}} {
		f, slices := video.NewFrame(size[0], size[1]), 0
		for i := range 20 {
			codectest.Source{Width: size[0], Height: size[1]}.Paint(f, i)
			data, key, err := e.Encode(nil, f, i == 10)
			if err != nil {
				t.Fatal(err)
			}
			if len(data) == 0 {
				continue
			}
			for _, nal := range bytes.Split(data, []byte{0, 0, 0, 1})[1:] {
				if len(nal) > limit {
					t.Errorf("picture %d: a NAL unit of %d bytes", i, len(nal))
				}
				slices++
			}
			if !key && i%10 == 0 {
				t.Errorf("picture %d: no key frame", i)
			}
			got, err := d.Decode(data)
			if err != nil || got == nil {
				t.Fatalf("picture %d: %v, %v", i, got, err)
			}
			if db := video.PSNR(f, got); db < 28 {
				t.Errorf("picture %d: PSNR %.1f dB", i, db)
			}
			got.Release()
		}
		if slices < 40 {
			t.Errorf("%d slices in 20 pictures", slices)
		}
	}
}

// TestParameterSets: they come with each key frame, in constrained baseline, and may come on their own.
func TestParameterSets(t *testing.T) {
	e, err := newEncoder(codec.VideoConfig{Width: 640, Height: 360, FrameRate: 30, Bitrate: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	f := video.NewFrame(640, 360)
	video.Black(f)
	for i := range 3 {
		data, _, err := e.Encode(nil, f, true)
		if err != nil {
			t.Fatal(err)
		}
		nals := bytes.Split(data, []byte{0, 0, 0, 1})
		if len(nals) != 4 || nals[1][0]&31 != 7 || nals[2][0]&31 != 8 || nals[3][0]&31 != 5 {
			t.Fatalf("key frame %d is not SPS, PPS, IDR", i)
		}
		if nals[1][1] != 66 || nals[1][2]&0x40 == 0 {
			t.Errorf("profile %d, constraints %#x", nals[1][1], nals[1][2])
		}
		d, err := newDecoder()
		if err != nil {
			t.Fatal(err)
		}
		split := len(data) - len(nals[3]) - 4
		if got, err := d.Decode(data[:split]); got != nil || err != nil {
			t.Errorf("parameter sets alone: %v, %v", got, err)
		}
		got, err := d.Decode(data[split:])
		if err != nil || got == nil {
			t.Fatalf("the IDR picture after its parameter sets: %v, %v", got, err)
		}
		got.Release()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestLostPicture: a gap in frame_num asks for a key frame rather than showing a guess.
func TestLostPicture(t *testing.T) {
	e, err := newEncoder(codec.VideoConfig{Width: 640, Height: 360, FrameRate: 30, Bitrate: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	d, err := newDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	f := video.NewFrame(640, 360)
	for i := range 6 {
		codectest.Source{Width: 640, Height: 360}.Paint(f, i)
		data, _, err := e.Encode(nil, f, i == 5)
		if err != nil || len(data) == 0 {
			t.Fatalf("%d bytes, %v", len(data), err)
		}
		if i == 2 {
			continue // lost
		}
		got, err := d.Decode(data)
		if lost := i == 3 || i == 4; lost != errors.Is(err, codec.ErrNeedKeyFrame) || lost != (got == nil) {
			t.Errorf("picture %d: %v, %v", i, got != nil, err)
		}
		if got != nil {
			got.Release()
		}
	}
}

// TestOtherFormats: 4:4:4 and 10 bits are refused, and do not spoil the decoder.
func TestOtherFormats(t *testing.T) {
	d, err := newDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, name := range []string{"yuv444p.h264", "yuv420p10le.h264"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if w, h := codec.FrameSize("H264", data); w != 64 || h != 48 {
			t.Errorf("%s: header says %dx%d", name, w, h)
		}
		if f, err := d.Decode(data); !errors.Is(err, codec.ErrNeedKeyFrame) || f != nil {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	e, err := newEncoder(codec.VideoConfig{Width: 64, Height: 48, Bitrate: 100_000})
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
	if err != nil || f == nil {
		t.Fatalf("%v, %v", f, err)
	}
	f.Release()
}
