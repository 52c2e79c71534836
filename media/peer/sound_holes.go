package peer

import "time"

// Bounds of asking for sound again.
const (
	soundHoles    = 24 // packets that may be missing at once; more are no loss but an interruption
	soundRetries  = 4
	soundAskFor   = 200 * time.Millisecond // then its time is over
	soundFar      = 100 * time.Millisecond // an answer that takes longer comes too late
	soundAgainMin = 8 * time.Millisecond
)

// holes are the packets of a sound that did not come. Zero value is ready. Not for concurrent use; nothing is allocated once
// the list of requests has its size.
type holes struct {
	list    [soundHoles]hole
	n       int
	started bool
	highest int64
	request []uint16
	rtt     time.Duration // of receiver reports; 0: unknown
	answer  answerTime
}

type hole struct {
	sequence     int64
	since, asked time.Duration
	times        int
}

// add a packet that came; repaired tells that it was missing and had been asked for.
func (h *holes) add(sequence int64, now time.Duration) (repaired bool) {
	switch {
	case !h.started, sequence-h.highest > soundHoles, h.highest-sequence > restartSound:
		h.started, h.highest, h.n = true, sequence, 0
		return false
	case sequence <= h.highest:
		return h.fill(sequence, now)
	}
	for n := h.highest + 1; n < sequence && h.n < soundHoles; n++ {
		h.list[h.n] = hole{sequence: n, since: now}
		h.n++
	}
	h.highest = sequence
	return false
}

// restartSound: numbers that go back so far are a new stream's.
const restartSound = 1000

func (h *holes) fill(sequence int64, now time.Duration) bool {
	for i := range h.n {
		x := h.list[i]
		if x.sequence != sequence {
			continue
		}
		h.remove(i)
		if x.times == 0 {
			return false // reordered
		}
		h.answer.learn(now - x.asked)
		return true
	}
	return false
}

func (h *holes) remove(i int) {
	h.n--
	h.list[i] = h.list[h.n]
}

// takes is how long an answer takes, nearly always; 0: unknown.
func (h *holes) takes() time.Duration {
	if !h.answer.known() {
		return h.rtt
	}
	return h.answer.nearlyAll()
}

// requests lists what to ask for now. The slice is valid until the next call.
func (h *holes) requests(now time.Duration) []uint16 {
	h.request = h.request[:0]
	again := max(h.takes(), soundAgainMin)
	for i := 0; i < h.n; i++ {
		x := &h.list[i]
		switch {
		case now-x.since > soundAskFor:
			h.remove(i)
			i--
		case h.takes() > soundFar, x.times >= soundRetries, x.times > 0 && now-x.asked < again:
		default:
			x.asked = now
			x.times++
			h.request = append(h.request, uint16(x.sequence))
		}
	}
	return h.request
}
