package peer

import (
	"container/heap"
	"slices"
	"testing"
	"time"

	"parley/media/peer/incoming"
)

// congestion is a sender of picture and sound behind a bottleneck with a queue that drops its tail, on a clock of its own:
// the estimate, the limit by loss, the governor, the pacer's arithmetic, feedback ten times a second and reports once.
type congestion struct {
	capacity func(at time.Duration) float64 // bit/s
	queue    time.Duration
	way      time.Duration // one way
	deaf     time.Duration // the peer hears nothing at first

	events  events
	now     time.Duration
	busy    time.Duration
	delay   *incoming.Estimator
	loss    lossLimit
	limit   governor
	passed  incoming.Throughput
	target  float64
	waiting []int // sizes of packets in the pacer
	bytes   int
	debt    float64
	reports struct{ sent, lost int }
	arrived []func()
	count   arrivalCount
	over    overrun
	overAt  time.Duration

	from time.Duration // what follows is counted from here on
	seen struct {
		sent, lost, sound, soundLost, frames, skipped int
		queued                                        []time.Duration
		rates                                         []float64
	}
}

type event struct {
	at time.Duration
	do func()
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at < e[j].at }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

func (c *congestion) in(d time.Duration, do func()) { heap.Push(&c.events, event{c.now + d, do}) }

// wire carries a packet or loses it.
func (c *congestion) wire(size int, sound bool) {
	count := c.now >= c.from
	c.passed.Add(c.now, size)
	c.reports.sent++
	c.busy = max(c.busy, c.now)
	if count {
		c.seen.sent++
		c.seen.queued = append(c.seen.queued, c.busy-c.now)
		if sound {
			c.seen.sound++
		}
	}
	if c.busy-c.now > c.queue {
		c.reports.lost++
		if c.now >= c.deaf {
			c.count.lost++
		}
		if count {
			c.seen.lost++
			if sound {
				c.seen.soundLost++
			}
		}
		return
	}
	c.busy += time.Duration(float64(size) * 8 / c.capacity(c.now) * float64(time.Second))
	sent, arrives := c.now, c.busy+c.way
	if c.now < c.deaf {
		return // the peer does not listen yet
	}
	c.in(arrives-c.now, func() {
		c.count.arrives(arrives, size)
		c.arrived = append(c.arrived, func() { c.delay.Add(arrives, sent, incoming.AbsoluteClock, true, size) })
	})
}

func (c *congestion) frame() {
	c.in(time.Second/30, c.frame)
	count := c.now >= c.from
	if tooFull(c.bytes, c.target) {
		if count {
			c.seen.skipped++
		}
		return
	}
	size := int(max(min(c.target-70_000, 1_000_000), minBitrate) / 8 / 30)
	if c.now == 0 || c.now > 12*time.Second && c.now < 12*time.Second+time.Second/30 { // key frames
		size = max(size, int(c.target/8/2.5))
	}
	if count {
		c.seen.frames++
	}
	for size > 0 {
		n := min(size, mtu)
		size -= n
		c.waiting = append(c.waiting, n+80)
		c.bytes += n + 80
	}
}

func (c *congestion) pace() {
	c.in(pacingStep, c.pace)
	c.debt = min(c.debt, 0) + pacing(c.target, c.bytes, 0, c.delay.Congested())/8*pacingStep.Seconds()
	for len(c.waiting) > 0 && c.debt > 0 {
		size := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.bytes -= size
		c.debt -= float64(size)
		c.wire(size, false)
	}
}

func (c *congestion) sound() {
	c.in(20*time.Millisecond, c.sound)
	c.wire(190, true)
}

func (c *congestion) feedback() {
	c.in(arrivalsInterval, c.feedback)
	packets, count := c.arrived, c.count
	c.arrived, c.count = nil, arrivalCount{}
	c.in(c.way, func() {
		c.delay.Offered(c.passed.Rate(c.now))
		for _, add := range packets {
			add()
		}
		c.over.add(c.now, count)
		if carried, is := c.over.seen(c.now, c.delay.Queue()); is {
			c.delay.Overrun(carried)
			c.overAt = c.now
		}
		rate, _ := c.delay.Rate()
		c.target = c.limit.update(min(rate, c.loss.rate, maxBitrate), c.passed.Rate(c.now))
		if c.now >= c.from {
			c.seen.rates = append(c.seen.rates, c.target)
		}
	})
}

