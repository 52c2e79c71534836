package peer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// wireFormat is a payload type of an m-line before it is matched.
type wireFormat struct {
	name     string
	clock    uint32
	channels uint16
	fmtp     string
	feedback []string
}

// staticFormats are the payload types that need no rtpmap (RFC 3551).
var staticFormats = map[uint8]wireFormat{
	0: {name: "PCMU", clock: 8000}, 8: {name: "PCMA", clock: 8000}, 9: {name: "G722", clock: 8000},
}

// readFormats matches the m-line's payload types with ours.
func (s *remoteSection) readFormats(m *sdp.MediaDescription, ours []format, prefer bool) {
	wire, order := wireFormats(m)
	s.feedback = map[uint8][]string{}
	taken := make([]int, 0, len(ours)) // indexes in ours
	for _, baseline := range []bool{true, false} {
		for _, pt := range order {
			w := wire[pt]
			i := slices.IndexFunc(ours, func(f format) bool {
				return f.kind == s.kind && f.matches(w.name, w.clock, w.channels, w.fmtp)
			})
			// Of several H264 profiles the baseline is the one every peer decodes; others count only without one.
			if i < 0 || slices.Contains(taken, i) || baseline && !isBaseline(w) {
				continue
			}
			taken = append(taken, i)
			f := ours[i]
			f.pt, f.fmtp, f.rtx = pt, w.fmtp, 0
			for other, rtx := range wire {
				apt, ok := fmtpValue(rtx.fmtp, "apt")
				if ok && strings.EqualFold(rtx.name, "rtx") && apt == strconv.Itoa(int(pt)) && ours[i].rtx != 0 {
					f.rtx = other
				}
			}
			s.formats = append(s.formats, f)
			for _, fb := range feedbackFor(s.kind) {
				if containsFold(w.feedback, fb) {
					s.feedback[pt] = append(s.feedback[pt], fb)
				}
			}
		}
	}
	position := func(f format) int {
		if prefer {
			return slices.IndexFunc(ours, func(o format) bool { return o.name == f.name && o.mode == f.mode })
		}
		return slices.Index(order, f.pt)
	}
	slices.SortStableFunc(s.formats, func(a, b format) int { return position(a) - position(b) })
}

func isBaseline(w wireFormat) bool {
	if !strings.EqualFold(w.name, "H264") {
		return true
	}
	profile, ok := fmtpValue(w.fmtp, "profile-level-id")
	return !ok || strings.HasPrefix(strings.ToLower(profile), "42")
}

// wireFormats collects rtpmap, fmtp and rtcp-fb of the payload types in the m-line; order has each once.
func wireFormats(m *sdp.MediaDescription) (wire map[uint8]wireFormat, order []uint8) {
	wire = map[uint8]wireFormat{}
	for _, text := range m.MediaName.Formats {
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil || n > 127 || slices.Contains(order, uint8(n)) {
			continue
		}
		order = append(order, uint8(n))
		wire[uint8(n)] = staticFormats[uint8(n)]
	}
	for _, a := range m.Attributes {
		head, rest, _ := strings.Cut(strings.TrimSpace(a.Value), " ")
		rest = strings.TrimSpace(rest)
		for _, pt := range order {
			all := a.Key == "rtcp-fb" && head == "*"
			if !all && head != strconv.Itoa(int(pt)) {
				continue
			}
			w := wire[pt]
			switch a.Key {
			case "rtpmap":
				parts := strings.Split(rest, "/")
				w.name, w.clock, w.channels = parts[0], 0, 0
				if len(parts) > 1 {
					clock, _ := strconv.ParseUint(parts[1], 10, 32)
					w.clock = uint32(clock)
				}
				if len(parts) > 2 {
					channels, _ := strconv.ParseUint(parts[2], 10, 16)
					w.channels = uint16(channels)
				}
			case "fmtp":
				w.fmtp = rest
			case "rtcp-fb":
				w.feedback = append(w.feedback, strings.Join(strings.Fields(rest), " "))
			}
			wire[pt] = w
		}
	}
	return wire, order
}
