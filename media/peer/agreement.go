package peer

import (
	"fmt"
	"slices"
)

// agreedRemote is the peer's description agreed last.
func (p *Conn) agreedRemote() *remoteDescription {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lastRemote
}

// matchLayout checks that an answer has the offer's m-lines (RFC 3264, section 6). Fewer are tolerated: what is missing
// is refused.
func matchLayout(r *remoteDescription, layout []string) error {
	for _, s := range r.sections {
		if !slices.Contains(layout, s.mid) {
			return fmt.Errorf("%w: the answer has an m-line %q that was not offered", ErrDescription, s.mid)
		}
	}
	for _, mid := range layout {
		if r.section(mid) == nil {
			r.sections = append(r.sections, remoteSection{mid: mid, rejected: true})
		}
	}
	return nil
}

// adoptTransceivers makes lines of the transceivers that the peer's offer made pion create.
func (p *Conn) adoptTransceivers(r *remoteDescription) {
	all := p.leg.pc.GetTransceivers()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range all {
		s := r.section(t.Mid())
		if t.Mid() == "" || s == nil || slices.ContainsFunc(p.lines, func(l *line) bool { return l.transceiver == t }) {
			continue
		}
		p.lines = append(slices.Clip(p.lines), &line{kind: s.kind, transceiver: t, want: recvOnly})
	}
}

// apply gives the lines what the peer's description says and returns a function that takes it back.
func (p *Conn) apply(r *remoteDescription) (undo func()) {
	type before struct {
		section *remoteSection
		agreed  direction
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	saved := map[*line]before{}
	foreign := p.foreign
	p.foreign = map[string]*remoteSection{}
	for _, l := range p.lines {
		saved[l] = before{l.section, l.agreed}
		s := r.section(l.mid())
		if s == nil {
			continue
		}
		l.section, l.agreed = s, inactive
		if s.usable() {
			l.agreed = p.wanted(l) & s.direction.reversed()
		}
	}
	for i := range r.sections {
		if s := &r.sections[i]; !s.acceptable() {
			p.foreign[s.mid] = s
		}
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.foreign = foreign
		for l, b := range saved {
			l.section, l.agreed = b.section, b.agreed
		}
	}
}
