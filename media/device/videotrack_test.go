package device

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/media/video"
)

func TestVideoTrackMuteClosesTheCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int32
		cameras := []*fakeCamera{{open: &open}}
		track, err := NewVideoTrack(cameras[0], func() (VideoSource, error) {
			cameras = append(cameras, &fakeCamera{open: &open})
			return cameras[len(cameras)-1], nil
		}, TrackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		defer track.Frames().Tap(func(*video.Frame) { count++ })()
		for range 31 {
			cameras[0].frame(640, 480)
			time.Sleep(time.Second / 25)
		}
		if s := track.Settings(); s.Width != 640 || s.Height != 480 || math.Abs(s.FrameRate-25) > 0.1 {
			t.Fatalf("settings %+v", s)
		}

		track.SetEnabled(false)
		cameras[0].frame(640, 480) // one that was under way
		if f, _ := track.Frames().Newest(); f != nil || count != 31 {
			t.Fatalf("a picture came out of a muted track (%d)", count)
		}
		synctest.Wait()
		if open.Load() != 0 || track.Enabled() {
			t.Fatal("the camera's light is on while muted")
		}

		track.SetEnabled(true)
		synctest.Wait()
		if open.Load() != 1 || len(cameras) != 2 {
			t.Fatalf("%d cameras open of %d", open.Load(), len(cameras))
		}
		cameras[1].frame(320, 240)
		if s := track.Settings(); s.Width != 320 || count != 32 {
			t.Fatalf("settings %+v, %d frames", s, count)
		}

		track.Stop()
		track.Stop()
		cameras[1].frame(320, 240)
		<-track.Ended()
		<-track.Released()
		if open.Load() != 0 || count != 32 {
			t.Fatalf("after Stop %d open, %d frames", open.Load(), count)
		}
		track.SetEnabled(false) // nothing happens
	})
}

func TestVideoTrackStartsWithTheCameraOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int32
		track, err := NewVideoTrack(nil, func() (VideoSource, error) { return &fakeCamera{open: &open}, nil }, TrackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if track.Enabled() || open.Load() != 0 {
			t.Fatal("opened at once")
		}
		track.SetEnabled(true)
		synctest.Wait()
		if open.Load() != 1 {
			t.Fatal("not opened")
		}
		track.Stop()
		<-track.Released()
		if _, err := NewVideoTrack(nil, nil, TrackOptions{}); err == nil {
			t.Fatal("a track of nothing")
		}
	})
}

func TestUnpluggedCameraFallsBackOrEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int32
		first, second := &fakeCamera{open: &open}, &fakeCamera{open: &open}
		reasons := make(chan error, 2)
		var track *VideoTrack
		track, err := NewVideoTrack(first, nil, TrackOptions{Lost: func(err error) bool {
			reasons <- err
			if len(reasons) == 2 {
				return false
			}
			track.SetSource(second, nil)
			return true
		}})
		if err != nil {
			t.Fatal(err)
		}
		first.ended(errUnplugged)
		synctest.Wait()
		if !errors.Is(<-reasons, ErrUnavailable) || open.Load() != 1 {
			t.Fatal("no fall back")
		}
		reasons <- nil
		second.frame(64, 64)
		if f, _ := track.Frames().Newest(); f == nil {
			t.Fatal("no picture from the other camera")
		} else {
			f.Release()
		}
		first.ended(errUnplugged) // a late word of the old one
		synctest.Wait()
		if open.Load() != 1 {
			t.Fatal("the old camera's end ended the new one")
		}
		second.ended(nil)
		<-track.Ended()
		<-track.Released()
		if f, _ := track.Frames().Newest(); f != nil {
			t.Fatal("a stale picture is left")
		}
	})
}

// fakeCamera is a VideoSource that the test drives.
type fakeCamera struct {
	mu      sync.Mutex
	open    *atomic.Int32
	deliver func(*video.Frame)
	ended   func(error)
}

func (c *fakeCamera) Label() string { return "fake" }

func (c *fakeCamera) Start(deliver func(*video.Frame), ended func(error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deliver, c.ended = deliver, ended
	c.open.Add(1)
	return nil
}

func (c *fakeCamera) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deliver != nil {
		c.deliver = nil
		c.open.Add(-1)
	}
	return nil
}

func (c *fakeCamera) frame(width, height int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deliver != nil {
		f := video.NewFrame(width, height)
		f.Captured = video.Now()
		c.deliver(f)
		f.Release()
	}
}
