package peer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/ice/v4"
	"github.com/pion/sdp/v3"

	"parley/connector/rtc"
)

// Limits of a description from the network.
const (
	maxDescription = 256 << 10 // bytes
	maxSections    = 64
	maxCandidates  = 128
)

// Errors of descriptions from the peer.
var (
	// ErrDescription means that the peer's SDP cannot be understood.
	ErrDescription = errors.New("invalid session description")
	// ErrNoCommonCodec means that no m-line of the peer's SDP has a codec that this build knows and the user allows.
	ErrNoCommonCodec = errors.New("no common codec")
)

// remoteSection is one m-line of the peer's description, read and judged.
type remoteSection struct {
	mid       string
	kind      rtc.Kind // empty for anything but audio and video
	media     string   // as in the m-line
	protocol  string
	rejected  bool      // port 0 without bundle-only: the peer does not want it
	direction direction // as the peer says it
	// formats are the codecs both sides know, in the order they shall be answered, with the peer's payload types and fmtp.
	formats         []format
	feedback        map[uint8][]string // by payload type, what both know
	extensions      extensionIDs
	streamID, track string // msid
	label           string
	ssrc, rtxSSRC   uint32 // 0: not announced
	// most is what the peer wants to get on the m-line, bit/s; 0 when it names no limit.
	most float64
	// apart: the peer gives the m-line a transport of its own (no BUNDLE); single is its description alone.
	apart  bool
	single string
	// held is the section as it was when the peer sent last, if it does not send now.
	held *remoteSection
}

// usable tells whether pion shall see the m-line.
func (s *remoteSection) usable() bool { return s.acceptable() && !s.apart }

// acceptable tells whether we can have the m-line at all.
func (s *remoteSection) acceptable() bool { return s.kind != "" && !s.rejected && len(s.formats) > 0 }

// remoteDescription is the peer's description as far as we use it.
type remoteDescription struct {
	sections []remoteSection
	answer   bool
	lite     bool
	bundle   bool // there is a BUNDLE group
	// The transport of the first usable section, which all share (BUNDLE).
	ufrag, password, fingerprint, setup string
	candidates                          []string
}

// section finds by mid.
func (r *remoteDescription) section(mid string) *remoteSection {
	for i := range r.sections {
		if r.sections[i].mid == mid {
			return &r.sections[i]
		}
	}
	return nil
}

// parseRemote reads the peer's offer or answer. mids are the m-lines agreed so far, in order: they name the sections of
// a peer that leaves a=mid out. formats are ours; prefer tells that the user's order counts more than the peer's.
func parseRemote(text string, answer bool, mids []string, formats []format, prefer bool) (*remoteDescription, error) {
	if len(text) > maxDescription {
		return nil, fmt.Errorf("%w: %d bytes", ErrDescription, len(text))
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrDescription, err)
	}
	if n := len(d.MediaDescriptions); n == 0 || n > maxSections {
		return nil, fmt.Errorf("%w: %d m-lines", ErrDescription, n)
	}
	r := &remoteDescription{answer: answer}
	_, r.lite = d.Attribute("ice-lite")
	for i, m := range d.MediaDescriptions {
		s := remoteSection{media: m.MediaName.Media, protocol: strings.Join(m.MediaName.Protos, "/")}
		s.mid = sectionMID(m, i, mids)
		if r.section(s.mid) != nil {
			return nil, fmt.Errorf("%w: mid %q twice", ErrDescription, s.mid)
		}
		s.read(m, &d, formats, prefer && !answer)
		r.sections = append(r.sections, s)
	}
	if err := r.readTransport(&d); err != nil {
		return nil, err
	}
	return r, nil
}

// sectionMID is the m-line's a=mid, else the one its position has had so far, else its position.
func sectionMID(m *sdp.MediaDescription, index int, mids []string) string {
	if mid, ok := m.Attribute("mid"); ok {
		if mid = strings.TrimSpace(mid); mid != "" && len(mid) <= 64 && !strings.ContainsAny(mid, " \t") {
			return mid
		}
	}
	if index < len(mids) {
		return mids[index]
	}
	mid := strconv.Itoa(index)
	for slices.Contains(mids, mid) {
		mid += "x"
	}
	return mid
}

