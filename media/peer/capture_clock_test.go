package peer

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/rtc"
	"parley/media/video"
)

// Late deliveries do not move the clock, a source that left something out does, and drift is followed.
func TestTheCaptureClockIsSteadierThanDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const clock, samples = 48000, 960
		var c captureClock
		random := rand.New(rand.NewPCG(1, 2))
		start := time.Now()
		zero := video.Now()
		worst := func(packets int, rate float64, skipped time.Duration) (most time.Duration) {
			for i := range packets {
				should := skipped + time.Duration(float64(i)*rate*float64(20*time.Millisecond))
				late := time.Duration(0)
				if random.IntN(3) == 0 {
					late = time.Duration(random.IntN(60)) * time.Millisecond
				}
				got := c.at(start.Add(should+late), uint32(i*samples), clock, false) - zero
				if off := (got - should).Abs(); off > most {
					most = off
				}
			}
			return most
		}
		if off := worst(500, 1, 0); off > 60*time.Millisecond {
			t.Errorf("%v off before it knew better", off)
		}
		c = captureClock{}
		c.at(start, 0, clock, false)
		if off := worst(3000, 1, 0); off > 10*time.Millisecond {
			t.Errorf("%v off by late deliveries", off)
		}
		c = captureClock{}
		if off := worst(15000, 1.0003, 0); off > 12*time.Millisecond { // five minutes of a clock that is 0.03 % slow
			t.Errorf("%v off by a source's drift", off)
		}
		c = captureClock{}
		c.at(start, 0, clock, false)
		if got := c.at(start.Add(320*time.Millisecond), samples, clock, false) - zero; got != 320*time.Millisecond {
			t.Errorf("a source that left 300 ms out is followed to %v", got)
		}
	})
}

// A sender report ties timestamps to the moment of the capture, however much later packets leave.
func TestSenderReportsTellWhenWasCaptured(t *testing.T) {
	o := newOutbound(rtc.Video, "s", "v")
	if o.senderReport(video.Now(), time.Now()) != nil {
		t.Error("a report before anything was sent")
	}
	now := 100 * time.Second
	wall := time.Date(2026, 1, 2, 3, 4, 5, 500e6, time.UTC)
	captured := now - 80*time.Millisecond // encoded and paced for so long
	timestamp := o.timestamp(captured, 90000)
	o.ssrc, o.packets, o.bytes = 7, 3, 3000
	r := o.senderReport(now, wall)
	if r == nil || r.SSRC != 7 || r.PacketCount != 3 || r.OctetCount != 3000 {
		t.Fatalf("%+v", r)
	}
	if d := int32(r.RTPTime - timestamp); d != 7200 {
		t.Errorf("80 ms after its capture a frame's timestamp is %d ticks ago", d)
	}
	if seconds, half := r.NTPTime>>32, r.NTPTime&0xffffffff; seconds != uint64(wall.Unix()+since1900) || half != 1<<31 {
		t.Errorf("NTP time %x", r.NTPTime)
	}
}
