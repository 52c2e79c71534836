package peer

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// toldOf reads feedbacks with pion's parser and with ours, which must agree, and returns when packets came, by number.
func toldOf(t testing.TB, list []*feedbackPacket) map[uint16]time.Duration {
	t.Helper()
	all := map[uint16]time.Duration{}
	for _, f := range list {
		if len(f.data) > 1400 {
			t.Errorf("a feedback of %d bytes", len(f.data))
		}
		var theirs rtcp.TransportLayerCC
		if err := theirs.Unmarshal(f.data); err != nil {
			t.Fatalf("%v: %x", err, f.data)
		}
		reference, ok := transportReference(f.data)
		if !ok {
			t.Fatalf("too short: %x", f.data)
		}
		came := map[uint16]time.Duration{}
		base := time.Duration(reference) * transportReferenceUnit
		understood := eachPacket(f.data, func(number uint16, arrived bool, after time.Duration) {
			if arrived {
				came[number] = base + after
			}
		})
		if !understood {
			t.Fatalf("not understood: %x", f.data)
		}
		if len(theirs.RecvDeltas) != len(came) {
			t.Fatalf("pion reads %d arrivals, we read %d", len(theirs.RecvDeltas), len(came))
		}
		for number, at := range came {
			all[number] = at
		}
	}
	return all
}

// What came is told, to a quarter of a millisecond, whatever is lost, late or far apart; what did not come is not.
func TestArrivalsAreTold(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 9))
	for _, c := range []struct {
		name       string
		loss, late float64
		gap        time.Duration // between two packets, at most
		packets    int
	}{
		{"nothing lost", 0, 0, 2 * time.Millisecond, 1000},
		{"a packet a second", 0.2, 0, time.Second, 60},
		{"half a minute apart", 0, 0, 30 * time.Second, 40},
		{"loss", 0.1, 0, 20 * time.Millisecond, 2000},
		{"most lost", 0.9, 0, 20 * time.Millisecond, 2000},
		{"out of order", 0.02, 0.2, 5 * time.Millisecond, 2000},
		{"a thousand at once", 0.3, 0.1, 10 * time.Microsecond, 3000},
	} {
		l := arrivalLog{feedback: feedback{sender: 1}}
		want, got := map[uint16]time.Duration{}, map[uint16]time.Duration{}
		at, count := 10*time.Second, 0
		var list []*feedbackPacket
		var late []uint16
		add := func(number uint16) {
			l.add(9, number, at)
			want[number] = at
		}
		tell := func() {
			list = l.tell(list[:0])
			for _, f := range list {
				if int(f.data[19]) != count&0xff || binary.BigEndian.Uint32(f.data[8:]) != 9 || f.data[7] != 1 {
					t.Fatalf("%s: the %d. feedback is %x", c.name, count, f.data[:20])
				}
				count++
			}
			for number, at := range toldOf(t, list) {
				got[number] = at
			}
		}
		for n := range c.packets {
			at += time.Duration(random.Int64N(int64(c.gap) + 1))
			switch number := uint16(65000 + n); {
			case random.Float64() < c.loss:
			case random.Float64() < c.late:
				late = append(late, number)
			default:
				add(number)
			}
			if len(late) > 5 {
				for _, number := range late {
					add(number)
				}
				late = late[:0]
			}
			if n%50 == 49 {
				tell()
			}
		}
		tell()
		if len(got) != len(want) {
			t.Errorf("%s: %d of %d packets are told of", c.name, len(got), len(want))
		}
		const cycle = transportReferenceUnit << 24 // of reference times
		for number, at := range want {
			if off := (got[number] - at) % cycle; off < -transportDeltaUnit || off > transportDeltaUnit {
				t.Errorf("%s: packet %d came at %v, told is %v", c.name, number, at, got[number])
			}
		}
		if again := l.tell(nil); len(again) != 0 {
			t.Errorf("%s: %d feedbacks about nothing", c.name, len(again))
		}
	}
}

// Only a first arrival is told, one that was overtaken with what overtook it, and one of long ago not at all.
func TestWhenArrivalsAreToldAgain(t *testing.T) {
	l := arrivalLog{}
	at := time.Second
	tell := func(numbers ...uint16) int {
		for _, n := range numbers {
			at += time.Millisecond
			l.add(9, n, at)
		}
		return len(toldOf(t, l.tell(nil)))
	}
	for _, c := range []struct {
		what    string
		numbers []uint16
		told    int
	}{
		{"the first", []uint16{100, 101, 103}, 3},
		{"twice", []uint16{101}, 0},
		{"overtaken", []uint16{102}, 2},
		{"further ones", []uint16{104, 500}, 2},
		{"overtaken by many", []uint16{200}, 0},
		{"a leap beyond what is remembered", []uint16{20_000}, 1},
		{"of before the leap", []uint16{501}, 0},
		{"in order again", []uint16{20_001}, 1},
		{"a peer that counts anew", counted(30, mostLate+1+5), 5},
		{"and goes on", counted(30+mostLate+1+5, 10), 10},
	} {
		if got := tell(c.numbers...); got != c.told {
			t.Errorf("%s: %d are told of, want %d", c.what, got, c.told)
		}
	}
}

// counted are so many numbers from one on.
func counted(from uint16, n int) (list []uint16) {
	for i := range n {
		list = append(list, from+uint16(i))
	}
	return list
}

func TestTellingOfArrivalsDoesNotAllocate(t *testing.T) {
	l := arrivalLog{}
	var list []*feedbackPacket
	number, at := uint16(0), time.Second
	if n := testing.AllocsPerRun(100, func() {
		for range 40 {
			number += 1 + number%13/12
			at += time.Duration(number%11) * time.Millisecond
			l.add(9, number, at)
		}
		list = l.tell(list[:0])
	}); n != 0 {
		t.Errorf("%v allocations a feedback", n)
	}
}

// Whatever numbers a peer sends: what is told can be read, and ends.
func FuzzArrivals(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0, 2, 1, 0, 1, 1})
	var anew []byte // the numbers go back
	for n := range byte(mostLate + 5) {
		anew = append(anew, 0, n, 3-n%3)
	}
	f.Add(append([]byte{0x40, 0, 1, 0x40, 1, 2}, anew...))
	f.Add([]byte{0, 1, 1, 0x7f, 0xff, 200, 0xff, 0x01, 9, 0, 2, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		l := arrivalLog{}
		at := time.Duration(0)
		for ; len(data) >= 3; data = data[3:] {
			at += time.Duration(data[2]) * time.Duration(data[2]) * time.Millisecond
			l.add(1, binary.BigEndian.Uint16(data), at)
			if data[2]%4 == 3 {
				toldOf(t, l.tell(nil))
			}
		}
		if list := l.tell(nil); len(list) > 2*logSize {
			t.Errorf("%d feedbacks", len(list))
		}
	})
}