func (s *remoteSection) read(m *sdp.MediaDescription, d *sdp.SessionDescription, ours []format, prefer bool) {
	_, bundleOnly := m.Attribute("bundle-only")
	s.rejected = m.MediaName.Port.Value == 0 && !bundleOnly
	s.direction = directionOf(m, d)
	switch {
	case strings.EqualFold(s.media, "audio"):
		s.kind = rtc.Audio
	case strings.EqualFold(s.media, "video"):
		s.kind = rtc.Video
	}
	if !strings.Contains(strings.ToUpper(s.protocol), "SAVP") {
		s.kind = "" // DTLS-SRTP is the only transport we have
	}
	if s.kind == "" {
		return
	}
	s.readFormats(m, ours, prefer)
	s.readSources(m)
	s.most = readBandwidth(m)
	s.extensions = readExtensions(m)
}

// readBandwidth is the limit that the peer sets for what we send on an m-line, bit/s: b=TIAS before b=AS, which counts all
// headers, too. 0 is none: a peer that wants nothing at all says so by the direction.
func readBandwidth(m *sdp.MediaDescription) (most float64) {
	for _, b := range m.Bandwidth {
		switch {
		case b.Experimental || b.Bandwidth == 0 || b.Bandwidth > math.MaxInt32:
		case strings.EqualFold(b.Type, "TIAS"):
			return float64(b.Bandwidth)
		case strings.EqualFold(b.Type, "AS"):
			most = float64(b.Bandwidth) * 1000 / packetOverhead
		}
	}
	return most
}

// readSources reads msid (RFC 8830) and the synchronisation sources (RFC 5576). An m-line carries one stream of ours;
// further sources (Plan B, simulcast) are ignored.
func (s *remoteSection) readSources(m *sdp.MediaDescription) {
	repairs := map[uint32]uint32{}
	var sources []uint32
	for _, a := range m.Attributes {
		fields := strings.Fields(a.Value)
		switch a.Key {
		case "msid":
			s.setMSID(fields)
		case "ssrc-group":
			if len(fields) == 3 && fields[0] == "FID" {
				base, repair := parseSSRC(fields[1]), parseSSRC(fields[2])
				if base != 0 && repair != 0 && base != repair {
					repairs[base] = repair
				}
			}
		case "ssrc":
			if len(fields) == 0 {
				continue
			}
			if n := parseSSRC(fields[0]); n != 0 && !slices.Contains(sources, n) {
				sources = append(sources, n)
			}
			if len(fields) < 2 {
				continue
			}
			if v, ok := strings.CutPrefix(fields[1], "msid:"); ok && s.track == "" {
				s.setMSID(append([]string{v}, fields[2:]...))
			}
			if v, ok := strings.CutPrefix(fields[1], "label:"); ok && s.label == "" {
				s.label = v
			}
		}
	}
	for _, n := range sources {
		if !isRepair(repairs, n) {
			s.ssrc, s.rtxSSRC = n, repairs[n]
			break
		}
	}
	if s.label == "" {
		s.label = s.track
	}
}

func isRepair(repairs map[uint32]uint32, ssrc uint32) bool {
	for _, r := range repairs {
		if r == ssrc {
			return true
		}
	}
	return false
}

func (s *remoteSection) setMSID(fields []string) {
	if len(fields) > 0 && fields[0] != "-" {
		s.streamID = fields[0]
	}
	if len(fields) > 1 {
		s.track = fields[1]
	}
}

