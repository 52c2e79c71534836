package peer

import (
	"fmt"
	"strconv"
	"strings"
)

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
	for i, id := range s.extensions {
		if id != 0 {
			line("a=extmap:%d %s", id, headerExtensions[i])
		}
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

// canonicalFMTP is our own fmtp line of a format, by which pion finds it.
func canonicalFMTP(f format) string {
	for _, k := range knownFormats {
		if k.name == f.name && k.mode == f.mode {
			return k.fmtp
		}
	}
	return ""
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
