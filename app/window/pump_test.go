package window

import (
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/connector/rtc"
	"parley/media/video"
	"parley/views/look"
	"parley/views/widget"
)

// screen is the window's side of a pump: what crosses to it waits until the test runs it.
type screen struct {
	queue chan func()
	tile  *widget.Tile
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.New(look.Dark))
	s := &screen{queue: make(chan func(), 100), tile: widget.NewTile("main", widget.ByImage, false)}
	w := test.NewTempWindow(t, s.tile)
	w.Resize(fyne.NewSize(160, 90))
	return s
}

func (s *screen) do(fn func()) { s.queue <- fn }

// run does what has crossed so far and says how much that was.
func (s *screen) run() (n int) {
	for {
		select {
		case fn := <-s.queue:
			fn()
			n++
		default:
			return n
		}
	}
}

func put(t *fakeTrack) {
	f := video.NewFrame(64, 36)
	video.Black(f)
	t.frames.Put(f)
	f.Release()
}

func TestPumpDrawsAtMostThirtyTimesASecond(t *testing.T) {
	s := newScreen(t)
	synctest.Test(t, func(t *testing.T) {
		p := NewPump(s.do, widget.ByImage)
		track := &fakeTrack{kind: rtc.Video}
		p.Show(s.tile, track)
		draws := 0
		for range 1000 { // one second, a frame a millisecond
			put(track)
			time.Sleep(time.Millisecond)
			synctest.Wait()
			draws += s.run()
		}
		if draws < 25 || draws > 31 {
			t.Errorf("%d draws in a second", draws)
		}
		p.Close()
	})
}

func TestPumpLeavesFramesOutWhileTheWindowIsBusy(t *testing.T) {
	s := newScreen(t)
	synctest.Test(t, func(t *testing.T) {
		p := NewPump(s.do, widget.ByImage)
		track := &fakeTrack{kind: rtc.Video}
		p.Show(s.tile, track)
		for range 20 {
			put(track)
			time.Sleep(50 * time.Millisecond)
		}
		synctest.Wait()
		if n := len(s.queue); n != 1 {
			t.Errorf("%d swaps wait for the window", n)
		}
		s.run()
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		if n := s.run(); n != 1 {
			t.Errorf("after the window is free again: %d swaps, want the newest frame", n)
		}
		p.Close()
	})
}

func TestPumpRestsWithoutFrames(t *testing.T) {
	s := newScreen(t)
	synctest.Test(t, func(t *testing.T) {
		p := NewPump(s.do, widget.ByImage)
		track := &fakeTrack{kind: rtc.Video}
		p.Show(s.tile, track)
		put(track)
		time.Sleep(time.Second)
		synctest.Wait()
		s.run()
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := s.run(); n != 0 {
			t.Errorf("%d draws of a picture that does not change", n)
		}
		p.Close()
	})
}

func TestPumpShowsAnotherTrackAndNothing(t *testing.T) {
	s := newScreen(t)
	synctest.Test(t, func(t *testing.T) {
		p := NewPump(s.do, widget.ByImage)
		first, second := &fakeTrack{kind: rtc.Video}, &fakeTrack{kind: rtc.Video}
		put(first)
		draw := func() int {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			return s.run()
		}
		p.Show(s.tile, first)
		if draw() != 1 {
			t.Error("a picture that was there before is not drawn")
		}
		p.Show(s.tile, first)
		if draw() != 0 {
			t.Error("showing the same track draws again")
		}
		p.Show(s.tile, second)
		put(first)
		if draw() != 0 {
			t.Error("the old track is still drawn")
		}
		if w, _ := s.tile.FrameSize(); w != 0 {
			t.Error("the old track's picture stays")
		}
		put(second)
		if draw() != 1 {
			t.Error("the new track is not drawn")
		}
		put(second)
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		p.Show(s.tile, nil) // a swap is on its way
		s.run()
		if w, _ := s.tile.FrameSize(); w != 0 {
			t.Error("a swap that was on its way brings the picture back")
		}
		p.Close()
	})
}

func TestThumbnailsAreDrawnAtHalfTheRate(t *testing.T) {
	s := newScreen(t)
	s.tile.Thumbnail = true
	synctest.Test(t, func(t *testing.T) {
		p := NewPump(s.do, widget.ByImage)
		track := &fakeTrack{kind: rtc.Video}
		p.Show(s.tile, track)
		draws := 0
		for range 100 { // two seconds
			put(track)
			time.Sleep(20 * time.Millisecond)
			synctest.Wait()
			draws += s.run()
		}
		if draws < 24 || draws > 33 {
			t.Errorf("%d draws in two seconds", draws)
		}
		p.Close()
	})
}
