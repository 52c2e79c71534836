package peer

import (
	"math"
	"time"
)

// Bounds of what loss says about the rate (draft-ietf-rmcat-gcc-02, section 6).
const (
	lossLittle = 0.02
	lossMuch   = 0.10
	lossGrowth = 1.08 // a report
	// lossRegrowth is likewise where arrival times are known: they stop it before anything is lost.
	lossRegrowth = 1.4
	lossLearn    = 1.0 / 3
	// lossTried: so far a reduction must have gone to tell what it was good for; after so many reports at the least.
	lossTried   = 0.75
	lossReports = 3
	lossDoubt   = 0.25
	lossChance  = 2                // standard deviations
	lossDrain   = 0.7              // of what arrives
	lossUnusual = 0.4              // more is no way of life
	lossPatient = 15 * time.Second // for so long a reduction may take
	lossPace    = 200 * time.Millisecond
	// A first report after so long a silence, and one so much longer than the last, that tells of so much loss is about a
	// way that was gone.
	lossSilence = 2 * time.Second
	lossLonger  = 3
	lossOutage  = 0.5
)

// lossLimit limits the rate by the loss that the peer reports: up while there is little, down where there is much. A way
// that loses packets whatever is sent, as radio does, tells itself by the first reduction: less arrives in proportion,
// while before a bottleneck as much arrives as before. Such loss is usual from then on and counts no more; repairs are for
// it. Zero value is not ready: newLossLimit.
type lossLimit struct {
	rate     float64 // bit/s
	usual    float64 // share that is lost whatever is sent
	smoothed float64
	guided   bool          // arrival times limit the rate too
	at       time.Duration // of the last report; 0: none yet
	every    time.Duration // between the two before
	// The reduction that is tried.
	trying   bool
	began    time.Duration
	reports  int
	before   float64 // rate
	sent     float64 // bit/s
	arriving float64 // bit/s
	// What was sent and what arrived of it in the reports after it has gone far enough, bit/s added up.
	sentLess, arrivingLess float64
}

func newLossLimit() lossLimit { return lossLimit{rate: initialBitrate} }

// update takes a report: the share lost, 0 to 1, of how many packets, what was sent in its time, and what of it arrived, bit/s. now
// is on the media clock.
func (l *lossLimit) update(now time.Duration, fraction float64, packets int, sent, arrived float64) {
	if l.at != 0 && now-l.at < lossPace {
		return
	}
	silence := now - l.at
	if l.at == 0 {
		l.smoothed, silence = fraction, 0
	}
	usually := l.every
	l.at, l.every = max(now, 1), silence
	if usually > 0 && silence > max(lossSilence, lossLonger*usually) && fraction > lossOutage {
		return // What a blackout swallowed says nothing of how much the way carries now.
	}
	l.smoothed += (fraction - l.smoothed) * lossLearn
	if l.smoothed < l.usual {
		l.usual += (l.smoothed - l.usual) * lossLearn
	}
	switch excess := fraction - l.usual - l.chance(packets); {
	case excess < lossLittle:
		growth := lossGrowth
		if l.guided && !l.trying {
			growth = lossRegrowth
		}
		l.rate *= growth
	case excess > lossMuch:
		if !l.trying {
			l.trying, l.began, l.reports, l.sentLess, l.arrivingLess = true, now, 0, 0, 0
			l.before, l.sent, l.arriving = l.rate, sent, arrived
			// At once so far that a queue before a bottleneck empties: one that stood from the beginning shows no other way.
			l.rate = min(l.rate, lossDrain*arrived)
			break
		}
		l.rate *= 1 - excess/2
	}
	l.rate = min(max(l.rate, 2*minBitrate), maxBitrate)
	l.learn(now, sent, arrived)
}

// chance is how much more than usual may be lost of so few packets without any reason.
func (l *lossLimit) chance(packets int) float64 {
	if packets <= 0 {
		return 0 // of how many it is not known
	}
	return lossChance * math.Sqrt(l.usual*(1-l.usual)/float64(packets))
}

// learn ends the try when it has gone far enough for long enough.
func (l *lossLimit) learn(now time.Duration, sent, arrived float64) {
	switch {
	case !l.trying:
		return
	case now-l.began > lossPatient:
		l.trying = false
		return
	case sent > lossTried*l.sent:
		return
	}
	l.reports++
	l.sentLess += sent
	l.arrivingLess += arrived
	if l.reports < lossReports {
		return
	}
	l.trying = false
	// Between what would arrive if the loss had nothing to do with the rate, and as much as arrived before: near the former.
	n := float64(l.reports)
	share := l.sentLess / n / l.sent
	if l.arrivingLess/n < l.arriving*(share+lossDoubt*(1-share)) {
		if l.usual = l.smoothed; l.usual > lossUnusual {
			l.usual = 0
			return
		}
		l.rate = max(l.rate, l.before)
	}
}
