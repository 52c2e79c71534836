package peer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// localSection tells how an m-line of ours goes over the wire.
type localSection struct {
	mid string
	// media and protocol are for an m-line pion does not have (refused or foreign): it goes out with port 0.
	media, protocol string
	format          string // any payload type of the peer's m-line
	refused         bool
	direction       direction
	// most is what the peer may send on the m-line, bit/s; 0 asks for no limit.
	most int
	// ready, when not nil, is the m-line as it goes out, with a transport of its own.
	ready *sdp.MediaDescription
	// formats, when not nil, are what the answer accepts, in order, with the fmtp lines to write.
	formats []format
}

// rewriteLocal turns pion's description into the one for the peer: the m-lines of layout in its order, with our
// directions, and without candidates of a second component (we have rtcp-mux only). bundle is false in the answer to a
// peer that does not bundle.
func rewriteLocal(text string, layout []localSection, bundle bool) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return "", fmt.Errorf("reading our own description: %w", err)
	}
	byMID := map[string]*sdp.MediaDescription{}
	var candidates []sdp.Attribute
	for _, m := range d.MediaDescriptions {
		if mid, ok := m.Attribute("mid"); ok {
			byMID[mid] = m
		}
		kept := m.Attributes[:0]
		for _, a := range m.Attributes {
			if a.Key == "candidate" || a.Key == "end-of-candidates" {
				if fields := strings.Fields(a.Value); a.Key != "candidate" || len(fields) > 1 && fields[1] == "1" {
					candidates = append(candidates, a)
				}
				continue
			}
			kept = append(kept, a)
		}
		m.Attributes = kept
	}
	d.MediaDescriptions = nil
	group, first := "BUNDLE", true
	for _, s := range layout {
		m := byMID[s.mid]
		if s.ready != nil {
			d.MediaDescriptions = append(d.MediaDescriptions, s.ready)
			continue
		}
		if m == nil || s.refused {
			d.MediaDescriptions = append(d.MediaDescriptions, refusedSection(s))
			continue
		}
		if s.formats != nil {
			orderFormats(m, s.formats)
		}
		setDirection(m, s.direction)
		setBandwidth(m, s.most)
		if first {
			m.Attributes = append(m.Attributes, candidates...)
			first = false
		}
		if bundle {
			group += " " + s.mid
		}
		d.MediaDescriptions = append(d.MediaDescriptions, m)
	}
	setGroup(&d, group)
	out, err := d.Marshal()
	if err != nil {
		return "", fmt.Errorf("writing our description: %w", err)
	}
	return string(out), nil
}

func setGroup(d *sdp.SessionDescription, group string) {
	d.Attributes = slices.DeleteFunc(d.Attributes, func(a sdp.Attribute) bool { return a.Key == "group" })
	if group != "BUNDLE" {
		d.Attributes = append([]sdp.Attribute{{Key: "group", Value: group}}, d.Attributes...)
	}
}

// refusedSection is an m-line with port 0 (RFC 3264, section 6).
func refusedSection(s localSection) *sdp.MediaDescription {
	format := s.format
	if format == "" {
		format = "0"
	}
	return &sdp.MediaDescription{
		MediaName: sdp.MediaName{Media: s.media, Protos: strings.Split(s.protocol, "/"), Formats: []string{format}},
		ConnectionInformation: &sdp.ConnectionInformation{
			NetworkType: "IN", AddressType: "IP4", Address: &sdp.Address{Address: "0.0.0.0"},
		},
		Attributes: []sdp.Attribute{{Key: "mid", Value: s.mid}, {Key: "inactive"}},
	}
}

// setDirection replaces the direction; an m-line that does not send names no sources.
func setDirection(m *sdp.MediaDescription, d direction) {
	kept := m.Attributes[:0]
	for _, a := range m.Attributes {
		key, _, _ := strings.Cut(a.Key, ":") // pion writes msid as a property with a colon in its name
		if _, ok := isDirection(key); ok {
			continue
		}
		if !d.sends() && (key == "msid" || key == "ssrc" || key == "ssrc-group") {
			continue
		}
		kept = append(kept, a)
	}
	m.Attributes = append(kept, sdp.Attribute{Key: d.String()})
}

// packetOverhead is how much more than its media a stream takes on the wire: IP, UDP, SRTP on packets of mtu.
const packetOverhead = 1.05

// setBandwidth asks the peer to send no more than most, bit/s (RFC 3890 and, for those that know only kbit/s with all
// headers, RFC 8866 5.8).
func setBandwidth(m *sdp.MediaDescription, most int) {
	if most > 0 {
		m.Bandwidth = []sdp.Bandwidth{{Type: "TIAS", Bandwidth: uint64(most)}, {Type: "AS", Bandwidth: uint64(float64(most)*packetOverhead) / 1000}}
	}
}

// orderFormats writes the payload types in the order of formats and the fmtp lines as the peer gave them: pion knows
// codecs by our canonical parameters, the peer by its own (another H264 profile, say).
func orderFormats(m *sdp.MediaDescription, formats []format) {
	types := make([]string, 0, 2*len(formats))
	fmtp := map[string]string{}
	for _, f := range formats {
		types = append(types, strconv.Itoa(int(f.pt)))
		fmtp[strconv.Itoa(int(f.pt))] = answerFMTP(f)
		if f.rtx != 0 {
			types = append(types, strconv.Itoa(int(f.rtx)))
		}
	}
	have := m.MediaName.Formats
	types = slices.DeleteFunc(types, func(pt string) bool { return !slices.Contains(have, pt) })
	m.MediaName.Formats = types
	kept := m.Attributes[:0]
	for _, a := range m.Attributes {
		switch a.Key {
		case "rtpmap", "fmtp", "rtcp-fb":
			pt, _, _ := strings.Cut(a.Value, " ")
			if !slices.Contains(types, pt) {
				continue
			}
			if own, ok := fmtp[pt]; ok && a.Key == "fmtp" && own != "" {
				a.Value = pt + " " + own
			}
		}
		kept = append(kept, a)
	}
	m.Attributes = kept
}

// answerFMTP is the fmtp line of an answer: H264 repeats the peer's profile, as RFC 6184 wants, others state ours.
func answerFMTP(f format) string {
	if f.name != "H264" {
		return canonicalFMTP(f)
	}
	profile, ok := fmtpValue(f.fmtp, "profile-level-id")
	if !ok || len(profile) != 6 {
		return canonicalFMTP(f)
	}
	return fmt.Sprintf("level-asymmetry-allowed=1;packetization-mode=%d;profile-level-id=%s", f.mode, profile)
}
