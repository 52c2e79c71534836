package room

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"parley/roomserver/forward"
)

// levels runs a control over seconds of budgets.
func levels(c *control, rate float64, limited bool, budgets ...float64) []forward.Level {
	var list []forward.Level
	for _, b := range budgets {
		list = append(list, c.step(forward.All, rate, b, limited))
	}
	return list
}

func repeat(v float64, n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = v
	}
	return list
}

func last(l []forward.Level) forward.Level { return l[len(l)-1] }

func TestControlLowersAndRaises(t *testing.T) {
	var c control
	inf := math.Inf(1)
	if got := last(levels(&c, 1e6, false, repeat(inf, 30)...)); got != forward.All {
		t.Errorf("without a limit: %s", got)
	}
	if got := levels(&c, 1e6, false, 5e5); got[0] != forward.All {
		t.Errorf("one bad second: %s", got)
	}
	if got := last(levels(&c, 1e6, false, 9e5, 9e5, 9e5)); got != forward.All {
		t.Errorf("almost enough: %s", got)
	}
	if got := last(levels(&c, 1e6, false, repeat(5e5, 2)...)); got != forward.Fewer {
		t.Errorf("two bad seconds: %s", got)
	}
	if got := last(levels(&c, 1e6, false, repeat(5e5, 2)...)); got != forward.Least {
		t.Errorf("four: %s", got)
	}
	if got := last(levels(&c, 1e6, false, repeat(2e6, 4)...)); got != forward.Least {
		t.Errorf("too early: %s", got)
	}
	if got := last(levels(&c, 1e6, false, repeat(2e6, 6)...)); got != forward.All {
		t.Errorf("ten good seconds: %s", got)
	}
}

func TestControlProbesMoreAndMoreRarely(t *testing.T) {
	var c control
	var gaps []int
	before, since := forward.All, 0
	for range 600 {
		level := c.step(forward.All, 1e6, 3e5, false)
		since++
		if level < before {
			gaps = append(gaps, since)
			since = 0
		}
		before = level
	}
	if len(gaps) < 3 || gaps[0] > 25 || gaps[len(gaps)-1] < 60 {
		t.Errorf("seconds between attempts: %v", gaps)
	}
}

func TestControlWaitsForASenderWhoWasAsked(t *testing.T) {
	var c control
	if got := last(levels(&c, 1e6, true, repeat(5e5, patientAfter-1)...)); got != forward.All {
		t.Errorf("%s", got)
	}
	if got := last(levels(&c, 1e6, true, 5e5)); got != forward.Fewer {
		t.Errorf("a sender who does not listen: %s", got)
	}
	var low control
	if got := low.step(forward.Least, 1e6, math.Inf(1), false); got != forward.Least {
		t.Errorf("more than was asked for: %s", got)
	}
}

func TestDownlink(t *testing.T) {
	var d downlink
	now := time.Unix(1000, 0)
	if got := d.available(0, now); got != 0 {
		t.Errorf("nothing known: %g", got)
	}
	d.report([]rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 500_000}}, 1e6, now)
	if got := d.available(0, now); got != 500_000 {
		t.Errorf("REMB: %g", got)
	}
	if got := d.available(300_000, now); got != 300_000 {
		t.Errorf("told by INFO: %g", got)
	}
	now = now.Add(rembLife)
	if got := d.available(0, now); got != 0 {
		t.Errorf("old REMB: %g", got)
	}
	lost := func(share float64) {
		d.report([]rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{FractionLost: uint8(share * 256)}}}}, 1e6, now)
		now = now.Add(time.Second)
	}
	lost(0.05)
	if got := d.available(0, now); got != 0 {
		t.Errorf("little loss: %g", got)
	}
	lost(0.5)
	if got := d.available(0, now); got != 750_000 {
		t.Errorf("half is lost: %g", got)
	}
	for range 40 {
		lost(0.9)
	}
	if got := d.available(0, now); got != leastBudget {
		t.Errorf("the least: %g", got)
	}
	for range 80 {
		lost(0)
	}
	if got := d.available(0, now); got != 0 {
		t.Errorf("healed: %g", got)
	}
}
