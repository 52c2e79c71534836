package peer

import (
	"context"
	"strings"
	"time"

	"parley/connector/rtc"
)

// Stats as rtc.PeerConnection: our own counters, the peer's reports, the estimators and the ICE agent.
func (p *Conn) Stats(ctx context.Context) (rtc.Stats, error) {
	p.mu.Lock()
	if p.state == rtc.StateClosed {
		p.mu.Unlock()
		return rtc.Stats{}, ErrClosed
	}
	lines, leg := p.lines, p.leg
	p.mu.Unlock()
	s := rtc.Stats{Time: time.Now()}
	for _, l := range lines {
		if out := p.outboundStats(l, leg, s.Time); out != nil {
			switch l.slot {
			case rtc.SlotAudio:
				s.Outbound.Audio = out
			case rtc.SlotMain:
				s.Outbound.Video = out
			case rtc.SlotPresentation:
				s.Outbound.Presentation = out
			}
		}
		p.mu.Lock()
		apart := l.apart
		p.mu.Unlock()
		if apart != nil {
			mergeApart(ctx, &s, apart)
			continue
		}
		placeInbound(&s.Inbound, l, p.inboundStats(l, s.Time))
	}
	s.CandidatePair, s.Transport = leg.transportStats()
	return s, nil
}

// placeInbound puts a line's figures where they belong: a second picture is a presentation.
func placeInbound(s *rtc.InboundStats, l *line, in *inbound) {
	switch {
	case in == nil:
	case l.kind == rtc.Audio:
		if s.Audio == nil {
			s.Audio = in.stats
		}
	case in.presentation || s.Video != nil:
		if s.Presentation == nil {
			s.Presentation = in.stats
		}
	default:
		s.Video = in.stats
	}
}

// describe fills in what the codec's dictionary says.
func describe(s *rtc.StreamStats, f *format) {
	s.Codec, s.PayloadType, s.ClockRate, s.Channels, s.FMTP = f.name, f.pt, f.clock, f.channels, f.fmtp
}

// formatOf finds the negotiated format of a codec. Under mu.
func (l *line) formatOf(name string) *format {
	if l.section == nil {
		return nil
	}
	for i := range l.section.formats {
		if strings.EqualFold(l.section.formats[i].name, name) {
			return &l.section.formats[i]
		}
	}
	return nil
}
