package stamp_test

import (
	"testing"
	"time"

	"parley/media/codec"
	_ "parley/media/codec/all"
	"parley/media/device"
	"parley/media/device/stamp"
	"parley/media/video"
)

// TestSurvivesCodecs sends stamped moving pictures at 360p through each codec at a low bitrate.
func TestSurvivesCodecs(t *testing.T) {
	for _, name := range []string{"VP8", "H264", "VP9"} {
		t.Run(name, func(t *testing.T) {
			adapter, err := codec.Video(name)
			if err != nil || adapter.NewEncoder == nil || adapter.NewDecoder == nil {
				t.Skipf("this build has no %s both ways", name)
			}
			enc, err := adapter.NewEncoder(codec.VideoConfig{Width: 640, Height: 360, FrameRate: 30, Bitrate: 300_000})
			if err != nil {
				t.Fatal(err)
			}
			defer enc.Close()
			dec, err := adapter.NewDecoder()
			if err != nil {
				t.Fatal(err)
			}
			defer dec.Close()
			read, decoded := roundTrip(t, enc, dec)
			if decoded < 80 || read < decoded*98/100 {
				t.Fatalf("of %d decoded pictures %d stamps were read", decoded, read)
			}
		})
	}
}

func roundTrip(t *testing.T, enc codec.VideoEncoder, dec codec.VideoDecoder) (read, decoded int) {
	t.Helper()
	p, err := device.NewPattern(device.PatternOptions{Width: 640, Height: 360, FPS: 200, Text: "stamp", Stamp: true})
	if err != nil {
		t.Fatal(err)
	}
	frames := make(chan *video.Frame, 1)
	done := make(chan struct{})
	if err := p.Start(func(f *video.Frame) {
		select {
		case frames <- f.Retain():
		case <-done:
			f.Release()
		}
	}, nil); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	defer close(done)
	var data []byte
	for i := range 100 {
		f := <-frames
		want, _ := stamp.Read(f)
		if data, _, err = enc.Encode(data[:0], f, i == 0); err != nil {
			t.Fatal(err)
		}
		f.Release()
		if len(data) == 0 {
			continue
		}
		out, err := dec.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if out == nil {
			continue
		}
		decoded++
		if got, ok := stamp.Read(out); ok {
			if d := want.Sub(got); d < 0 || d > time.Second {
				t.Fatalf("read %v instead of %v", got, want)
			}
			if got.Equal(want) {
				read++
			}
		}
		out.Release()
	}
	return read, decoded
}
