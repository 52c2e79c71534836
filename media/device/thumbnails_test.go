package device

import (
	"errors"
	"fmt"
	"image"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/media/video"
)

// fakeGrabber is something that can be shared, under the test's control.
type fakeGrabber struct {
	mu        sync.Mutex
	still     bool
	minimised bool
	failed    error
	grabs     int
	rests     int
	closed    bool
}

func (g *fakeGrabber) set(fn func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	fn()
}

func (g *fakeGrabber) changed() (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.still, g.failed
}

func (g *fakeGrabber) grab(pool *video.Pool) (*video.Frame, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.grabs++
	if g.minimised {
		return nil, nil
	}
	f := pool.Get(640, 200)
	video.Black(f)
	return f, nil
}

func (g *fakeGrabber) relocate() error { return nil }
func (g *fakeGrabber) rest()           { g.set(func() { g.rests++ }) }
func (g *fakeGrabber) close()          { g.set(func() { g.closed = true }) }

func (g *fakeGrabber) gone() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

func (g *fakeGrabber) took() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.grabs
}

func TestThumbnailsCostLittleHoweverManyThereAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		grabbers := map[string]*fakeGrabber{}
		var words []string
		for i := range 40 {
			word := fmt.Sprintf("window:0x%x", i+1)
			words = append(words, word)
			grabbers[word] = &fakeGrabber{}
		}
		var mu sync.Mutex
		got := map[string]int{}
		thumbnails := newThumbnails(320, 180, func(word string, picture *image.RGBA) {
			mu.Lock()
			defer mu.Unlock()
			got[word]++
			if size := picture.Rect.Size(); size != image.Pt(320, 100) {
				t.Errorf("%s: %v", word, size)
			}
		}, func(word string) (grabber, error) { return grabbers[word], nil })
		thumbnails.Show(words)
		synctest.Wait()
		total := func() (n int) {
			mu.Lock()
			defer mu.Unlock()
			for _, pictures := range got {
				n += pictures
			}
			return n
		}
		before := total()
		if before != maxThumbnails {
			t.Errorf("%d pictures at once instead of %d", before, maxThumbnails)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if more := total() - before; more < 45 || more > 50 {
			t.Errorf("%d pictures in 10 s, want one every 200 ms", more)
		}
		first := grabbers[words[0]]
		first.set(func() {
			if first.rests != first.grabs {
				t.Errorf("memory kept: %d of %d", first.rests, first.grabs)
			}
		})

		// Few sources: each once a second, and not at all while nothing changes.
		thumbnails.Show(words[:2])
		synctest.Wait()
		if !grabbers[words[2]].gone() || first.gone() {
			t.Error("what is not shown any more must be let go, what is shown must stay")
		}
		grabbers[words[1]].set(func() { grabbers[words[1]].still = true })
		moving, still := first.took(), grabbers[words[1]].took()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := first.took() - moving; n < 8 || n > 10 {
			t.Errorf("%d pictures of one source in 10 s", n)
		}
		if n := grabbers[words[1]].took() - still; n > 0 {
			t.Errorf("%d pictures of a still source", n)
		}
		thumbnails.Close()
		thumbnails.Close()
		if !first.gone() {
			t.Error("left open")
		}
	})
}

func TestThumbnailsTellWhatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		window := &fakeGrabber{}
		var told []string
		thumbnails := newThumbnails(320, 180, func(word string, picture *image.RGBA) {
			told = append(told, fmt.Sprint(word, " ", picture != nil))
		}, func(word string) (grabber, error) {
			if word == "a" {
				return window, nil
			}
			return nil, ErrClosed
		})
		thumbnails.Show([]string{"a", "b"})
		synctest.Wait()
		window.set(func() { window.failed = errors.New("closed") })
		time.Sleep(10 * time.Second)
		synctest.Wait()
		thumbnails.Close()
		if want := "[a true b false a false]"; fmt.Sprint(told) != want || !window.closed {
			t.Errorf("%v instead of %v, closed: %v", told, want, window.closed)
		}
	})
}

func TestScreenTellsAStillPictureSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &fakeGrabber{}
		s := &Screen{options: ScreenOptions{FPS: 20}, grabber: g}
		var frames atomic.Int64
		ended := make(chan error, 1)
		if err := s.Start(func(*video.Frame) { frames.Add(1) }, func(err error) { ended <- err }); err != nil {
			t.Fatal(err)
		}
		count := func(what string, d time.Duration, low, high int64) {
			t.Helper()
			before := frames.Load()
			time.Sleep(d)
			synctest.Wait()
			if n := frames.Load() - before; n < low || n > high {
				t.Errorf("%s: %d frames in %v, want %d to %d", what, n, d, low, high)
			}
		}
		count("moving", 2*time.Second, 39, 41)
		g.set(func() { g.still = true })
		count("just changed", time.Second, 19, 21)
		count("still", 10*time.Second, 9, 11)
		g.set(func() { g.still = false })
		count("moving again", time.Second, 19, 21)
		g.set(func() { g.failed = ErrClosed })
		if err := <-ended; !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		if err := s.Close(); err != nil || !g.closed {
			t.Errorf("%v, closed: %v", err, g.closed)
		}
	})
}

// A window that is minimised has no picture: that is told once, and once that it is back.
func TestAMinimisedWindowIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &fakeGrabber{still: true}
		var mu sync.Mutex
		var told []bool
		s := &Screen{grabber: g, options: ScreenOptions{FPS: 20, Paused: func(paused bool) {
			mu.Lock()
			told = append(told, paused)
			mu.Unlock()
		}}}
		var frames atomic.Int64
		if err := s.Start(func(*video.Frame) { frames.Add(1) }, func(err error) { t.Errorf("ended: %v", err) }); err != nil {
			t.Fatal(err)
		}
		after := func(want ...bool) {
			t.Helper()
			time.Sleep(3 * time.Second)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(told, want) {
				t.Errorf("told %v instead of %v", told, want)
			}
		}
		after()
		g.set(func() { g.minimised = true })
		after(true)
		before := frames.Load()
		after(true)
		if frames.Load() != before {
			t.Error("a picture of a minimised window")
		}
		g.set(func() { g.minimised = false })
		after(true, false)
		if frames.Load() == before {
			t.Error("no picture of a window that is back")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestWordsOfWhatCanBeShared(t *testing.T) {
	t.Setenv("DISPLAY", "")
	for word, want := range map[string]ScreenOptions{
		"screen":                           {},
		"screen:DP-1":                      {Name: "DP-1"},
		"portal":                           {Portal: true},
		"window:0x1400003":                 {Window: 0x1400003},
		"region:640x480+10+20":             {Region: image.Rect(10, 20, 650, 500)},
		RegionWord(image.Rect(1, 2, 3, 4)): {Region: image.Rect(1, 2, 3, 4)},
		WindowWord(77):                     {Window: 77},
	} {
		if o, err := screenOptions(word); err != nil || !reflect.DeepEqual(o, want) || !IsScreenWord(word) {
			t.Errorf("%s: %+v %v", word, o, err)
		}
	}
	for _, word := range []string{"region:", "region:640x480", "region:0x0+0+0", "region:-1x5+0+0", "region:640x480+0+0+9",
		"region:640x480+0+0 x", "region:99999x2+0+0", "window:", "window:0x0", "window:No such title"} {
		if o, err := screenOptions(word); !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %+v %v", word, o, err)
		}
	}
	if IsScreenWord("screenshot.y4m") || IsScreenWord("Windows camera") {
		t.Error("a camera's name or a file is no screen")
	}
}
