package room

import (
	"math"
	"time"

	"github.com/pion/rtcp"

	"parley/roomserver/forward"
)

const (
	balanceEvery = 50     // frames of the mixer: a second
	soundRate    = 60_000 // bit/s of the mix with its headers
	leastBudget  = 50_000 // bit/s that a picture gets at least
	// A sender whose rate is above tight × a receiver's budget is too much for him; below loose × budget it fits again.
	tight, loose = 1.25, 0.8
	// So many seconds in a row before something changes; patient: for a receiver whose sender was asked to send less.
	lowerAfter, raiseAfter, patientAfter = 2, 5, 6
)

// screen is one receiver's picture, and what his downlink lets through.
type screen struct {
	p       *Participant
	outlet  *forward.Outlet
	base    forward.Level // what was asked for: no more than that
	link    *downlink
	content *forward.Outlet // goes first, nil for nothing
	control *control
}

// A receiver who gets little has little to estimate from: his estimate may stay low for ever. So more is tried now and
// then, after so many seconds, twice as many after each time it was too much.
const (
	firstProbe, longestProbe = 15, 120
	probeTime                = 5
)

// control is the memory of a screen, in seconds. Guarded by room.mu.
type control struct {
	level       forward.Level
	above, free int
	held        int // since the last change, while less is forwarded
	probe       int // after how long more is tried
	probing     bool
}

// step decides about the next second. rate and budget are in bit/s, a budget of infinity is no limit. limited: the sender was
// asked to send no more than the budget.
func (c *control) step(base forward.Level, rate, budget float64, limited bool) forward.Level {
	c.level = max(c.level, base)
	switch {
	case rate > tight*budget:
		c.above, c.free = c.above+1, 0
	case rate < loose*budget:
		c.above, c.free = 0, c.free+1
	default:
		c.above, c.free = 0, 0
	}
	c.held++
	wait := lowerAfter
	switch {
	case limited:
		wait = patientAfter
	case c.probing:
		wait = probeTime
	}
	switch {
	case c.above >= wait && c.level < forward.Least:
		if c.probing {
			c.probe = min(2*c.probe, longestProbe)
		}
		c.turn(c.level+1, false)
	case c.level == base:
	case c.free >= raiseAfter:
		c.probe = firstProbe
		c.turn(c.level-1, false)
	case c.held >= max(c.probe, firstProbe):
		c.probe = max(c.probe, firstProbe)
		c.turn(c.level-1, true)
	}
	return c.level
}

func (c *control) turn(level forward.Level, probing bool) {
	*c = control{level: level, probe: c.probe, probing: probing}
}

// balance fits what is forwarded to what receivers can take. It runs on the mixer's goroutine, once a second.
func (r *Room) balance(now time.Time) {
	r.mu.Lock()
	for _, m := range r.members { // for the list too, whoever watches
		for _, source := range []*forward.Source{m.main, m.presentation} {
			if source != nil {
				source.Measure(now)
			}
		}
	}
	screens := r.screens()
	budgets := make([]float64, len(screens))
	best := map[*forward.Source]float64{} // the largest budget among a source's receivers
	for i, s := range screens {
		budgets[i] = s.budget(now)
		if source := s.outlet.Selected(); source != nil {
			best[source] = max(best[source], budgets[i])
		}
	}
	var limits []func()
	for i, s := range screens {
		source := s.outlet.Selected()
		if source == nil {
			continue
		}
		rate := source.Measure(now)
		limited := false
		if sender := r.sender(source); sender != nil && budgets[i] == best[source] {
			limited = !math.IsInf(best[source], 1)
			limits = append(limits, sender.limit(rate, best[source]))
		}
		before := s.outlet.Level()
		if level := s.control.step(s.base, rate, budgets[i], limited); level != before {
			s.outlet.SetLevel(level)
			limits = append(limits, func() {
				r.rooms.event("level", map[string]any{
					"room": r.number, "participant": s.p.id, "level": level.String(), "rate": int(rate), "source": source.Name(),
				})
			})
		}
	}
	r.mu.Unlock()
	for _, f := range limits {
		f()
	}
}

// screens lists everyone's main picture. r.mu is held.
func (r *Room) screens() []screen {
	var list []screen
	for _, p := range r.participants {
		if p.outlet != nil && !p.receives() {
			list = append(list, screen{p, p.outlet, forward.All, &p.downlink, p.shared.Load(), &p.control})
		}
		if q := p.reception; q != nil && q.main != nil {
			list = append(list, screen{p, q.main, q.quality.level(), &q.downlink, q.content, &q.control})
		}
	}
	return list
}

// budget is how much the receiver's main picture may take, bit/s. room.mu is held.
func (s screen) budget(now time.Time) float64 {
	available := s.link.available(s.p.state.Bitrate, now)
	if available == 0 {
		return math.Inf(1)
	}
	if s.content != nil {
		if source := s.content.Selected(); source != nil {
			available -= source.Measure(now)
		}
	}
	return max(available-soundRate, leastBudget)
}

// sender is the participant who sends a main picture, nil for a bot, and for who presents as well: a limit is for all that
// somebody sends. r.mu is held.
func (r *Room) sender(source *forward.Source) *Participant {
	for _, p := range r.participants {
		if p.main == source && r.presenter != &p.member {
			return p
		}
	}
	return nil
}

// limit asks the sender to send no more than the best of his receivers can take, or takes that back. room.mu is held; what is
// returned sends it.
func (p *Participant) limit(rate, best float64) func() {
	const free = 20_000_000 // bit/s
	pc, ssrc := p.pc, p.mainSSRC
	bitrate := free + 0.0
	switch {
	case !math.IsInf(best, 1) && (p.limited || rate > best):
		p.limited = true
		bitrate = best + soundRate
	case p.limited:
		p.limited = false
	default:
		return func() {}
	}
	return func() {
		_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(bitrate), SSRCs: []uint32{ssrc}}})
	}
}
