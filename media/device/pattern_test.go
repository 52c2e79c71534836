package device

import (
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"parley/media/device/stamp"
	"parley/media/video"
)

func TestPatternIsPacedWithoutDriftAndStamped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := NewPattern(PatternOptions{Width: 320, Height: 180, FPS: 29.97, Text: "Тест", Stamp: true})
		if err != nil {
			t.Fatal(err)
		}
		frames := 0
		err = p.Start(func(f *video.Frame) {
			frames++
			at, ok := stamp.Read(f)
			if !ok || time.Since(at) > time.Millisecond {
				t.Errorf("frame %d: stamp %v %v", frames, at, ok)
			}
		}, func(err error) { t.Errorf("ended: %v", err) })
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Second)
		synctest.Wait()
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if frames != 2998 { // 2997 distances in 100 s, and the first one
			t.Fatalf("%d frames in 100 s", frames)
		}
		if err := p.Start(nil, nil); !errors.Is(err, errState) {
			t.Fatalf("started again: %v", err)
		}
	})
}

func TestPatternMoves(t *testing.T) {
	p, err := NewPattern(PatternOptions{Width: 64, Height: 48, FPS: 10})
	if err != nil {
		t.Fatal(err)
	}
	a, b := video.NewFrame(64, 48), video.NewFrame(64, 48)
	p.draw(a, 0)
	p.draw(b, 5)
	same := 0
	for i := range a.Y {
		if a.Y[i] == b.Y[i] {
			same++
		}
	}
	if same == len(a.Y) || same < len(a.Y)/2 {
		t.Fatalf("%d of %d pixels stayed", same, len(a.Y))
	}
	for _, o := range []PatternOptions{{Width: 3, Height: 3}, {Width: 99999, Height: 20}, {Width: 64, Height: 64, FPS: -1},
		{Width: 64, Height: 64, FPS: math.NaN()}} {
		if _, err := NewPattern(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

func TestSourceSkipsAfterASuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		calls, done := 0, make(chan error)
		go func() {
			done <- pace(stop, 0.01, func(n int64) error {
				if calls++; calls == 10 {
					time.Sleep(10 * time.Second) // the machine slept
				}
				return nil
			})
		}()
		time.Sleep(11 * time.Second)
		close(stop)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if calls < 95 || calls > 115 { // 10 before, about 91 after, not a thousand caught up
			t.Fatalf("%d calls", calls)
		}
	})
}
