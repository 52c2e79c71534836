package peer

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestLossLimit: loss that has nothing to do with the rate is put up with after one try; a bottleneck without a queue,
// whose loss has everything to do with it, is respected, also when the way loses packets besides.
func TestLossLimit(t *testing.T) {
	for _, c := range []struct {
		name      string
		loss      float64
		capacity  float64 // bit/s; 0: none
		low, high float64 // rate after half a minute, on average
	}{
		{"no loss", 0, 0, 3_000_000, maxBitrate},
		{"5 %", 0.05, 0, 700_000, maxBitrate},
		{"10 %", 0.10, 0, 600_000, maxBitrate},
		{"20 %", 0.20, 0, 800_000, maxBitrate},
		{"30 %", 0.30, 0, 800_000, maxBitrate},
		{"300 kb/s without a queue", 0, 300_000, 200_000, 450_000},
		{"300 kb/s and 5 %", 0.05, 300_000, 150_000, 450_000},
		{"800 kb/s without a queue", 0, 800_000, 600_000, 1_100_000},
	} {
		random := rand.New(rand.NewPCG(11, 12))
		l, sum, n := newLossLimit(), 0.0, 0
		sent := 1_000_000.0
		for second := range 60 {
			arrived, packets := 0, max(int(sent/8/1000), 1)
			for range packets {
				through := 1.0
				if c.capacity > 0 {
					through = min(1, c.capacity/sent)
				}
				if random.Float64() < through*(1-c.loss) {
					arrived++
				}
			}
			l.update(time.Duration(second+1)*time.Second, 1-float64(arrived)/float64(packets), packets, sent,
				sent*float64(arrived)/float64(packets))
			sent = min(l.rate, 1_000_000) // the picture wants no more
			if second >= 30 {
				sum += l.rate
				n++
			}
		}
		if mean := sum / float64(n); mean < c.low || mean > c.high {
			t.Errorf("%s: %.0f bit/s, usual loss %.2f", c.name, mean, l.usual)
		}
	}
}

// Loss that ends is not usual any more: a bottleneck that comes then is noticed.
func TestUsualLossEnds(t *testing.T) {
	l := newLossLimit()
	now := time.Duration(0)
	report := func(seconds int, loss func(sent float64) float64) {
		for range seconds {
			now += time.Second
			sent := min(l.rate, 1_000_000)
			l.update(now, loss(sent), int(sent/8/1000), sent, sent*(1-loss(sent)))
		}
	}
	report(30, func(float64) float64 { return 0.2 })
	if l.usual < 0.15 || l.rate < 900_000 {
		t.Fatalf("usual %.2f, %.0f bit/s", l.usual, l.rate)
	}
	report(30, func(float64) float64 { return 0 })
	if l.usual > 0.01 {
		t.Fatalf("usual %.2f after half a minute without loss", l.usual)
	}
	report(30, func(sent float64) float64 { return max(0, 1-400_000/sent) })
	if l.rate > 600_000 {
		t.Errorf("%.0f bit/s through 400 kb/s", l.rate)
	}
}

// A way that was gone for seconds carries as much as before once it is back; a peer that reports every five seconds
// tells of loss all the same.
func TestAnOutageIsNoCongestion(t *testing.T) {
	for _, c := range []struct {
		name    string
		every   time.Duration
		silence time.Duration
		lower   bool
	}{
		{"gone for five seconds", 300 * time.Millisecond, 5 * time.Second, false},
		{"a report every five seconds", 5 * time.Second, 5 * time.Second, true},
	} {
		l, now := newLossLimit(), time.Duration(0)
		for range 5 {
			now += c.every
			l.update(now, 0, 120, 1_000_000, 1_000_000)
		}
		before := l.rate
		l.update(now+c.silence, 0.9, 120, 1_000_000, 100_000)
		if lower := l.rate < before; lower != c.lower {
			t.Errorf("%s: %.0f bit/s became %.0f", c.name, before, l.rate)
		}
	}
}
