package peer

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"parley/media/playout"
)

// repairScene plays a receiver's reorder buffer and schedule over a network that loses packets, requests and repairs, on a
// clock of its own.
type repairScene struct {
	loss      float64
	way       time.Duration // one way
	packets   int           // in a frame
	random    *rand.Rand
	buffer    *reorder
	schedule  *playout.Video
	now       time.Duration
	coming    []coming
	shown     int
	late      int // shown after they were due
	delay     time.Duration
	longest   time.Duration
	lastShown time.Duration
	gaveUp    int
}

type coming struct {
	at       time.Duration
	sequence int64
	sent     time.Duration
	repair   bool
}

func (s *repairScene) lost() bool { return s.random.Float64() < s.loss }

// run sends 30 frames a second for so long, in steps of a millisecond, and counts the frames from a moment on.
func (s *repairScene) run(d, from time.Duration) {
	const frame = time.Second / 30
	sent := int64(0)
	for ; s.now < d; s.now += time.Millisecond {
		for s.now >= time.Duration(sent)*frame {
			for i := range s.packets {
				if !s.lost() {
					s.coming = append(s.coming, coming{s.now + s.way + time.Duration(i)*time.Millisecond,
						sent*int64(s.packets) + int64(i), s.now, false})
				}
			}
			sent++
		}
		s.arrive()
		for _, n := range s.buffer.requests(s.now) {
			request, answer := s.lost(), s.lost()
			if !request && !answer {
				s.coming = append(s.coming, coming{s.now + 2*s.way + 2*time.Millisecond, int64(n), 0, true})
			}
		}
		if s.buffer.expire(s.now) {
			s.gaveUp++
			s.buffer.broken = false // the key frame comes at once here
		}
		s.show(from)
	}
}

func (s *repairScene) arrive() {
	rest := s.coming[:0]
	for _, c := range s.coming {
		if c.at > s.now {
			rest = append(rest, c)
			continue
		}
		p := newPacket()
		p.sequence, p.arrived, p.repaired = c.sequence, s.now, c.repair
		p.timestamp = uint32(c.sequence / int64(s.packets) * 3000)
		p.marker = c.sequence%int64(s.packets) == int64(s.packets)-1
		p.payload = p.buffer[:1]
		s.buffer.insert(p)
	}
	s.coming = rest
	s.schedule.SetRoundTrip(s.buffer.answer.mean)
}

// show takes whole frames as videoReceiver does: each is shown when it is due, or late.
func (s *repairScene) show(from time.Duration) {
	for {
		first, last, ok := s.buffer.frame()
		if !ok {
			return
		}
		complete, counts := time.Duration(0), true
		for n := first; n <= last; n++ {
			p := s.buffer.at(n)
			complete, counts = max(complete, p.arrived), counts && !p.repaired
		}
		timestamp := s.buffer.at(first).timestamp
		due := s.schedule.Frame(complete, timestamp, counts)
		s.buffer.drop(last + 1)
		at := max(due, s.now)
		if s.now >= from {
			s.shown++
			if at > due {
				s.late++
			}
			s.delay += at - time.Duration(timestamp/3000)*time.Second/30
			s.longest = max(s.longest, at-s.lastShown)
		}
		s.lastShown = at
	}
}

// TestRepairsAreWaitedFor: where repairs are frequent nearly every picture is shown when it is due, at a delay that is
// bounded; where nothing is lost nothing is waited for.
func TestRepairsAreWaitedFor(t *testing.T) {
	for _, c := range []struct {
		loss float64
		way  time.Duration
		late float64       // share of pictures
		most time.Duration // mean delay from capture to show
	}{
		{0, time.Millisecond, 0, 12 * time.Millisecond},
		{0.05, time.Millisecond, 0.03, 50 * time.Millisecond},
		{0.10, time.Millisecond, 0.03, 55 * time.Millisecond},
		{0.20, time.Millisecond, 0.08, 65 * time.Millisecond},
		{0.05, 50 * time.Millisecond, 0.03, 260 * time.Millisecond},
		{0.05, 100 * time.Millisecond, 0.03, 480 * time.Millisecond},
	} {
		s := &repairScene{loss: c.loss, way: c.way, packets: 4, random: rand.New(rand.NewPCG(3, 4)), buffer: newReorder(),
			schedule: playout.NewVideo(videoClock)}
		s.buffer.broken = false
		s.run(40*time.Second, 10*time.Second)
		late, delay := float64(s.late)/float64(s.shown), s.delay/time.Duration(s.shown)
		t.Logf("loss %2.0f %%, %v one way: %4.1f %% late, delay %v, answers after %v, %d given up, longest gap %v", c.loss*100,
			c.way, late*100, delay.Round(time.Millisecond), s.buffer.answer.mean.Round(time.Millisecond), s.gaveUp, s.longest)
		if late > c.late || delay > c.most || s.shown < 890 || s.gaveUp > 1 {
			t.Errorf("loss %.0f %%, %v: %.1f %% late, delay %v, %d shown, %d given up", c.loss*100, c.way, late*100, delay, s.shown,
				s.gaveUp)
		}
		s.buffer.close()
	}
}

// A retransmission becomes the packet it repeats; one that holds none is refused.
func TestRepairIsUnwrapped(t *testing.T) {
	b := []byte{0x90, 97, 0, 9, 0, 0, 0, 7, 0, 0, 0, 5, 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0, 0xab, 0xcd, 1, 2, 3}
	p := newPacket()
	defer p.free()
	n := copy(p.buffer[:], b)
	if !p.unwrapRepair(n, 96) || p.sequence != 0xabcd || p.pt != 96 || p.timestamp != 7 || string(p.payload) != "\x01\x02\x03" {
		t.Errorf("%+v %x", p.sequence, p.payload)
	}
	for n := range len(b) - 3 {
		copy(p.buffer[:], b)
		if p.unwrapRepair(n, 96) && n < 22 {
			t.Errorf("%d bytes are taken for a repair", n)
		}
	}
	binary.BigEndian.PutUint16(p.buffer[14:], 0xffff) // extensions longer than the packet
	if p.unwrapRepair(len(b), 96) {
		t.Error("a header beyond the end")
	}
}
