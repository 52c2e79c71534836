package peer

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"

	"parley/media/video"
)

// departures is a wire that notes when packets leave.
type departures struct{ at []time.Time }

func (d *departures) Write(*rtp.Header, []byte, interceptor.Attributes) (int, error) {
	d.at = append(d.at, time.Now())
	return 0, nil
}

// A key frame that is far above the rate leaves evenly, within the longest delay of the queue, and not at once.
func TestABurstLeavesWithinTheLongestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wire := &departures{}
		p := newPacer(100_000, nil)
		defer p.Close()
		p.describe(1, 0, pacedExtensions{}, false)
		p.AddStream(1, wire)
		const packets = 60
		begun := time.Now()
		for range packets {
			if _, err := p.Write(&rtp.Header{SSRC: 1}, make([]byte, 1000), nil); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(pacingMaxDelay + 2*pacingStep)
		synctest.Wait()
		if len(wire.at) != packets {
			t.Fatalf("%d of %d packets have left after %v", len(wire.at), packets, time.Since(begun))
		}
		half := wire.at[packets/2].Sub(begun)
		if half < pacingMaxDelay*4/10 || half > pacingMaxDelay*6/10 {
			t.Errorf("half of the burst was gone after %v", half)
		}
	})
}

// What the rate carries leaves at the rate, also after a burst.
func TestAPacedStreamKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wire := &departures{}
		p := newPacer(1_000_000, nil)
		defer p.Close()
		p.describe(1, 0, pacedExtensions{}, false)
		p.AddStream(1, wire)
		begun := time.Now()
		for range 8 { // 64 kbit: 26 ms at two and a half times the rate
			if _, err := p.Write(&rtp.Header{SSRC: 1}, make([]byte, 1000), nil); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(pacingMaxDelay)
		synctest.Wait()
		if len(wire.at) != 8 {
			t.Fatalf("%d packets have left", len(wire.at))
		}
		if last := wire.at[7].Sub(begun); last < 15*time.Millisecond || last > 40*time.Millisecond {
			t.Errorf("the last one left after %v", last)
		}
	})
}

// Repairs overtake the queue, and the next picture makes room for them: for those that the way has not carried yet, and not
// for those of long ago.
func TestRepairsAreMadeRoomForWhileTheyAreOnTheirWay(t *testing.T) {
	const rate, packet = 800_000, 1000 // at two and a half times the rate a packet takes 4 ms
	for _, c := range []struct {
		name        string
		every       time.Duration // between the repairs, 40 of them
		least, most time.Duration // that the picture's second packet waits for them
	}{
		{"in a burst just before", 0, 120 * time.Millisecond, 170 * time.Millisecond},
		{"over two seconds", 50 * time.Millisecond, 0, 10 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wire := &departures{}
				p := newPacer(rate, nil)
				defer p.Close()
				p.describe(1, 2, pacedExtensions{}, false)
				p.AddStream(1, wire)
				p.alias(2, 1)
				write := func(ssrc uint32) {
					if _, err := p.Write(&rtp.Header{SSRC: ssrc}, make([]byte, packet), nil); err != nil {
						t.Fatal(err)
					}
				}
				for range 40 {
					write(2)
					time.Sleep(c.every)
				}
				begun := time.Now()
				write(1)
				write(1)
				time.Sleep(time.Second)
				synctest.Wait()
				if len(wire.at) != 42 {
					t.Fatalf("%d packets have left", len(wire.at))
				}
				if waited := wire.at[41].Sub(begun); waited < c.least || waited > c.most {
					t.Errorf("the picture waited %v", waited)
				}
			})
		})
	}
}

// While the peer tells nothing, few repairs are sent and where a bottleneck is known, few pictures; its next word ends it.
func TestAPeerThatTellsNothingIsSentLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEstimator()
		defer e.Close()
		wire := &departures{}
		e.pacer.describe(1, 0, pacedExtensions{}, false)
		e.pacer.AddStream(1, wire)
		// sent films for two seconds at the estimate, told or not, and returns how many pictures of four packets left.
		sent := func(told bool) int {
			before := len(wire.at)
			for range 60 {
				if told {
					e.heardAt = video.Now()
				}
				e.target()
				e.pacer.mu.Lock()
				e.pacer.congested = true
				e.pacer.mu.Unlock()
				if !e.pacer.full() {
					for range 4 {
						if _, err := e.pacer.Write(&rtp.Header{SSRC: 1}, make([]byte, 1000), nil); err != nil {
							t.Fatal(err)
						}
					}
				}
				time.Sleep(time.Second / 30)
			}
			synctest.Wait()
			return (len(wire.at) - before) / 4
		}
		e.feedback = true
		before := e.target()
		if n := sent(true); n < 55 {
			t.Errorf("%d of 60 pictures while the peer tells", n)
		}
		time.Sleep(overrunSilent)
		if n := sent(false); n > 30 {
			t.Errorf("%d of 60 pictures while it tells nothing", n)
		}
		if rate := e.target(); rate < before/2 {
			t.Errorf("the estimate went from %.0f to %.0f", before, rate)
		}
		if rate := e.repairs(); rate > before/2 {
			t.Errorf("%.0f bit/s for repairs", rate)
		}
		if n := sent(true); n < 55 {
			t.Errorf("%d of 60 pictures when it tells again", n)
		}
		// It goes on with reports only: that is no silence.
		time.Sleep(feedbackGone + time.Second)
		e.onLoss(0, 100)
		if n := sent(false); n < 55 {
			t.Errorf("%d of 60 pictures to a peer that reports only", n)
		}
	})
}
