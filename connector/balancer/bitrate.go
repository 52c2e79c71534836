// Package balancer limits resolution and bitrate of the outgoing camera stream (spec connector 9).
package balancer

import (
	"math"
	"strings"
)

// steps of the bitrate table: up to this width (pixels) this much (bit/s).
var steps = []struct{ width, bitrate float64 }{
	{64, 60_000}, {128, 120_000}, {256, 250_000}, {384, 320_000}, {426, 380_000}, {640, 500_000}, {848, 700_000},
	{1280, 1_000_000}, {1920, 2_000_000}, {math.Inf(1), 4_000_000},
}

// av1Factor is what AV1 needs of another codec's bitrate.
const av1Factor = 0.6

func forCodec(bitrate float64, codec string) float64 {
	if strings.Contains(strings.ToLower(codec), "av1") {
		return bitrate * av1Factor
	}
	return bitrate
}

// MaxBitrate is the limit for a picture of that width in pixels, bit/s. Codec is a MIME type or subtype in any case.
func MaxBitrate(width float64, codec string) float64 {
	for _, s := range steps {
		if width <= s.width {
			return forCodec(s.bitrate, codec)
		}
	}
	return HighestBitrate(codec)
}

// LowestBitrate of the table, bit/s.
func LowestBitrate(codec string) float64 { return forCodec(steps[0].bitrate, codec) }

// HighestBitrate of the table, bit/s.
func HighestBitrate(codec string) float64 { return forCodec(steps[len(steps)-1].bitrate, codec) }

// Ignored tells whether a codec is one that the balancer leaves alone. Ignore is a part of its MIME type in any case; nil
// ignores none, an empty text all.
func Ignored(codec string, ignore *string) bool {
	return ignore != nil && strings.Contains(strings.ToLower(codec), strings.ToLower(*ignore))
}
