package main

import (
	"fmt"
	"strings"

	"parley/connector/balancer"
)

// widest picture that is looked at, pixels: twice the last step of the table.
const widest = 2 * 1920

// bitrates asks the balancer itself for every width and writes down where its answer changes.
func bitrates(string) (string, error) {
	var b strings.Builder
	b.WriteString("# Bitrates\n\n" + notice)
	b.WriteString("What the video balancer lets the camera send at most, by the width of what is sent (after scaling), from\n" +
		"`balancer.MaxBitrate`. AV1 needs less for the same picture.\n\n")
	b.WriteString("| Width, pixels | VP8, VP9, H264, Mbit/s | AV1, Mbit/s |\n|---|---|---|\n")
	from := 1
	for width := 1; width <= widest; width++ {
		if width < widest && balancer.MaxBitrate(float64(width+1), "VP8") == balancer.MaxBitrate(float64(width), "VP8") {
			continue
		}
		limits := fmt.Sprintf("%d–%d", from, width)
		if width == widest {
			limits = fmt.Sprintf("%d and wider", from)
		}
		fmt.Fprintf(&b, "| %s | %g | %g |\n", limits, balancer.MaxBitrate(float64(width), "video/VP8")/1e6,
			balancer.MaxBitrate(float64(width), "video/AV1")/1e6)
		from = width + 1
	}
	fmt.Fprintf(&b, "\nA paused camera and a spectator's camera send %g Mbit/s at most (AV1: %g).\n",
		balancer.LowestBitrate("VP8")/1e6, balancer.LowestBitrate("AV1")/1e6)
	fmt.Fprintf(&b, "\nBalancing begins %s after the call is confirmed. See [video balancing](recipes/video-balancing.md).\n",
		balancer.StartDelay)
	return b.String(), nil
}
