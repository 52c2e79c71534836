package rtc

import (
	"slices"
)

// Capability is a codec that can be sent or received (W3C RTCRtpCodecCapability).
type Capability struct {
	MIMEType string // "video/VP8"
	FMTP     string // sdpFmtpLine, empty for none
}

// Preferences orders what both sides of a transceiver can: the preferred MIME types first, in their order, the excluded
// ones not at all. Names are compared as they are.
func Preferences(senders, receivers []Capability, preferred, excluded []string) []Capability {
	common := []Capability{}
	for _, c := range senders {
		if slices.Contains(receivers, c) && !slices.Contains(excluded, c.MIMEType) {
			common = append(common, c)
		}
	}
	rank := func(c Capability) int {
		if i := slices.Index(preferred, c.MIMEType); i >= 0 {
			return i
		}
		return len(preferred)
	}
	slices.SortStableFunc(common, func(a, b Capability) int { return rank(a) - rank(b) })
	return common
}
