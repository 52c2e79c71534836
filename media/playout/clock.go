package playout

import "time"

// Unwrapper counts 32-bit timestamps on beyond their end. Zero value is ready.
type Unwrapper struct {
	last    int64
	started bool
}

// At returns a timestamp without its end: it may lie before earlier ones.
func (u *Unwrapper) At(timestamp uint32) int64 {
	if !u.started {
		u.started, u.last = true, 1<<32+int64(timestamp)
		return u.last
	}
	at := u.Near(timestamp)
	u.last = max(u.last, at)
	return at
}

// Near is At without learning.
func (u *Unwrapper) Near(timestamp uint32) int64 {
	return u.last + int64(int32(timestamp-uint32(u.last)))
}

// Ticks of a clock as a duration; in two steps, because nanoseconds of a day-long call times the rate would not fit.
func Ticks(ticks, rate int64) time.Duration {
	return time.Duration(ticks/rate)*time.Second + time.Duration(ticks%rate)*time.Second/time.Duration(rate)
}
