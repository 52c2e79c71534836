package peer

import (
	"time"

	"github.com/pion/rtcp"
)

// Pace of the bitrate that we tell the peer (draft-alvestrand-rmcat-remb-03).
const (
	rembInterval = time.Second
	rembSoonest  = 200 * time.Millisecond
	rembDrop     = 0.97 // of what was told: less than that is told at once
)

// rembClock decides when to tell the estimate.
type rembClock struct {
	at   time.Duration // media clock
	told float64
}

// due tells whether an estimate goes out now.
func (r *rembClock) due(now time.Duration, rate float64) bool {
	since := now - r.at
	if r.told > 0 && since < rembInterval && (rate > rembDrop*r.told || since < rembSoonest) {
		return false
	}
	r.at, r.told = now, rate
	return true
}

// sendREMB tells the peer what may come, when it wants to be told that way, and what a person allows at most.
func (p *Conn) sendREMB(now time.Duration) {
	p.mu.Lock()
	l := p.leg
	estimates := p.estimatesItself()
	p.mu.Unlock()
	rate, known := 0.0, false
	if !estimates {
		rate, known = l.arrivals.rate()
	}
	if most := p.rtc.MaxReceiveBitrate; most > 0 {
		if allowed := float64(most); !known || rate > allowed { // sound counts, too
			rate, known = allowed, true
		}
	}
	if !known {
		return
	}
	p.mu.Lock()
	sources := p.rembSources()
	p.mu.Unlock()
	if len(sources) > 0 && p.remb.due(now, rate) {
		p.writeRTCP(&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: p.ownSource(), Bitrate: float32(rate), SSRCs: sources})
	}
}

// estimatesItself tells whether the peer negotiated transport-cc, by which it knows what the way carries. Under mu.
func (p *Conn) estimatesItself() bool {
	for _, l := range p.lines {
		if l.section == nil {
			continue
		}
		for _, list := range l.section.feedback {
			if containsFold(list, "transport-cc") && l.section.extensions[0] != 0 {
				return true
			}
		}
	}
	return false
}

// rembSources are the video sources of a peer that negotiated goog-remb. Under mu.
func (p *Conn) rembSources() (sources []uint32) {
	for _, l := range p.lines {
		if l.video == nil || l.section == nil || !l.agreed.receives() {
			continue
		}
		for _, list := range l.section.feedback {
			if containsFold(list, "goog-remb") {
				if ssrc := l.video.source(); ssrc != 0 {
					sources = append(sources, ssrc)
				}
				break
			}
		}
	}
	return sources
}
