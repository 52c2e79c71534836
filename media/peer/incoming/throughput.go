package incoming

import "time"

const (
	slotTime  = 10 * time.Millisecond
	slotCount = 100 // a second: a shorter window would take a key frame for a rate
)

// Throughput measures what passed in the last second. Zero value is ready; not for concurrent use.
type Throughput struct {
	bytes [slotCount]int
	slot  int64
	first int64 // slot of the first packet
	sum   int
	any   bool
}

// Add size bytes at a moment of a monotonic clock.
func (t *Throughput) Add(now time.Duration, size int) {
	slot := int64(now / slotTime)
	if !t.any {
		t.any, t.slot, t.first = true, slot, slot
	}
	t.advance(slot)
	t.bytes[slotIndex(t.slot)] += size
	t.sum += size
}

func (t *Throughput) advance(slot int64) {
	if slot-t.slot >= slotCount {
		t.bytes, t.sum, t.slot = [slotCount]int{}, 0, slot
		return
	}
	for t.slot < slot {
		t.slot++
		i := slotIndex(t.slot)
		t.sum -= t.bytes[i]
		t.bytes[i] = 0
	}
}

// slotIndex is a slot's place in the ring. Times are the peer's where it reports arrivals, so they may be negative.
func slotIndex(slot int64) int64 { return (slot%slotCount + slotCount) % slotCount }

// Rate of the last second, bit/s.
func (t *Throughput) Rate(now time.Duration) float64 {
	if !t.any {
		return 0
	}
	t.advance(int64(now / slotTime))
	slots := min(t.slot-t.first+1, slotCount)
	return float64(t.sum) * 8 / (float64(max(slots, slotCount/4)) * slotTime.Seconds())
}

// shortTime is long enough for the packets of some pictures.
const shortTime = 300 * time.Millisecond

// Short is the rate of the last shortTime, bit/s: while a queue stands, what the way carries.
func (t *Throughput) Short(now time.Duration) float64 {
	if !t.any {
		return 0
	}
	t.advance(int64(now / slotTime))
	const most = int64(shortTime / slotTime)
	slots := min(most, t.slot-t.first+1)
	sum := 0
	for i := range slots {
		sum += t.bytes[slotIndex(t.slot-i)]
	}
	return float64(sum) * 8 / (float64(max(slots, most/2)) * slotTime.Seconds())
}

// peaks keeps the highest throughput of each of the last seconds.
type peaks struct {
	seconds [30]float64
	at      int64
}

func (p *peaks) add(now time.Duration, rate float64) {
	p.advance(now)
	i := p.at % int64(len(p.seconds))
	p.seconds[i] = max(p.seconds[i], rate)
}

func (p *peaks) advance(now time.Duration) {
	second := int64(now / time.Second)
	if second-p.at >= int64(len(p.seconds)) {
		p.seconds, p.at = [30]float64{}, second
	}
	for p.at < second {
		p.at++
		p.seconds[p.at%int64(len(p.seconds))] = 0
	}
}

// recent is the highest of the last three seconds.
func (p *peaks) recent(now time.Duration) float64 { return p.best(now, 3) }

// proven is the highest since a queue grew last, within the last half minute.
func (p *peaks) proven(now, queued time.Duration) float64 {
	// The second in which the queue grew does not count.
	return p.best(now, max(0, int64(now/time.Second)-int64(queued/time.Second)))
}

func (p *peaks) best(now time.Duration, seconds int64) float64 {
	p.advance(now)
	best, n := 0.0, int64(len(p.seconds))
	for i := range min(seconds, n) {
		best = max(best, p.seconds[((p.at-i)%n+n)%n])
	}
	return best
}
