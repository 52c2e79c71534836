package peer

import "time"

// debt is what was sent past the pacer's queue. It is paid by the packets that the queue holds back for it, or by time: once
// its bytes would have left at the pacer's pace, nothing need wait for them any more. Zero value is none.
type debt struct {
	bytes float64
	at    time.Duration // media clock
}

// add so many bytes, which left just now. pace is in bit/s.
func (d *debt) add(now time.Duration, bytes int, pace float64) {
	d.pay(now, pace)
	d.bytes += float64(bytes)
}

// take returns what is owed now and forgets it, bytes.
func (d *debt) take(now time.Duration, pace float64) float64 {
	d.pay(now, pace)
	owed := d.bytes
	d.bytes = 0
	return owed
}

// pay what could have left since the last time.
func (d *debt) pay(now time.Duration, pace float64) {
	if d.bytes > 0 {
		d.bytes = max(0, d.bytes-pace/8*(now-d.at).Seconds())
	}
	d.at = now
}
