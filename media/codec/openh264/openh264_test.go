package openh264

import (
	"testing"

	"parley/media/codec/codectest"
)

func TestH264(t *testing.T) { codectest.Video(t, "H264") }

func BenchmarkH264(b *testing.B) { codectest.BenchmarkVideo(b, "H264") }
