package playout

import "time"

// Bounds of lip sync.
const (
	// MaxSkew: streams that are farther apart are not brought together: a clock is wrong, or they do not belong together.
	MaxSkew = 1500 * time.Millisecond
	// tolerated skew is left alone: nobody sees it.
	tolerated = 5 * time.Millisecond
	syncLearn = 0.25 // share of a new measurement
)

// Report is what a sender report says about a stream's clock (RFC 3550, 6.4.1).
type Report struct {
	NTP       uint64 // 32.32 bits, seconds since 1900
	Timestamp uint32
}

// Moment is the time of a timestamp on the sender's wall clock, since 1900. rate in Hz.
func (r Report) Moment(timestamp uint32, rate int64) time.Duration {
	return NTPDuration(r.NTP) + Ticks(int64(int32(timestamp-r.Timestamp)), rate)
}

// NTPDuration is an NTP timestamp's time since 1900. It fits until 2192.
func NTPDuration(ntp uint64) time.Duration {
	return time.Duration(ntp>>32)*time.Second + time.Duration((ntp&0xffffffff)*uint64(time.Second)>>32)
}

// Sync works out what delays keep a sound and a picture of one sender together. Each side names when, on our clock, a
// moment of the sender's clock would be heard or seen if its own jitter alone counted; the earlier one waits for the later.
// Zero value is ready.
type Sync struct {
	skew  time.Duration // smoothed: how much later sound comes by itself
	known bool
}

// Update takes the two delays from the sender's clock to ours (with the same unknown constant) and returns how long each
// side has to wait beyond its own jitter.
func (s *Sync) Update(sound, picture time.Duration) (extraSound, extraPicture time.Duration) {
	skew := sound - picture
	switch {
	case skew > MaxSkew || skew < -MaxSkew:
		*s = Sync{}
		return 0, 0
	case !s.known:
		s.known, s.skew = true, skew
	default:
		s.skew += time.Duration(float64(skew-s.skew) * syncLearn)
	}
	switch {
	case s.skew > tolerated:
		return 0, s.skew
	case s.skew < -tolerated:
		return -s.skew, 0
	}
	return 0, 0
}
