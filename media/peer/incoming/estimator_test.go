package incoming

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// link is a way with a bottleneck and a queue before it.
type link struct {
	capacity float64              // bit/s
	delay    time.Duration        // without a queue
	jitter   func() time.Duration // added to each packet, order kept; nil: none
	free     time.Duration        // when the bottleneck has sent what it holds
	last     time.Duration        // arrival
	queueing []time.Duration      // of each packet
}

// carry returns when a packet sent at a moment arrives.
func (l *link) carry(sent time.Duration, size int) time.Duration {
	began := max(sent, l.free)
	l.free = began + time.Duration(float64(size)*8/l.capacity*float64(time.Second))
	l.queueing = append(l.queueing, began-sent)
	at := l.free + l.delay
	if l.jitter != nil {
		at += l.jitter()
	}
	l.last = max(l.last, at)
	return l.last
}

// run sends frames at 30 a second for so long, each cut into packets of 1200 bytes that leave 1 ms after one another, at
// the bitrate that rate returns, and feeds the arrivals.
func run(e *Estimator, l *link, from, to time.Duration, rate func() float64) {
	const frame = time.Second / 30
	for at := from; at < to; at += frame {
		left := int(rate() / 8 / 30)
		for i := 0; left > 0; i++ {
			size := min(left, 1200)
			left -= size
			sent := at + time.Duration(i)*time.Millisecond
			e.Add(l.carry(sent, size), sent, AbsoluteClock, true, size)
		}
	}
}

func rateOf(t *testing.T, e *Estimator) float64 {
	t.Helper()
	rate, ok := e.Rate()
	if !ok {
		t.Fatal("no estimate")
	}
	return rate
}

// follows is a sender that obeys the estimate, up to what it has to send.
func follows(e *Estimator, most float64) func() float64 {
	return func() float64 { rate, _ := e.Rate(); return min(rate, most) }
}

func between(t *testing.T, what string, got, low, high float64) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %.0f, want %.0f to %.0f", what, got, low, high)
	}
}

func TestFindsTheBottleneck(t *testing.T) {
	for _, capacity := range []float64{300_000, 500_000, 1_500_000, 3_000_000} {
		e, l := New(), &link{capacity: capacity, delay: 40 * time.Millisecond}
		run(e, l, 0, 60*time.Second, follows(e, 10_000_000))
		l.queueing = nil
		sum, n := 0.0, 0
		for at := 60 * time.Second; at < 120*time.Second; at += time.Second {
			run(e, l, at, at+time.Second, follows(e, 10_000_000))
			sum += rateOf(t, e)
			n++
		}
		between(t, "mean estimate", sum/float64(n), 0.7*capacity, 1.05*capacity)
		slices.Sort(l.queueing)
		if p95 := l.queueing[len(l.queueing)*95/100]; p95 > 250*time.Millisecond {
			t.Errorf("%.0f bit/s: the queue's 95th percentile is %v", capacity, p95)
		}
	}
}

func TestFollowsTheBottleneck(t *testing.T) {
	e, l := New(), &link{capacity: 2_000_000, delay: 20 * time.Millisecond}
	send := follows(e, 4_000_000)
	run(e, l, 0, 40*time.Second, send)
	between(t, "at 2 Mb/s", rateOf(t, e), 1_300_000, 2_200_000)
	l.capacity = 500_000
	run(e, l, 40*time.Second, 44*time.Second, send)
	between(t, "4 s after the drop", rateOf(t, e), 200_000, 600_000)
	run(e, l, 44*time.Second, 60*time.Second, send)
	between(t, "20 s after the drop", rateOf(t, e), 300_000, 600_000)
	l.capacity = 2_000_000
	run(e, l, 60*time.Second, 90*time.Second, send)
	between(t, "30 s after the rise", rateOf(t, e), 1_300_000, 2_200_000)
}

func TestLittleReceivedTellsNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, jitter := range map[string]func() time.Duration{
		"steady":   nil,
		"jittered": func() time.Duration { return time.Duration(r.IntN(30)) * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			// Sound alone, for ten minutes.
			e, l := New(), &link{capacity: 5_000_000, delay: 20 * time.Millisecond, jitter: jitter}
			for at := time.Duration(0); at < 10*time.Minute; at += 20 * time.Millisecond {
				e.Add(l.carry(at, 120), at, AbsoluteClock, true, 120)
				if rate, _ := e.Rate(); rate < 0.5*Initial || rate > Initial {
					t.Fatalf("%.0f after %v of sound", rate, at)
				}
			}
			// Then a picture needs 1.8 Mb/s and has it.
			run(e, l, 10*time.Minute, 10*time.Minute+30*time.Second, func() float64 { return 1_800_000 })
			between(t, "with a picture", rateOf(t, e), 1_600_000, 3_000_000)
			// It stops: what was possible stays possible.
			before := rateOf(t, e)
			for at := 11 * time.Minute; at < 12*time.Minute; at += 20 * time.Millisecond {
				e.Add(l.carry(at, 120), at, AbsoluteClock, true, 120)
			}
			between(t, "without a picture again", rateOf(t, e), 0.8*before, 1.01*before)
		})
	}
}

func TestJitterIsNoQueue(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	e, l := New(), &link{capacity: 5_000_000, delay: 60 * time.Millisecond}
	l.jitter = func() time.Duration { return time.Duration(r.Float64() * 30 * float64(time.Millisecond)) }
	run(e, l, 0, 60*time.Second, func() float64 { return 900_000 })
	between(t, "with 30 ms of jitter", rateOf(t, e), 800_000, 1_600_000)
}

func TestNothingKnownAtFirst(t *testing.T) {
	e := New()
	if _, ok := e.Rate(); ok {
		t.Error("an estimate of nothing")
	}
	e.Add(time.Minute, 0, AbsoluteClock, true, 1000)
	if _, ok := e.Rate(); ok {
		t.Error("an estimate of one packet")
	}
}

// Timestamps of one source stand in for send times; those of another source cannot be compared with them.
func TestForeignClocksAreLeftOut(t *testing.T) {
	e, l := New(), &link{capacity: 3_000_000, delay: 20 * time.Millisecond}
	for at := time.Duration(0); at < 20*time.Second; at += 33 * time.Millisecond {
		e.Add(l.carry(at, 1200), at, 7, true, 1200)
		e.Add(l.carry(at, 1200), time.Hour-at, 8, true, 1200)
		e.Add(l.carry(at, 100), 0, 0, false, 100)
	}
	between(t, "estimate", rateOf(t, e), Initial, Initial*1.5)
	// The first falls silent: the second takes over, and a queue shows.
	l.capacity = 200_000
	for at := 25 * time.Second; at < 35*time.Second; at += 33 * time.Millisecond {
		e.Add(l.carry(at, 1200), at, 8, true, 1200)
	}
	between(t, "with a queue", rateOf(t, e), minimum, 400_000)
}

func TestHostileTimes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	e := New()
	now := time.Duration(0)
	for range 200_000 {
		now += time.Duration(r.IntN(10_000_000))
		e.Add(now, time.Duration(r.Int64()-r.Int64()), r.Uint32N(4), r.IntN(3) > 0, r.IntN(1500))
		if rate, _ := e.Rate(); rate < minimum || rate > maximum {
			t.Fatalf("%f", rate)
		}
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	e, l := New(), &link{capacity: 1_000_000}
	l.queueing = make([]time.Duration, 0, 10_000)
	at := time.Duration(0)
	if n := testing.AllocsPerRun(2000, func() {
		at += 7 * time.Millisecond
		e.Add(l.carry(at, 1200), at, AbsoluteClock, true, 1200)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A peer's feedback may report arrivals before the beginning of its clock, and again after a pause.
func TestArrivalsBeforeZero(t *testing.T) {
	e := New()
	for _, at := range []time.Duration{-8010 * time.Millisecond, -8001 * time.Millisecond, -5 * time.Second, -15 * time.Millisecond, time.Second} {
		e.Add(at, 0, AbsoluteClock, true, 1200)
	}
	if rate, ok := e.Rate(); !ok || rate < minimum || rate > maximum {
		t.Errorf("%f %v", rate, ok)
	}
}
