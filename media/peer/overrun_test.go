package peer

import (
	"encoding/binary"
	"testing"
	"time"
)

// told is a feedback of 100 ms: so many packets arrived evenly, so many of 1000 bytes got lost.
func told(at time.Duration, arrived, lost int) (c arrivalCount) {
	for i := range arrived {
		c.arrives(at+time.Duration(i)*100*time.Millisecond/time.Duration(arrived), 1000)
	}
	c.lost = lost
	return c
}

func TestAnOverrunIsNoticed(t *testing.T) {
	const tick, full = 100 * time.Millisecond, 150 * time.Millisecond
	for _, c := range []struct {
		name          string
		arrived, lost int
		queue         time.Duration
		every         int // only each so many feedbacks arrive
		begins        time.Duration
		within        time.Duration // 0: never
	}{
		{"twice as much as fits", 4, 5, full, 1, 10 * time.Second, 300 * time.Millisecond},
		{"likewise, and most feedback is lost too", 4, 5, full, 3, 10 * time.Second, time.Second},
		{"radio", 4, 5, 0, 1, 10 * time.Second, 0},
		{"radio from the beginning looks the same", 4, 5, 0, 1, 0, 300 * time.Millisecond},
		{"a burst in a good network", 9, 3, full, 1, 10 * time.Second, 0},
		{"nothing lost", 9, 0, full, 1, 10 * time.Second, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var o overrun
			now := tick
			for ; now < c.begins; now += tick {
				o.add(now, told(now, 9, 0))
				if _, is := o.seen(now, 0); is {
					t.Fatal("before it began")
				}
			}
			begun, noticed := now, time.Duration(0)
			for i := 0; now < begun+5*time.Second; now, i = now+tick, i+1 {
				if i%c.every != 0 {
					continue
				}
				o.add(now, told(now, c.arrived, c.lost))
				carried, is := o.seen(now, c.queue)
				if !is {
					continue
				}
				if noticed == 0 {
					noticed = max(now-begun, tick)
				}
				if want := float64(c.arrived) * 1000 * 8 / tick.Seconds(); carried < 0.7*want || carried > 1.3*want {
					t.Errorf("%.0f bit/s come through, want %.0f", carried, want)
				}
			}
			if c.within == 0 && noticed != 0 || c.within > 0 && (noticed == 0 || noticed > c.within) {
				t.Errorf("noticed after %v, want %v", noticed, c.within)
			}
		})
	}
}

// What feedback tells right after an answer is about what was sent before it.
func TestAnOverrunIsAnsweredOnce(t *testing.T) {
	var o overrun
	answers := 0
	for now := 100 * time.Millisecond; now < time.Second; now += 100 * time.Millisecond {
		o.add(now, told(now, 4, 6))
		if _, is := o.seen(now, 200*time.Millisecond); is {
			answers++
		}
	}
	if answers != 1 {
		t.Errorf("%d answers", answers)
	}
}

// A packet that is told to be missing again and again is lost once, and it may still come.
func TestAMissingPacketCountsOnce(t *testing.T) {
	var h history
	h.add(7, time.Second, 1000)
	if !h.missing(7) || h.missing(7) || h.missing(8) {
		t.Error("counted twice, or one that never left")
	}
	if _, size, ok := h.take(7); !ok || size != 1000 {
		t.Error("it came after all and is not known")
	}
	if h.missing(7) {
		t.Error("missing though it came")
	}
	h.add(7, 2*time.Second, 1000)
	if !h.missing(7) {
		t.Error("another packet of the same number")
	}
}

// A feedback of a few bytes that tells of more packets than are remembered is not read.
func TestFeedbackOfTooManyPackets(t *testing.T) {
	b := make([]byte, transportHead+16)
	binary.BigEndian.PutUint16(b[14:], 0xffff)
	for i := range 8 {
		binary.BigEndian.PutUint16(b[transportHead+2*i:], 0x1fff) // as many missing as one chunk can tell of
	}
	calls := 0
	if eachPacket(b, func(uint16, bool, time.Duration) { calls++ }) || calls > 0 {
		t.Errorf("%d packets are read", calls)
	}
}