func parseSSRC(text string) uint32 {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// readTransport takes ICE and DTLS parameters from the section that tags the BUNDLE group. Sections outside of it are
// marked apart.
func (r *remoteDescription) readTransport(d *sdp.SessionDescription) error {
	var group []string
	for _, a := range d.Attributes {
		if fields := strings.Fields(a.Value); a.Key == "group" && len(fields) > 1 && fields[0] == "BUNDLE" {
			group, r.bundle = fields[1:], true
			break
		}
	}
	tag := -1
	for i := range r.sections {
		s := &r.sections[i]
		if !s.usable() {
			continue
		}
		if tag < 0 {
			tag = i
			continue
		}
		first := r.sections[tag].mid
		if !slices.Contains(group, s.mid) || !slices.Contains(group, first) {
			if !sameTransport(d.MediaDescriptions[tag], d.MediaDescriptions[i]) {
				s.apart, s.single = true, single(d, i)
			}
		}
	}
	if tag < 0 {
		return fmt.Errorf("%w: the peer offers none that is known and allowed", ErrNoCommonCodec)
	}
	// In an answer or a later offer the transport attributes stand in the tagged section only (RFC 9143, 7.1.3), which may
	// be one that we do not use.
	order := []*sdp.MediaDescription{d.MediaDescriptions[tag]}
	if slices.Contains(group, r.sections[tag].mid) {
		for i := range r.sections {
			if slices.Contains(group, r.sections[i].mid) {
				order = append(order, d.MediaDescriptions[i])
			}
		}
	}
	attribute := func(key string) string {
		for _, m := range order {
			if v, ok := m.Attribute(key); ok {
				return strings.TrimSpace(v)
			}
		}
		v, _ := d.Attribute(key)
		return strings.TrimSpace(v)
	}
	r.ufrag, r.password = attribute("ice-ufrag"), attribute("ice-pwd")
	r.fingerprint, r.setup = attribute("fingerprint"), attribute("setup")
	if r.ufrag == "" || r.password == "" || strings.ContainsAny(r.ufrag+r.password, " \t") {
		return fmt.Errorf("%w: no ICE credentials", ErrDescription)
	}
	if len(strings.Fields(r.fingerprint)) != 2 {
		return fmt.Errorf("%w: no DTLS fingerprint", ErrDescription)
	}
	for _, m := range order {
		if r.candidates = readCandidates(m); len(r.candidates) > 0 {
			break
		}
	}
	return nil
}

// single is a description with one m-line of d alone; empty when it cannot be written.
func single(d *sdp.SessionDescription, index int) string {
	one := *d
	one.MediaDescriptions = []*sdp.MediaDescription{d.MediaDescriptions[index]}
	one.Attributes = slices.DeleteFunc(slices.Clone(d.Attributes), func(a sdp.Attribute) bool { return a.Key == "group" })
	text, err := one.Marshal()
	if err != nil {
		return ""
	}
	return string(text)
}

// sameTransport tells whether two m-lines name the same ICE credentials, and the second no candidates of its own: a
// bundle without the attribute.
func sameTransport(a, b *sdp.MediaDescription) bool {
	value := func(m *sdp.MediaDescription, key string) string { v, _ := m.Attribute(key); return v }
	if value(a, "ice-ufrag") != value(b, "ice-ufrag") || value(a, "ice-pwd") != value(b, "ice-pwd") {
		return false
	}
	theirs := readCandidates(b)
	return len(theirs) == 0 || slices.Equal(readCandidates(a), theirs)
}

// readCandidates keeps the candidates pion can read, of component 1 only (rtcp-mux).
func readCandidates(m *sdp.MediaDescription) []string {
	var list []string
	for _, a := range m.Attributes {
		if a.Key != "candidate" || len(list) >= maxCandidates {
			continue
		}
		c, err := ice.UnmarshalCandidate(a.Value)
		if err != nil || c.Component() != 1 {
			continue
		}
		list = append(list, a.Value)
	}
	return list
}

// noStream is the stream of tracks of which the peer names none.
const noStream = "stream"

// ids names the peer's track; a peer without msid gets names made from the m-line.
func (s *remoteSection) ids() (stream, track string) {
	stream, track = s.streamID, s.track
	if stream == "" {
		stream = noStream
	}
	if track == "" {
		track = string(s.kind) + "-" + s.mid
	}
	return stream, track
}
