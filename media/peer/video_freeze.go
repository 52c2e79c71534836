package peer

import "time"

// freezeMeter counts freezes: a picture that stays three times the mean of the last 30 before it, or the mean and 150 ms,
// whichever is longer, or more (W3C webrtc-stats, freezeCount). A pause is one too.
type freezeMeter struct {
	last      time.Duration
	intervals [30]time.Duration // ring
	n         int
	count     uint64
	total     time.Duration
}

func (f *freezeMeter) add(now time.Duration) {
	if f.last == 0 {
		f.last = now
		return
	}
	interval := now - f.last
	f.last = now
	if known := min(f.n, len(f.intervals)); known > 0 {
		sum := time.Duration(0)
		for _, i := range f.intervals[:known] {
			sum += i
		}
		mean := sum / time.Duration(known)
		if interval >= max(3*mean, mean+150*time.Millisecond) {
			f.count++
			f.total += interval
		}
	}
	f.intervals[f.n%len(f.intervals)] = interval
	f.n++
}
