package peer

import (
	"slices"

	"parley/connector/rtc"
)

// localText is our description for the peer.
func (p *Conn) localText(answer bool) (string, error) {
	d := p.leg.pc.LocalDescription()
	if d == nil {
		return "", ErrClosed
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	layout := make([]localSection, 0, len(p.layout))
	for _, mid := range p.layout {
		layout = append(layout, p.localSection(mid, answer))
	}
	for _, f := range p.formats {
		if p.receive.name(f.pt) == "" {
			p.receive.set(f.pt, f.name)
		}
	}
	return rewriteLocal(d.SDP, layout, !answer || p.lastRemote == nil || p.lastRemote.bundle)
}

// localSection tells how an m-line of ours goes out. Under mu.
func (p *Conn) localSection(mid string, answer bool) localSection {
	i := slices.IndexFunc(p.lines, func(l *line) bool { return l.mid() == mid })
	if s := p.foreign[mid]; s != nil && (answer || i < 0) {
		out := localSection{mid: mid, media: s.media, protocol: s.protocol, refused: true}
		if out.media == "" {
			out.media, out.protocol = "video", "UDP/TLS/RTP/SAVPF"
		}
		return out
	}
	if i < 0 {
		return localSection{mid: mid, media: "video", protocol: "UDP/TLS/RTP/SAVPF", refused: true}
	}
	l := p.lines[i]
	if l.apart != nil {
		if m := l.apart.ownSection(mid); m != nil {
			return localSection{mid: mid, ready: m}
		}
	}
	if answer && l.section != nil && l.section.apart {
		return localSection{mid: mid, media: string(l.kind), protocol: "UDP/TLS/RTP/SAVPF", refused: true}
	}
	out := localSection{mid: mid, media: string(l.kind), protocol: "UDP/TLS/RTP/SAVPF", direction: p.wanted(l)}
	if l.kind == rtc.Video && out.direction.receives() {
		out.most = p.rtc.MaxReceiveBitrate
	}
	if answer && l.section != nil {
		out.direction, out.formats = l.agreed, l.section.formats
	}
	return out
}
