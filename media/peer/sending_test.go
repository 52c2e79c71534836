package peer

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/rtc"
	"parley/media/codec"
	"parley/media/video"
)

func TestBandwidthIsDividedByPriority(t *testing.T) {
	all := claims{sound: 40_000, presentation: 1_000_000, camera: 1_000_000}
	for _, c := range []struct {
		available float64
		claims    claims
		want      claims
	}{
		{3_000_000, all, claims{40_000, 1_000_000, 1_960_000}},
		{1_040_000, all, claims{40_000, 800_000, 200_000}}, // the camera keeps a fifth
		{240_000, all, claims{40_000, 136_000, 64_000}},    // and what shows a face
		{100_000, all, claims{40_000, 30_000, 30_000}},
		{30_000, all, claims{30_000, 0, 0}},
		{1_040_000, claims{sound: 40_000, camera: 1}, claims{40_000, 0, 1_000_000}},
		{1_000_000, claims{presentation: 1_000_000}, claims{0, 1_000_000, 0}},
	} {
		if got := divide(c.available, c.claims); got != c.want {
			t.Errorf("%.0f of %+v: %+v, want %+v", c.available, c.claims, got, c.want)
		}
	}
}

func TestEstimateDoesNotRunAway(t *testing.T) {
	var g governor
	// pion's estimate grows for ten minutes while 60 kb/s are sent.
	estimate, got := 1_000_000.0, 0.0
	for range 600 {
		estimate = min(estimate*1.08, maxBitrate)
		got = g.update(estimate, 60_000)
	}
	if got > 1_100_000 {
		t.Errorf("%.0f is believed in", got)
	}
	if got = g.update(200_000, 60_000); got != 200_000 {
		t.Errorf("%.0f after congestion", got)
	}
	// A sender that uses what it is given gets on quickly.
	seconds := 0
	for got < 3_000_000 && seconds < 100 {
		got = g.update(maxBitrate, got)
		seconds++
	}
	if seconds > 10 {
		t.Errorf("%d s to 3 Mb/s", seconds)
	}
}

// slowEncoder takes so long for a pixel, on the clock of the test.
type slowEncoder struct {
	perPixel *atomic.Int64 // picoseconds
}

func (e *slowEncoder) Encode(dst []byte, f *video.Frame, _ bool) ([]byte, bool, error) {
	time.Sleep(time.Duration(int64(f.Width*f.Height) * e.perPixel.Load() / 1000))
	return append(dst, 0x10, 1, 2, 3), true, nil
}
func (e *slowEncoder) SetRate(int, float64) error { return nil }
func (e *slowEncoder) Close() error               { return nil }

// stage is a video sender with an encoder and a clock of the test's.
type stage struct {
	v        *videoSender
	track    *patternTrack
	perPixel atomic.Int64
	budget   atomic.Int64
	broken   atomic.Bool // no encoder opens
	pool     video.Pool
	stop     chan struct{}
}

func newStage(t *testing.T, slot rtc.Slot, e rtc.Encoding) *stage {
	s := &stage{stop: make(chan struct{})}
	s.budget.Store(2_000_000)
	s.track = &patternTrack{fakeTrack: fakeTrack{id: "cam", kind: rtc.Video, enabled: true, ended: make(chan struct{})},
		width: 1280, height: 720, rate: 30}
	s.v = newVideoSender(newOutbound(rtc.Video, "s", "v"), slog.New(slog.DiscardHandler))
	s.v.newEncoder = func(format, codec.VideoConfig) (codec.VideoEncoder, string, error) {
		if s.broken.Load() {
			return nil, "", codec.ErrUnsupported
		}
		return &slowEncoder{perPixel: &s.perPixel}, "slow", nil
	}
	s.v.ready, s.v.budget = func() bool { return true }, func() float64 { return float64(s.budget.Load()) }
	s.v.screen = slot == rtc.SlotPresentation
	if s.v.screen {
		s.v.fixed = bitratePresentation
	}
	s.v.encoding = e
	s.v.setFormat(&format{name: "VP8", kind: rtc.Video, clock: 90000, pt: 96, encode: true})
	go s.v.run()
	if err := s.v.setTrack(s.track); err != nil {
		t.Fatal(err)
	}
	go s.film()
	t.Cleanup(func() { close(s.stop); s.v.close() })
	return s
}

func (s *stage) film() {
	ticker := time.NewTicker(time.Second / 30)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
		}
		f := s.pool.Get(1280, 720)
		s.track.frames.Put(f)
		f.Release()
	}
}

