package vpx

import (
	"testing"

	"parley/media/codec/codectest"
)

func TestVP8(t *testing.T) { codectest.Video(t, "VP8") }

func TestVP9(t *testing.T) { codectest.Video(t, "VP9") }

func BenchmarkVP8(b *testing.B) { codectest.BenchmarkVideo(b, "VP8") }

func BenchmarkVP9(b *testing.B) { codectest.BenchmarkVideo(b, "VP9") }
