package peer

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/rtc"
	"parley/media/video"
)

// paintDecoder makes a picture of anything, and may take its time.
type paintDecoder struct {
	pool  video.Pool
	takes time.Duration
}

func (d *paintDecoder) Decode([]byte) (*video.Frame, error) {
	time.Sleep(d.takes)
	return d.pool.Get(16, 16), nil
}
func (d *paintDecoder) Close() error { return nil }

// testReceiver is a receiver without goroutine: the test calls step.
func testReceiver() *videoReceiver {
	t := &RemoteTrack{ended: make(chan struct{})}
	v := newVideoReceiver(t, slog.New(slog.DiscardHandler))
	v.codec = func(uint8) string { return "VP8" }
	v.requestKey, v.requestLost = func() {}, func([]uint16) {}
	v.decoder, v.name, v.parts = &paintDecoder{}, "VP8", newDepacketizer("VP8")
	return v
}

// pushFrame gives a frame of one packet that arrived so long ago.
func pushFrame(v *videoReceiver, n int, captured, arrived time.Duration, key bool) {
	p := newPacket()
	p.sequence, p.timestamp, p.marker = int64(n), uint32(captured.Microseconds()*9/100), true
	p.arrived = arrived
	p.payload = append(p.buffer[:0], 0x10, 0x01, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0) // VP8: start of partition 0
	if key {
		p.payload[1] = 0
	}
	v.push(p, len(p.payload)+12, 1, false)
}

// What comes in a burst after a stall is decoded, but only the newest that is due is shown.
func TestLateFramesAreNotShown(t *testing.T) {
	v := testReceiver()
	defer v.letGo()
	const began = 10 * time.Second // so that all times are positive
	shown := 0
	v.track.frames.Tap(func(*video.Frame) { shown++ })
	// 60 frames as they should come, long ago; the last 10 stalled and came together just now.
	for n := range 50 {
		at := video.Now() - time.Duration(60-n)*33*time.Millisecond
		pushFrame(v, n, began+at, at, n == 0)
		v.step()
	}
	before, dropped := shown, v.stats.framesDropped
	for n := 50; n < 60; n++ {
		pushFrame(v, n, began+video.Now()-time.Duration(60-n)*33*time.Millisecond, video.Now(), false)
	}
	for v.step() != never {
		time.Sleep(time.Millisecond)
	}
	if got := shown - before; got < 1 || got > 3 {
		t.Errorf("%d frames of a burst are shown", got)
	}
	if v.stats.framesDecoded != 60 || v.stats.framesDropped-dropped < 7 || v.stats.late < 7 {
		t.Errorf("decoded %d, dropped %d, late %d", v.stats.framesDecoded, v.stats.framesDropped-dropped, v.stats.late)
	}
	if v.stats.framesRendered != uint64(shown) || v.stats.emitted != uint64(shown) {
		t.Errorf("rendered %d, shown %d", v.stats.framesRendered, shown)
	}
}

// Frames that come with jitter are shown evenly.
func TestJitterIsEvenedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := testReceiver()
		defer v.letGo()
		var times []time.Duration
		v.track.frames.Tap(func(f *video.Frame) { times = append(times, f.Captured) })
		const frame = 10 * time.Millisecond
		start := video.Now()
		captured := func(n int) time.Duration { return start + time.Duration(n)*frame }
		for next := 0; len(times) < 500; {
			now := video.Now()
			for {
				arrives := captured(next) + time.Duration(next*7%4)*8*time.Millisecond // 0, 24, 16, 8 ms
				if arrives > now {
					break
				}
				pushFrame(v, next, captured(next), arrives, next == 0)
				next++
			}
			v.step()
			time.Sleep(500 * time.Microsecond)
			if now-start > 10*time.Second {
				t.Fatalf("%d frames shown", len(times))
			}
		}
		uneven := 0
		for i := 301; i < 500; i++ {
			if d := times[i] - times[i-1]; d < frame*8/10 || d > frame*12/10 {
				uneven++
			}
		}
		if uneven > 10 || v.stats.late > 5 {
			t.Errorf("%d of 200 frames follow unevenly, %d were late", uneven, v.stats.late)
		}
	})
}

