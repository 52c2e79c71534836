package aom

import (
	"testing"

	"parley/media/codec"
	"parley/media/codec/codectest"
	_ "parley/media/codec/dav1d" // decodes what is coded
	"parley/media/video"
)

func TestAV1(t *testing.T) { codectest.Video(t, "AV1") }

func BenchmarkAV1(b *testing.B) { codectest.BenchmarkVideo(b, "AV1") }

// TestKeyFramesComeOnlyWhenAsked, not even after libaom's usual distance of 9999 pictures.
func TestKeyFramesComeOnlyWhenAsked(t *testing.T) {
	const asked = 10_300
	e, err := newEncoder(codec.VideoConfig{Width: 16, Height: 16, FrameRate: 30, Bitrate: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	f := video.NewFrame(16, 16)
	var data []byte
	for i := range asked + 1 {
		codectest.Source{Width: 16, Height: 16}.Paint(f, i)
		var key bool
		if data, key, err = e.Encode(data[:0], f, i == asked); err != nil {
			t.Fatal(err)
		}
		if want := i == 0 || i == asked; key != want || key != codec.IsKeyFrame("AV1", data) {
			t.Fatalf("picture %d: key %v, by its header %v", i, key, codec.IsKeyFrame("AV1", data))
		}
	}
}
