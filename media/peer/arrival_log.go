package peer

import "time"

// Bounds of what is told about arrivals.
const (
	logSize  = 2048 // packets that are remembered; a power of two
	mostBack = 256  // one that was overtaken by more is told of no more
	mostLate = 32   // so many of those in a row, and the peer counts anew
)

// arrivalLog remembers when packets with a transport-wide number came, until the peer is told. Not for concurrent use; it
// allocates nothing once its feedback has its size.
type arrivalLog struct {
	ring    [logSize]arrival
	numbers unwrapper
	started bool
	next    int64 // the first number that the next feedback tells of
	highest int64
	untold  int    // packets that came since the last feedback
	late    int    // packets in a row that were overtaken by too many
	media   uint32 // source of the last one
	feedback
}

type arrival struct {
	number int64
	at     time.Duration // media clock
	came   bool
}

// add a packet of a source. Only its first arrival counts.
func (l *arrivalLog) add(ssrc uint32, number uint16, at time.Duration) {
	n := l.numbers.unwrap(int64(number))
	if !l.started {
		l.started, l.next, l.highest = true, n, n
	}
	if n < l.next-mostBack || n <= l.highest-logSize {
		if l.late++; l.late > mostLate {
			l.started, l.numbers, l.untold, l.late = false, unwrapper{}, 0, 0
			l.ring = [logSize]arrival{}
		}
		return
	}
	l.late = 0
	slot := &l.ring[uint64(n)%logSize]
	if slot.came && slot.number == n {
		return
	}
	*slot = arrival{n, at, true}
	l.media = ssrc
	l.untold++
	l.highest = max(l.highest, n)
	l.next = max(min(l.next, n), l.highest-logSize+1) // one that was overtaken is told, with all after it
}

// at is when a packet came; nil: it did not.
func (l *arrivalLog) at(number int64) *arrival {
	if a := &l.ring[uint64(number)%logSize]; a.came && a.number == number {
		return a
	}
	return nil
}

// tell adds what there is to tell the peer to a list, in as many feedbacks as it takes. It uses again what lies behind the
// list's end.
func (l *arrivalLog) tell(list []*feedbackPacket) []*feedbackPacket {
	if l.untold == 0 {
		return list
	}
	l.untold = 0
	for l.next <= l.highest {
		first := l.next
		for first < l.highest && l.at(first) == nil {
			first++
		}
		l.begin(l.next, l.at(first).at) // the highest came, at the latest
		for n := l.next; n <= l.highest && l.room(); n++ {
			if a := l.at(n); a == nil {
				l.miss()
			} else if !l.came(a.at) {
				break
			} else {
				l.next = n + 1
			}
		}
		if n := len(list); n < cap(list) {
			list = list[:n+1]
		} else {
			list = append(list, nil)
		}
		last := &list[len(list)-1]
		if *last == nil {
			*last = new(feedbackPacket)
		}
		(*last).data = l.packet((*last).data[:0], l.media)
	}
	return list
}
