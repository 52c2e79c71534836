package peer

import "time"

// limitation keeps why a picture is sent poorer than it could be (W3C qualityLimitationReason), and for how long it was.
type limitation struct {
	reason    string
	since     time.Time
	durations [len(limitations)]time.Duration
	changes   uint64 // of the size (qualityLimitationResolutionChanges)
}

// limitedOtherwise is the reason for what is neither the processor nor the way: an encoder that fails.
const limitedOtherwise = "other"

var limitations = [...]string{"none", "cpu", "bandwidth", limitedOtherwise}

func reasonIndex(reason string) int {
	for i, r := range limitations {
		if r == reason {
			return i
		}
	}
	return 0
}

// set the reason that counts from now on; empty is none, and where nothing is to be sent there is none.
func (l *limitation) set(reason string, now time.Time) {
	if reason == "" {
		reason = limitations[0]
	}
	l.settle(now)
	l.reason = reason
}

// settle books the time since the last booking.
func (l *limitation) settle(now time.Time) {
	if l.reason != "" && now.After(l.since) {
		l.durations[reasonIndex(l.reason)] += now.Sub(l.since)
	}
	l.since = now
}

// seconds by reason.
func (l *limitation) seconds(now time.Time) map[string]float64 {
	l.settle(now)
	list := make(map[string]float64, len(limitations))
	for i, r := range limitations {
		list[r] = l.durations[i].Seconds()
	}
	return list
}
