package kit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"parley/connector/rtc"
	"parley/connector/session"
	"parley/e2e/bench/kit"
	"parley/media/video"
)

func TestPercentile(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3}
	for p, want := range map[float64]float64{0: 1, 0.5: 3, 0.95: 5, 1: 5} {
		if got := kit.Percentile(values, p); got != want {
			t.Errorf("%v: %v, want %v", p, got, want)
		}
	}
	if values[0] != 5 || kit.Percentile([]time.Duration{}, 0.5) != 0 {
		t.Error("the values were sorted, or none have a percentile")
	}
}

func TestPause(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := kit.Pause(ctx, time.Millisecond); err != nil {
		t.Error(err)
	}
	cancel()
	if err := kit.Pause(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// remote is a track with pictures.
type remote struct {
	rtc.RemoteTrack
	frames video.Outlet
}

func (r *remote) Frames() *video.Outlet { return &r.frames }
func (r *remote) Kind() rtc.Kind        { return rtc.Video }

// Each track is looked at once, however often a snapshot names it.
func TestTheMainVideoIsFollowed(t *testing.T) {
	seen := 0
	follower := &kit.MainVideo{See: func(*video.Frame) { seen++ }}
	first, second := &remote{}, &remote{}
	snapshot := func(r *remote) (s session.Snapshot) {
		s.Streams.Main = &session.Stream{Tracks: []rtc.RemoteTrack{r}}
		return s
	}
	follower.Follow(session.Snapshot{})
	follower.Follow(snapshot(first))
	follower.Follow(snapshot(first))
	first.frames.Put(video.NewFrame(2, 2))
	if seen != 1 {
		t.Errorf("one frame was seen %d times", seen)
	}
	follower.Follow(snapshot(second))
	second.frames.Put(video.NewFrame(2, 2))
	if seen != 2 {
		t.Errorf("the next track: %d frames", seen)
	}
}