func TestFreezesAreCounted(t *testing.T) {
	var f freezeMeter
	at := time.Second
	show := func(after time.Duration) { at += after; f.add(at) }
	for range 40 {
		show(33 * time.Millisecond)
	}
	show(183*time.Millisecond - 1) // just below the mean and 150 ms
	if f.count != 0 {
		t.Fatal("a short pause is a freeze")
	}
	for range 40 {
		show(33 * time.Millisecond)
	}
	show(183 * time.Millisecond)
	if f.count != 1 || f.total != 183*time.Millisecond {
		t.Fatalf("%d freezes, %v", f.count, f.total)
	}
	f = freezeMeter{}
	for range 40 {
		show(200 * time.Millisecond) // five frames a second: three times the mean counts
	}
	if show(600*time.Millisecond - 1); f.count != 0 {
		t.Fatal("less than 3 times the mean is a freeze")
	}
	for range 40 {
		show(200 * time.Millisecond)
	}
	if show(600 * time.Millisecond); f.count != 1 || f.total != 600*time.Millisecond {
		t.Fatal("no freeze")
	}
	// Only the last 30 count: after two seconds at 30 frames a second those of five are forgotten.
	for range 60 {
		show(33 * time.Millisecond)
	}
	if show(200 * time.Millisecond); f.count != 2 {
		t.Fatal("frames of long ago count")
	}
}

// The figures of a receiver: no frame for five seconds is no pause yet, more is one, and both are freezes.
func TestFreezesAndPausesOfAReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Second - video.Now()) // the test's clock begins before the media clock
		v := testReceiver()
		defer v.letGo()
		n := 0
		show := func(after time.Duration) {
			time.Sleep(after)
			v.held, v.heldAt = (&video.Pool{}).Get(16, 16), scheduled{arrived: video.Now(), timestamp: uint32(n)}
			n++
			v.show(video.Now())
		}
		for range 30 {
			show(33 * time.Millisecond)
		}
		show(200 * time.Millisecond)
		for range 30 {
			show(33 * time.Millisecond)
		}
		show(5 * time.Second)
		for range 30 {
			show(33 * time.Millisecond)
		}
		show(7 * time.Second)
		in := &rtc.StreamStats{}
		videoStats(in, v, time.Now())
		if in.FreezeCount != 3 || in.FreezesDuration != 12.2 || in.PauseCount != 1 || in.PausesDuration != 7 {
			t.Errorf("%d freezes of %.2f s, %d pauses of %.2f s", in.FreezeCount, in.FreezesDuration, in.PauseCount, in.PausesDuration)
		}
		const first = 33 // ms; nothing was shown before
		if want := 12.2 + 90*0.033 - first/1000.0; in.InterFrameDelay < want-0.001 || in.InterFrameDelay > want+0.001 {
			t.Errorf("%.3f s between frames, want %.3f", in.InterFrameDelay, want)
		}
		if in.FramesRendered != 93 {
			t.Errorf("%d frames rendered", in.FramesRendered)
		}
	})
}

// A decoder that cannot follow is late with every frame; still pictures are seen.
func TestSlowDecoderShowsPictures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := testReceiver()
		defer v.letGo()
		v.decoder = &paintDecoder{takes: 50 * time.Millisecond}
		shown, last, longest := 0, time.Duration(0), time.Duration(0)
		v.track.frames.Tap(func(*video.Frame) {
			if now := video.Now(); shown > 0 {
				longest = max(longest, now-last)
			}
			shown, last = shown+1, video.Now()
		})
		start := video.Now()
		for next := 0; video.Now()-start < 3*time.Second; {
			for ; time.Duration(next)*33*time.Millisecond <= video.Now()-start; next++ {
				at := start + time.Duration(next)*33*time.Millisecond
				pushFrame(v, next, at, at, next == 0)
			}
			if wait := v.step(); wait != 0 {
				time.Sleep(time.Millisecond)
			}
		}
		if shown < 15 || longest > 200*time.Millisecond {
			t.Errorf("%d pictures in 3 s, %v without one", shown, longest)
		}
	})
}
