package peer

import (
	"errors"
	"fmt"
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

// transportCC is the header extension of transport-wide congestion control.
const transportCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

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
	transportCC     int                // id of the header extension, 0 is none
	streamID, track string             // msid
	label           string
	ssrc, rtxSSRC   uint32 // 0: not announced
	// held is the section as it was when the peer sent last, if it does not send now.
	held *remoteSection
}

// usable tells whether pion shall see the m-line.
func (s *remoteSection) usable() bool { return s.kind != "" && !s.rejected && len(s.formats) > 0 }

// remoteDescription is the peer's description as far as we use it.
type remoteDescription struct {
	sections []remoteSection
	answer   bool
	lite     bool
	// The transport of the first usable section, which all share (BUNDLE).
	ufrag, password, fingerprint, setup string
	candidates                          []string
}

// remember looks up, for the m-lines on which the peer stopped sending, what it sent before. pion goes on to expect that
// stream: were its receiver closed, packets on their way would make pion take the stream for one nobody announced, and it
// would never come back after a hold.
func (r *remoteDescription) remember(before *remoteDescription) {
	if before == nil {
		return
	}
	for i := range r.sections {
		s := &r.sections[i]
		old := before.section(s.mid)
		if s.direction.sends() || old == nil || old.kind != s.kind {
			continue
		}
		switch {
		case old.held != nil:
			s.held = old.held
		case old.direction.sends() && old.usable():
			s.held = old
		}
	}
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
	for _, a := range m.Attributes {
		if a.Key != "extmap" {
			continue
		}
		if fields := strings.Fields(a.Value); len(fields) >= 2 && fields[1] == transportCC {
			id, _, _ := strings.Cut(fields[0], "/")
			if n, err := strconv.Atoi(id); err == nil && n >= 1 && n <= 14 {
				s.transportCC = n
			}
		}
	}
}

// wireFormat is a payload type of an m-line before it is matched.
type wireFormat struct {
	name     string
	clock    uint32
	channels uint16
	fmtp     string
	feedback []string
}

// staticFormats are the payload types that need no rtpmap (RFC 3551).
var staticFormats = map[uint8]wireFormat{0: {name: "PCMU", clock: 8000}, 8: {name: "PCMA", clock: 8000}}

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

// readTransport takes ICE and DTLS parameters from the section that tags the BUNDLE group. pion has one transport, so
// usable sections outside of it are rejected.
func (r *remoteDescription) readTransport(d *sdp.SessionDescription) error {
	var group []string
	for _, a := range d.Attributes {
		if fields := strings.Fields(a.Value); a.Key == "group" && len(fields) > 1 && fields[0] == "BUNDLE" {
			group = fields[1:]
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
				s.rejected = true
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

// forPion writes the description in the form pion understands without a choice: the usable sections only, every one in
// the BUNDLE group with the same transport, codecs by our canonical parameters, and directions reduced to whether the
// peer sends, because pion stops a transceiver for good on "inactive" and answers "sendonly" with "sendrecv".
func (r *remoteDescription) forPion() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0")
	group := "BUNDLE"
	for i := range r.sections {
		if r.sections[i].usable() {
			group += " " + r.sections[i].mid
		}
	}
	line("a=group:%s", group)
	if r.lite {
		line("a=ice-lite")
	}
	for i := range r.sections {
		s := &r.sections[i]
		if !s.usable() {
			continue
		}
		r.sectionForPion(line, s)
	}
	return b.String()
}

func (r *remoteDescription) sectionForPion(line func(string, ...any), s *remoteSection) {
	var types strings.Builder
	for _, f := range s.formats {
		fmt.Fprintf(&types, " %d", f.pt)
		if f.rtx != 0 {
			fmt.Fprintf(&types, " %d", f.rtx)
		}
	}
	line("m=%s 9 UDP/TLS/RTP/SAVPF%s", s.kind, types.String())
	line("c=IN IP4 0.0.0.0")
	line("a=mid:%s", s.mid)
	line("a=rtcp-mux\r\na=rtcp-rsize")
	line("a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s", r.ufrag, r.password, r.fingerprint)
	switch r.setup {
	case "active", "passive", "actpass":
		line("a=setup:%s", r.setup)
	}
	for _, c := range r.candidates {
		line("a=candidate:%s", strings.TrimPrefix(c, "candidate:"))
	}
	if s.transportCC != 0 {
		line("a=extmap:%d %s", s.transportCC, transportCC)
	}
	if source := s; s.direction.sends() || s.held != nil {
		if !s.direction.sends() {
			source = s.held
		}
		line("a=sendrecv")
		source.sourcesForPion(line)
	} else {
		line("a=recvonly")
	}
	for _, f := range s.formats {
		channels := ""
		if f.channels != 0 {
			channels = "/" + strconv.Itoa(int(f.channels))
		}
		line("a=rtpmap:%d %s/%d%s", f.pt, f.name, f.clock, channels)
		if canonical := canonicalFMTP(f); canonical != "" {
			line("a=fmtp:%d %s", f.pt, canonical)
		}
		for _, fb := range s.feedback[f.pt] {
			line("a=rtcp-fb:%d %s", f.pt, fb)
		}
		if f.rtx != 0 {
			line("a=rtpmap:%d rtx/%d\r\na=fmtp:%d apt=%d", f.rtx, f.clock, f.rtx, f.pt)
		}
	}
}

func (s *remoteSection) sourcesForPion(line func(string, ...any)) {
	stream, track := s.ids()
	line("a=msid:%s %s", stream, track)
	if s.ssrc == 0 {
		return
	}
	if s.rtxSSRC != 0 {
		line("a=ssrc-group:FID %d %d", s.ssrc, s.rtxSSRC)
	}
	line("a=ssrc:%d cname:%s", s.ssrc, stream)
	if s.rtxSSRC != 0 {
		line("a=ssrc:%d cname:%s", s.rtxSSRC, stream)
	}
}

// ids names the peer's track; a peer without msid gets names made from the m-line.
func (s *remoteSection) ids() (stream, track string) {
	stream, track = s.streamID, s.track
	if stream == "" {
		stream = "stream"
	}
	if track == "" {
		track = string(s.kind) + "-" + s.mid
	}
	return stream, track
}

// canonicalFMTP is our own fmtp line of a format, by which pion finds it.
func canonicalFMTP(f format) string {
	for _, k := range knownFormats {
		if k.name == f.name && k.mode == f.mode {
			return k.fmtp
		}
	}
	return ""
}
