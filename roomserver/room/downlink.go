package room

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// downlink is what is known of the way to a receiver. Browsers say in REMB what their delay-based estimate is, as long as
// our packets have no transport-wide sequence numbers (with those they would only report arrival times); others say in
// receiver reports what was lost; our client also tells by INFO stats what it can take.
type downlink struct {
	mu     sync.Mutex
	remb   float64 // bit/s
	rembAt time.Time
	byLoss float64 // bit/s; 0: nothing is lost
	lossAt time.Time
}

const (
	rembLife = 10 * time.Second // an older one says nothing any more
	// The loss-based rule of Google congestion control (draft-ietf-rmcat-gcc 6): below lowLoss up by a twelfth, above
	// highLoss down by half the loss.
	lowLoss, highLoss = 0.02, 0.10
	lossGrowth        = 1.08
	lossCeiling       = 8_000_000 // bit/s; what is above counts as unlimited
)

// report takes a receiver's feedback on a stream that has rate, bit/s.
func (d *downlink) report(packets []rtcp.Packet, rate float64, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, packet := range packets {
		switch p := packet.(type) {
		case *rtcp.ReceiverEstimatedMaximumBitrate:
			if p.Bitrate > 0 {
				d.remb, d.rembAt = float64(p.Bitrate), now
			}
		case *rtcp.ReceiverReport:
			for _, r := range p.Reports {
				d.lose(float64(r.FractionLost)/256, rate, now)
			}
		}
	}
}

// lose takes a share of lost packets. d.mu is held.
func (d *downlink) lose(share, rate float64, now time.Time) {
	if now.Sub(d.lossAt) < 500*time.Millisecond {
		return
	}
	d.lossAt = now
	switch {
	case share > highLoss:
		from := rate
		if d.byLoss > 0 {
			from = min(from, d.byLoss)
		}
		d.byLoss = max(from*(1-share/2), leastBudget)
	case share < lowLoss && d.byLoss > 0:
		if d.byLoss *= lossGrowth; d.byLoss > lossCeiling {
			d.byLoss = 0
		}
	}
}

// available is how much may go to the receiver, bit/s; told is what he said by INFO. 0 means that nothing limits it.
func (d *downlink) available(told int, now time.Time) float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	least := 0.0
	take := func(v float64) {
		if v > 0 && (least == 0 || v < least) {
			least = v
		}
	}
	take(float64(told))
	take(d.byLoss)
	if now.Sub(d.rembAt) < rembLife {
		take(d.remb)
	}
	return least
}
