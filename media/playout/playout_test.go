package playout

import (
	"math/rand/v2"
	"testing"
	"time"
)

const ms = time.Millisecond

// stream feeds frames of 30 a second with a delay each and returns what share of them was late, and the mean delay from
// capture to show, of those of the second half.
func stream(v *Video, from, frames int, delay func(i int) time.Duration) (late, mean float64) {
	n := 0
	for i := from; i < from+frames; i++ {
		captured := time.Duration(i) * time.Second / 30
		arrived := captured + delay(i)
		due := v.Frame(arrived, uint32(i*3000)+0xffff0000, true)
		if i < from+frames/2 {
			continue
		}
		n++
		if due < arrived {
			late++
		}
		mean += float64(max(due, arrived)-captured) / float64(ms)
	}
	return late / float64(n), mean / float64(n)
}

func TestPictureDelayFollowsJitter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	steady := func(int) time.Duration { return 20*ms + time.Duration(r.IntN(2_000_000)) }
	jittered := func(int) time.Duration { return 20*ms + time.Duration(r.IntN(60))*ms }
	v := NewVideo(90000)
	if late, mean := stream(v, 0, 600, steady); late > 0.11 || mean > 30 {
		t.Errorf("steady: %.0f %% late, delay %.0f ms", 100*late, mean)
	}
	if late, mean := stream(v, 600, 900, jittered); late > 0.13 || mean < 60 || mean > 100 {
		t.Errorf("jitter of 60 ms: %.0f %% late, delay %.0f ms", 100*late, mean)
	}
	if late, mean := stream(v, 1500, 1800, steady); late > 0.11 || mean > 35 {
		t.Errorf("steady again: %.0f %% late, delay %.0f ms", 100*late, mean)
	}
}

// Shown frames follow each other without a jerk while the delay changes.
func TestPictureDelayChangesSmoothly(t *testing.T) {
	v := NewVideo(90000)
	last := time.Duration(0)
	for i := range 1500 {
		captured := time.Duration(i) * time.Second / 30
		if i == 500 {
			v.SetExtra(300 * ms)
		}
		if i == 1000 {
			v.SetExtra(0)
		}
		due := v.Frame(captured+20*ms, uint32(i*3000), true)
		if between := due - last; i > 0 && (between < 25*ms || between > 45*ms) {
			t.Fatalf("frame %d follows after %v", i, between)
		}
		last = due
		if want := v.Target(); i%500 == 499 && v.Delay() != want {
			t.Errorf("frame %d: delay %v, want %v", i, v.Delay(), want)
		}
	}
}

func TestPictureClockStartsAnew(t *testing.T) {
	v := NewVideo(90000)
	v.Frame(time.Second, 5000, true)
	at := time.Minute
	for i := range 20 { // the timestamps jump
		if due := v.Frame(at, uint32(4_000_000_000)+uint32(i*3000), true); due < at-50*ms || due > at+100*ms {
			t.Fatalf("due %v after arrival", due-at)
		}
		at += time.Second / 30
	}
}

// A frame that was repaired says nothing of the network's jitter. Repairs are waited for where they are frequent, as long
// as the round trip makes likely and not longer.
func TestRepairedFramesCountForThemselves(t *testing.T) {
	for _, c := range []struct {
		each             int // so many frames one is repaired
		took, roundTrip  time.Duration
		least, mostDelay time.Duration
	}{
		{100, 130 * ms, 110 * ms, 0, 15 * ms},
		{8, 130 * ms, 110 * ms, 130 * ms, 140 * ms},
		{8, 130 * ms, 2 * ms, 40 * ms, 55 * ms},
		{3, 20 * ms, 2 * ms, 20 * ms, 30 * ms},
	} {
		v := NewVideo(90000)
		v.SetRoundTrip(c.roundTrip)
		for i := range 900 {
			captured := time.Duration(i) * time.Second / 30
			delay, repaired := 20*ms, i%c.each == 0
			if repaired {
				delay += c.took
			}
			v.Frame(captured+delay, uint32(i*3000), !repaired)
		}
		if v.Target() < c.least || v.Target() > c.mostDelay {
			t.Errorf("%+v: delay %v", c, v.Target())
		}
	}
}

func TestSyncLeavesStrangersAlone(t *testing.T) {
	var s Sync
	if a, b := s.Update(10*time.Second, 0); a != 0 || b != 0 {
		t.Error("streams that are 10 s apart are brought together")
	}
	if a, b := s.Update(200*ms, 80*ms); a != 0 || b != 120*ms {
		t.Errorf("%v %v", a, b)
	}
	for range 50 {
		s.Update(80*ms, 200*ms)
	}
	if a, b := s.Update(80*ms, 200*ms); b != 0 || a < 119*ms || a > 120*ms {
		t.Errorf("%v %v", a, b)
	}
}

func TestReportsMoment(t *testing.T) {
	r := Report{NTP: 100<<32 | 1<<31, Timestamp: 10}
	if m := r.Moment(10+90000, 90000); m != 101500*ms {
		t.Errorf("%v", m)
	}
	if m := r.Moment(^uint32(45000)+1+10, 90000); m != 100*time.Second {
		t.Errorf("%v", m)
	}
}

func TestSchedulingDoesNotAllocate(t *testing.T) {
	v, i := NewVideo(90000), 0
	if n := testing.AllocsPerRun(1000, func() {
		v.Frame(time.Duration(i)*33*ms, uint32(i*3000), true)
		i++
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A repaired frame does not count for the jitter, so that a source's other clock is not noticed by it: it must not wait for
// as long as the clock jumped.
func TestRepairedFrameOfAnotherClock(t *testing.T) {
	v := NewVideo(90000)
	steady := func(int) time.Duration { return 20 * ms }
	stream(v, 0, 90, steady)
	arrived := 3*time.Second + 20*ms
	if wait := v.Frame(arrived, 1_000_000_000, false) - arrived; wait < 0 || wait > longest {
		t.Errorf("ahead: it waits for %v", wait)
	}
}