// after so long, what is sent.
func (s *stage) after(d time.Duration) rtc.StreamStats {
	time.Sleep(d)
	var out rtc.StreamStats
	s.v.addStats(&out, time.Now())
	return out
}

// pixels at which encoding 1280×720 takes so long.
func (s *stage) costs(d time.Duration) { s.perPixel.Store(int64(d) * 1000 / (1280 * 720)) }

func TestOverloadIsAnswered(t *testing.T) {
	for _, c := range []struct {
		name  string
		slot  rtc.Slot
		e     rtc.Encoding
		sized bool // the size gives way, else the frame rate
	}{
		{"camera", rtc.SlotMain, rtc.Encoding{}, true},
		{"camera, resolution kept", rtc.SlotMain, rtc.Encoding{DegradationPreference: "maintain-resolution"}, false},
		{"text", rtc.SlotPresentation, rtc.Encoding{ContentHint: "detail"}, false},
		{"film", rtc.SlotPresentation, rtc.Encoding{ContentHint: "motion"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, c.slot, c.e)
				s.costs(10 * time.Millisecond)
				if out := s.after(20 * time.Second); out.QualityLimitation != "none" || out.FrameWidth != 1280 || out.FrameRate < 29 {
					t.Fatalf("without load: %s %dx%d %.0f/s", out.QualityLimitation, out.FrameWidth, out.FrameHeight, out.FrameRate)
				}
				s.costs(50 * time.Millisecond) // more than a frame's time
				out := s.after(20 * time.Second)
				if out.QualityLimitation != "cpu" || (out.FrameWidth < 1280) != c.sized {
					t.Fatalf("with load: %s %dx%d %.0f/s", out.QualityLimitation, out.FrameWidth, out.FrameHeight, out.FrameRate)
				}
				if busy := out.FrameRate * 0.05 * float64(out.FrameWidth*out.FrameHeight) / (1280 * 720); busy > 0.95 {
					t.Errorf("the encoder is still busy for %.0f %% of the time", 100*busy)
				}
				if out.QualityLimitationDurations["cpu"] < 10 {
					t.Errorf("limited by the processor for %.0f s", out.QualityLimitationDurations["cpu"])
				}
				s.costs(5 * time.Millisecond)
				out = s.after(2 * time.Minute)
				if out.QualityLimitation != "none" || out.FrameWidth != 1280 || out.FrameRate < 29 {
					t.Errorf("after the load: %s %dx%d %.0f/s", out.QualityLimitation, out.FrameWidth, out.FrameHeight, out.FrameRate)
				}
			})
		})
	}
}

func TestLittleBandwidthIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, rtc.SlotMain, rtc.Encoding{})
		s.costs(5 * time.Millisecond)
		s.after(10 * time.Second)
		s.budget.Store(150_000)
		if out := s.after(time.Second); out.FrameWidth != 1280 {
			t.Fatal("one second of little bandwidth makes the picture smaller")
		}
		s.budget.Store(100_000)
		out := s.after(20 * time.Second)
		if out.QualityLimitation != "bandwidth" || out.FrameWidth >= 640 || out.ResolutionChanges < 1 || out.TargetBitrate > 100_000 {
			t.Fatalf("%s %d pixels wide, %d changes", out.QualityLimitation, out.FrameWidth, out.ResolutionChanges)
		}
		changes := out.ResolutionChanges
		// It comes and goes every other second: nothing flickers.
		for range 15 {
			s.budget.Store(2_000_000)
			s.after(2 * time.Second)
			s.budget.Store(100_000)
			out = s.after(2 * time.Second)
		}
		if out.ResolutionChanges > changes+2 {
			t.Errorf("%d changes of size in a minute", out.ResolutionChanges-changes)
		}
		s.budget.Store(2_000_000)
		if out = s.after(time.Minute); out.QualityLimitation != "none" || out.FrameWidth != 1280 {
			t.Errorf("bandwidth again: %s %d", out.QualityLimitation, out.FrameWidth)
		}
	})
}

