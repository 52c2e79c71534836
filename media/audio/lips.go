package audio

import "time"

// What lip sync asks of a JitterBuffer. Timestamps are RTP's.

// Ideal is when, on the clock of arrivals, the sample with a timestamp would be heard if jitter alone counted; false
// before the first packet.
func (j *JitterBuffer) Ideal(timestamp uint32) (time.Duration, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.known {
		return 0, false
	}
	return j.duration(j.sample(timestamp)) + j.estimator.Minimum() + j.own(), true
}

// sample is a timestamp in the decoder's samples.
func (j *JitterBuffer) sample(timestamp uint32) int64 {
	return j.newestTS + int64(int32(timestamp-j.rtp))*j.rate/int64(j.options.ClockRate)
}

// SetExtra delays the sound by so much beyond what jitter needs, so that the picture keeps up. It is reached by stretching
// and cutting pitch periods.
func (j *JitterBuffer) SetExtra(extra time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.extra = min(max(extra, 0), maxExtra)
}

// Playing is the timestamp of the sample that the next Read begins with; false while nothing plays.
func (j *JitterBuffer) Playing() (timestamp uint32, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.known || !j.playing {
		return 0, false
	}
	waiting := int64(len(j.fifo)/j.channels) + int64(len(j.ready)/2)*j.rate/SampleRate
	ticks := (j.at - waiting - j.newestTS) * int64(j.options.ClockRate) / j.rate
	return j.rtp + uint32(ticks), true
}
