package link

import (
	"math"
	"testing"
	"time"
)

// TestLoss: the share holds, alone and in bursts, and bursts have the mean length asked for.
func TestLoss(t *testing.T) {
	for _, c := range []Conditions{{Loss: 0.02}, {Loss: 0.2}, {Loss: 0.05, Burst: 5}, {Loss: 0.1, Burst: 10}} {
		s := newShaper(7)
		s.conditions = c
		const packets = 400_000
		lost, runs, before := 0, 0, false
		for i := range packets {
			_, ok := s.pass(time.Duration(i)*time.Millisecond, 1200)
			if !ok {
				lost++
				if !before {
					runs++
				}
			}
			before = !ok
		}
		if share := float64(lost) / packets; math.Abs(share-c.Loss) > c.Loss*0.1 {
			t.Errorf("%+v: lost %.4f", c, share)
		}
		want := 1 / (1 - c.Loss) // independent losses come in rows by chance
		if c.Burst > 1 {
			want = c.Burst
		}
		if mean := float64(lost) / float64(runs); math.Abs(mean-want) > want*0.1 {
			t.Errorf("%+v: %.2f lost in a row", c, mean)
		}
	}
}

// TestRate: what comes out never exceeds the rate, the queue is bounded in time, and an idle bottleneck saves nothing up.
func TestRate(t *testing.T) {
	s := newShaper(1)
	s.conditions = Conditions{Rate: 1_000_000, Queue: 100 * time.Millisecond}
	const size = 1250 // 10 ms at this rate
	var longest, last time.Duration
	out := 0
	for i := range 2000 { // twice the rate
		now := time.Duration(i) * 5 * time.Millisecond
		if at, ok := s.pass(now, size); ok {
			out++
			longest = max(longest, at-now)
			if out > 1 && at-last < 10*time.Millisecond {
				t.Fatalf("two packets %v apart", at-last)
			}
			last = at
		}
	}
	if out < 1000 || out > 1012 {
		t.Errorf("%d packets in 10 s", out)
	}
	if longest > 120*time.Millisecond {
		t.Errorf("queued for %v", longest)
	}
	if at, ok := s.pass(time.Minute, size); !ok || at != time.Minute+10*time.Millisecond {
		t.Errorf("after idling: %v %v", at, ok)
	}
}

// TestDelay: jitter stays within its bounds and keeps the order; reordering lets later packets pass.
func TestDelay(t *testing.T) {
	s := newShaper(2)
	s.conditions = Conditions{Delay: 50 * time.Millisecond, Jitter: 30 * time.Millisecond}
	var last time.Duration
	for i := range 10_000 {
		now := time.Duration(i) * time.Millisecond
		at, ok := s.pass(now, 100)
		if !ok || at < last || at-now < 20*time.Millisecond || at-now > 80*time.Millisecond {
			t.Fatalf("packet %d after %v: %v", i, at-now, ok)
		}
		last = at
	}
	s = newShaper(3)
	s.conditions = Conditions{Delay: 10 * time.Millisecond, Reorder: 0.1, ReorderBy: 20 * time.Millisecond}
	held, last := 0, time.Duration(0)
	for i := range 1000 {
		now := time.Duration(i) * time.Millisecond
		at, _ := s.pass(now, 100)
		switch at - now {
		case 10 * time.Millisecond:
			if at < last {
				t.Fatal("a packet that was not held back is late")
			}
			last = at
		case 30 * time.Millisecond:
			held++
		default:
			t.Fatal("after", at-now)
		}
	}
	if held < 70 || held > 130 {
		t.Errorf("%d of 1000 held back", held)
	}
}

// A link that is down carries nothing.
func TestDown(t *testing.T) {
	s := newShaper(4)
	s.conditions = Conditions{Down: true}
	if _, ok := s.pass(0, 1); ok {
		t.Error("carried")
	}
}