// An encoder that fails is another reason, told as long as nothing is encoded; what is not sent is not limited at all.
func TestOtherReasonsAndNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		s := newStage(t, rtc.SlotMain, rtc.Encoding{})
		s.costs(5 * time.Millisecond)
		limits := func(reason string, after time.Duration, seconds float64) {
			t.Helper()
			out := s.after(after)
			if got := out.QualityLimitationDurations[reason]; out.QualityLimitation != reason || got < seconds-1 || got > seconds+1 {
				t.Fatalf("%s, %s for %.1f s, want %.1f", out.QualityLimitation, reason, got, seconds)
			}
			sum := 0.0
			for _, d := range out.QualityLimitationDurations {
				sum += d
			}
			if all := time.Since(begun).Seconds(); sum < all-0.2 || sum > all {
				t.Errorf("all reasons together for %.1f s of %.1f", sum, all)
			}
		}
		limits("none", 10*time.Second, 10)
		s.broken.Store(true)
		s.v.setFormat(&format{name: "VP8", kind: rtc.Video, clock: 90000, pt: 97, mode: 1, encode: true}) // a new encoder
		limits("other", 10*time.Second, 10)
		s.broken.Store(false)
		limits("none", 10*time.Second, 20)
		s.budget.Store(100_000)
		limits("bandwidth", 20*time.Second, 19)
		if err := s.v.setTrack(nil); err != nil { // the camera is off: nothing is poorer than it could be
			t.Fatal(err)
		}
		limits("none", 30*time.Second, 51)
		if err := s.v.setTrack(s.track); err != nil { // it goes on as it was
			t.Fatal(err)
		}
		limits("bandwidth", 5*time.Second, 24)
	})
}

// pickyEncoder is one for which a size needs so many bits: with fewer it leaves out pictures or makes coarse ones, as it is told.
type pickyEncoder struct {
	needs    *atomic.Int64 // bit/s for 1280×720
	leavesIt bool
	rate     int
	size     int
	n        int
}

func (e *pickyEncoder) Encode(dst []byte, f *video.Frame, _ bool) ([]byte, bool, error) {
	e.n++
	e.size = f.Width * f.Height
	if e.leavesIt && e.quantizer() > 100 && e.n%4 == 0 {
		return nil, false, nil
	}
	return append(dst, 0x10, 1, 2, 3), e.n == 1, nil
}
func (e *pickyEncoder) SetRate(rate int, _ float64) error { e.rate = rate; return nil }
func (e *pickyEncoder) Close() error                      { return nil }

// quantizer is 100 where the bits are just enough.
func (e *pickyEncoder) quantizer() float64 {
	return 100 * float64(e.needs.Load()) * float64(e.size) / (1280 * 720) / float64(max(e.rate, 1))
}

// coarseEncoder tells it.
type coarseEncoder struct{ *pickyEncoder }

func (e coarseEncoder) Quantizer() int { return min(106, int(e.quantizer())) }

// Content that needs more bits than the table says is sent smaller, whether its pictures come out coarse or not at all, and larger
// again when it needs less and gets more.
func TestContentThatNeedsMoreIsSentSmaller(t *testing.T) {
	for name, leaves := range map[string]bool{"coarse": false, "left out": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var needs atomic.Int64
				needs.Store(300_000)
				s := newStage(t, rtc.SlotMain, rtc.Encoding{})
				s.v.newEncoder = func(_ format, c codec.VideoConfig) (codec.VideoEncoder, string, error) {
					e := &pickyEncoder{needs: &needs, leavesIt: leaves, rate: c.Bitrate}
					if leaves {
						return e, "picky", nil
					}
					return coarseEncoder{e}, "picky", nil
				}
				s.budget.Store(600_000)
				if out := s.after(20 * time.Second); out.FrameWidth != 1280 || out.QualityLimitation != "none" {
					t.Fatalf("%d pixels wide, limited by %s", out.FrameWidth, out.QualityLimitation)
				}
				needs.Store(1_500_000)
				out := s.after(6 * time.Second)
				if out.FrameWidth >= 1280 || out.FrameWidth < 640 || out.QualityLimitation != "bandwidth" {
					t.Fatalf("%d pixels wide, limited by %s", out.FrameWidth, out.QualityLimitation)
				}
				// It stays: a size that does not do is tried again after half a minute, after a minute, and so on.
				changes := out.ResolutionChanges
				if out = s.after(5 * time.Minute); out.ResolutionChanges > changes+8 {
					t.Errorf("%d changes of size in five minutes", out.ResolutionChanges-changes)
				}
				needs.Store(100_000)
				s.budget.Store(1_000_000)
				if out = s.after(5 * time.Minute); out.FrameWidth != 1280 || out.QualityLimitation != "none" {
					t.Errorf("simple content: %d pixels wide, limited by %s", out.FrameWidth, out.QualityLimitation)
				}
			})
		})
	}
}