func (c *congestion) report() {
	c.in(receptionInterval, c.report)
	if c.reports.sent > 0 && (c.overAt == 0 || c.now-c.overAt >= overrunTold) {
		c.loss.update(c.now, float64(c.reports.lost)/float64(c.reports.sent), c.reports.sent, c.passed.Rate(c.now), c.delay.Through())
	}
	c.reports.sent, c.reports.lost = 0, 0
}

func (c *congestion) run(until time.Duration) {
	c.delay, c.loss, c.target = incoming.New(), newLossLimit(), initialBitrate
	c.loss.guided = true
	for _, begin := range []func(){c.frame, c.sound, c.pace, c.feedback} {
		begin()
	}
	c.in(receptionInterval, c.report)
	for c.now < until {
		e := heap.Pop(&c.events).(event)
		c.now = e.at
		e.do()
	}
}

// TestCongestion: behind a narrow way the queue stays short enough for a conversation, the way is used, sound is not lost
// and few pictures are left out.
func TestCongestion(t *testing.T) {
	for _, x := range []struct {
		capacity float64
		way      time.Duration
		deaf     time.Duration
	}{{300_000, time.Millisecond, 0}, {500_000, time.Millisecond, 0}, {1_000_000, time.Millisecond, 0}, {500_000, 50 * time.Millisecond, 0},
		{300_000, time.Millisecond, 400 * time.Millisecond}, {500_000, 50 * time.Millisecond, 400 * time.Millisecond}} {
		c := &congestion{capacity: func(time.Duration) float64 { return x.capacity }, queue: 200 * time.Millisecond, way: x.way, deaf: x.deaf,
			from: 8 * time.Second}
		c.run(60 * time.Second)
		s := &c.seen
		slices.Sort(s.queued)
		p50, p95 := s.queued[len(s.queued)/2], s.queued[len(s.queued)*95/100]
		rate := 0.0
		for _, r := range s.rates {
			rate += r / float64(len(s.rates))
		}
		lost, sound := float64(s.lost)/float64(s.sent), float64(s.soundLost)/float64(s.sound)
		t.Logf("%.0f bit/s, %v: queue p50 %v p95 %v, lost %.2f %%, of sound %.2f %%, estimate %.0f, %d of %d pictures left out", x.capacity, x.way,
			p50.Round(time.Millisecond), p95.Round(time.Millisecond), lost*100, sound*100, rate, s.skipped, s.skipped+s.frames)
		if p50 > 40*time.Millisecond || p95 > 80*time.Millisecond || lost > 0.005 || sound > 0.005 {
			t.Errorf("%.0f bit/s, %v: queue p50 %v p95 %v, lost %.2f %%, of sound %.2f %%", x.capacity, x.way, p50, p95, lost*100, sound*100)
		}
		if rate < 0.75*x.capacity || rate > x.capacity || s.skipped > (s.skipped+s.frames)/50 {
			t.Errorf("%.0f bit/s, %v: estimate %.0f, %d pictures left out", x.capacity, x.way, rate, s.skipped)
		}
	}
}

// TestBottleneckGoes: when a bottleneck of five seconds is gone, the rate is back soon.
func TestBottleneckGoes(t *testing.T) {
	const begins, ends = 20 * time.Second, 25 * time.Second
	c := &congestion{queue: 200 * time.Millisecond, way: time.Millisecond, capacity: func(at time.Duration) float64 {
		if at >= begins && at < ends {
			return 300_000
		}
		return 3_000_000
	}}
	back, noticed := time.Duration(0), time.Duration(0)
	c.from = begins
	var look func()
	look = func() {
		c.in(100*time.Millisecond, look)
		if c.now > begins && noticed == 0 && c.target <= 300_000 {
			noticed = c.now - begins
		}
		switch {
		case c.now == ends && c.target > 350_000:
			t.Errorf("%.0f bit/s within the bottleneck", c.target)
		case c.now > ends && back == 0 && c.target >= 900_000:
			back = c.now - ends
		}
	}
	c.in(0, look)
	c.run(40 * time.Second)
	t.Logf("noticed after %v, %.1f %% of the sound in it is lost, the rate is back after %v", noticed,
		100*float64(c.seen.soundLost)/(ends-begins).Seconds()/50, back)
	if noticed == 0 || noticed > 1200*time.Millisecond {
		t.Errorf("noticed after %v", noticed)
	}
	if back == 0 || back > 6*time.Second {
		t.Errorf("back after %v", back)
	}
}
