package codectest

import (
	"fmt"
	"testing"

	"parley/media/codec"
	"parley/media/video"
)

// benchSizes are what a camera and a screen are sent at, with the bitrate in bit/s.
var benchSizes = []struct {
	width, height, bitrate int
	screen                 bool
}{
	{320, 180, 200_000, false},
	{640, 360, 700_000, false},
	{1280, 720, 2_000_000, false},
	{1920, 1080, 3_000_000, false},
	{1920, 1080, 1_000_000, true},
}

// BenchmarkVideo measures coding and decoding of one codec at the usual sizes: ns/op is for one picture.
func BenchmarkVideo(b *testing.B, name string) {
	a, err := codec.Video(name)
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range benchSizes {
		label := fmt.Sprintf("%dx%d", size.width, size.height)
		if size.screen {
			label += "screen"
		}
		c := codec.VideoConfig{
			Width: size.width, Height: size.height, FrameRate: 30, Bitrate: size.bitrate, Screen: size.screen,
		}
		pictures := frames(size.width, size.height, 30)
		if size.screen {
			for i, f := range pictures {
				PaintText(f, i*2)
			}
		}
		if a.NewEncoder != nil {
			b.Run("encode/"+label, func(b *testing.B) { benchEncode(b, a, c, pictures) })
		}
		if a.NewEncoder != nil && a.NewDecoder != nil {
			b.Run("decode/"+label, func(b *testing.B) { benchDecode(b, a, c, pictures) })
		}
	}
}

func benchEncode(b *testing.B, a codec.VideoAdapter, c codec.VideoConfig, pictures []*video.Frame) {
	e := suite{a}.encoder(b, c)
	dst, _, err := e.Encode(make([]byte, 0, 4<<20), pictures[0], true)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if dst, _, err = e.Encode(dst[:0], pictures[n%len(pictures)], false); err != nil {
			b.Fatal(err)
		}
	}
}

func benchDecode(b *testing.B, a codec.VideoAdapter, c codec.VideoConfig, pictures []*video.Frame) {
	e, d := suite{a}.encoder(b, c), suite{a}.decoder(b)
	var stream [][]byte
	for i, f := range pictures {
		if data, _ := encode(b, e, f, i == 0); len(data) > 0 {
			stream = append(stream, data)
		}
	}
	decode(b, d, stream[0]).Release()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n++; n == len(stream) {
			n = 0
		}
		f, err := d.Decode(stream[n])
		if err != nil {
			b.Fatal(err)
		}
		f.Release()
	}
}