// Content that is fine with less than the table says is sent in the next larger size.
func TestContentThatNeedsLessIsSentLarger(t *testing.T) {
	width := func(needs int64) int {
		var got int
		synctest.Test(t, func(t *testing.T) {
			var n atomic.Int64
			n.Store(needs)
			s := newStage(t, rtc.SlotMain, rtc.Encoding{})
			s.v.newEncoder = func(_ format, c codec.VideoConfig) (codec.VideoEncoder, string, error) {
				return coarseEncoder{&pickyEncoder{needs: &n, rate: c.Bitrate}}, "picky", nil
			}
			s.budget.Store(50_000)
			s.after(10 * time.Second)
			s.budget.Store(300_000)
			got = s.after(30 * time.Second).FrameWidth
		})
		return got
	}
	if plain, rich := width(200_000), width(4_000_000); plain <= rich {
		t.Errorf("%d pixels of width for plain content, %d for rich one", plain, rich)
	}
}

func TestKeyFramesOnDemandAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, rtc.SlotMain, rtc.Encoding{})
		s.costs(time.Millisecond)
		asked := atomic.Int64{}
		s.v.newEncoder = func(format, codec.VideoConfig) (codec.VideoEncoder, string, error) {
			return &keyCounter{asked: &asked}, "", nil
		}
		s.v.setFormat(&format{name: "VP8", kind: rtc.Video, clock: 90000, pt: 97, mode: 1, encode: true}) // a new encoder
		s.after(time.Second)
		before := asked.Load()
		for range 1000 { // a hostile peer, for ten seconds
			s.v.requestKey()
			time.Sleep(10 * time.Millisecond)
		}
		if got := asked.Load() - before; got < 5 || got > 35 {
			t.Errorf("%d key frames in 10 s", got)
		}
	})
}

type keyCounter struct{ asked *atomic.Int64 }

func (e *keyCounter) Encode(dst []byte, _ *video.Frame, force bool) ([]byte, bool, error) {
	if force {
		e.asked.Add(1)
	}
	return append(dst, 0x10, 1), force, nil
}
func (e *keyCounter) SetRate(int, float64) error { return nil }
func (e *keyCounter) Close() error               { return nil }

// A codec whose encoder does not open is replaced by the next one that the peer takes; without one it is tried again.
func TestACodecThatDoesNotOpenIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, rtc.SlotMain, rtc.Encoding{})
		s.costs(time.Millisecond)
		good := format{name: "H264", kind: rtc.Video, clock: 90000, pt: 98, mode: 1, encode: true}
		l := &line{agreed: sendRecv, section: &remoteSection{formats: []format{
			{name: "VP9", kind: rtc.Video, clock: 90000, pt: 97, encode: true}, good}}}
		var tries atomic.Int64
		var all atomic.Bool // nothing opens
		s.v.newEncoder = func(f format, _ codec.VideoConfig) (codec.VideoEncoder, string, error) {
			tries.Add(1)
			if f.name == "VP9" || all.Load() {
				return nil, "", codec.ErrUnsupported
			}
			return &slowEncoder{perPixel: &s.perPixel}, f.name, nil
		}
		s.v.instead = l.doWithout
		told := make(chan string, 10)
		s.v.unopened.tell = func(codec string) { told <- codec }
		first := l.section.formats[0]
		s.v.setFormat(&first)
		before := s.after(100 * time.Millisecond).FramesEncoded
		if out := s.after(time.Second); out.Implementation != "H264" || out.FramesEncoded < before+25 {
			t.Fatalf("%d frames of %q after %d tries", out.FramesEncoded-before, out.Implementation, tries.Load())
		}
		if f := l.sendFormat(); f == nil || f.pt != good.pt {
			t.Errorf("statistics would tell of %+v", f)
		}
		if len(told) > 0 {
			t.Errorf("%s was replaced, and is told of all the same", <-told)
		}
		all.Store(true)
		s.v.setFormat(&format{name: "H264", kind: rtc.Video, clock: 90000, pt: 98, mode: 0, encode: true}) // a new encoder
		earlier := tries.Load()
		s.after(10 * time.Second)
		if n := tries.Load() - earlier; n < 5 || n > 25 {
			t.Errorf("%d tries in 10 s when nothing opens", n)
		}
		if got := <-told; got != "H264" || len(told) > 0 {
			t.Errorf("told of %s, and %d times more", got, len(told))
		}
		all.Store(false)
		before = s.after(3 * time.Second).FramesEncoded
		if out := s.after(time.Second); out.FramesEncoded < before+25 {
			t.Errorf("%d frames after it opens again", out.FramesEncoded-before)
		}
	})
}
