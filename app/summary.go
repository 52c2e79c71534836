package app

import (
	"fmt"
	"strings"

	"parley/connector/rtc"
)

// summary is a call's statistics as lines for people.
func summary(s rtc.Stats) string {
	var text strings.Builder
	text.WriteString("The call in figures:\n")
	for _, row := range []struct {
		name  string
		video bool
		sent  bool
		stats *rtc.StreamStats
	}{
		{"sent sound", false, true, s.Outbound.Audio},
		{"sent video", true, true, s.Outbound.Video},
		{"sent presentation", true, true, s.Outbound.Presentation},
		{"received sound", false, false, s.Inbound.Audio},
		{"received video", true, false, s.Inbound.Video},
		{"received presentation", true, false, s.Inbound.Presentation},
	} {
		if row.stats == nil || row.stats.PacketsSent == 0 && row.stats.PacketsReceived == 0 {
			continue
		}
		fmt.Fprintf(&text, "  %-22s%s\n", row.name, strings.Join(figures(row.stats, row.video, row.sent), ", "))
	}
	return text.String()
}

func figures(s *rtc.StreamStats, video, sent bool) []string {
	list := []string{strings.ToUpper(s.Codec)}
	if video {
		list = append(list, fmt.Sprintf("%d×%d", s.FrameWidth, s.FrameHeight), fmt.Sprintf("%.0f frames a second", s.FrameRate))
	}
	if sent {
		list = append(list, fmt.Sprintf("%d packets", s.PacketsSent), fmt.Sprintf("%d kB", s.BytesSent/1000))
		if video {
			list = append(list, fmt.Sprintf("%d frames", s.FramesSent))
		}
		return append(list, fmt.Sprintf("round trip %.1f ms", s.RoundTripTime*1000))
	}
	list = append(list, fmt.Sprintf("%d packets", s.PacketsReceived), fmt.Sprintf("%d kB", s.BytesReceived/1000),
		fmt.Sprintf("%d lost", s.PacketsLost))
	if video {
		return append(list, fmt.Sprintf("%d frames decoded", s.FramesDecoded), fmt.Sprintf("%d freezes", s.FreezeCount))
	}
	return append(list, fmt.Sprintf("level %.2f", s.AudioLevel))
}
