package device

import (
	"testing"

	"parley/media/video"
)

func BenchmarkPattern720p(b *testing.B) {
	p, err := NewPattern(PatternOptions{Text: "Parley", Stamp: true})
	if err != nil {
		b.Fatal(err)
	}
	f := video.NewFrame(1280, 720)
	b.ReportAllocs()
	for i := range b.N {
		p.draw(f, int64(i))
	}
}

func BenchmarkSpeech(b *testing.B) {
	s := NewSpeech(1)
	pcm := make([]int16, FrameSamples)
	b.ReportAllocs()
	for range b.N {
		s.voice.fill(pcm)
	}
}
