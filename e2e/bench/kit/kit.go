// Package kit is what the measurements share.
package kit

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/video"
)

// Pause lets time pass in which something is measured.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Percentile is the value below which the part p (0 to 1) of the values lies; zero for none.
func Percentile[T cmp.Ordered](values []T, p float64) T {
	if len(values) == 0 {
		var zero T
		return zero
	}
	values = slices.Sorted(slices.Values(values))
	return values[min(len(values)-1, int(p*float64(len(values))))]
}

// MainVideo shows See every frame of the main remote video, whatever track that is. Its Follow watches a connector.
type MainVideo struct {
	See func(*video.Frame) // in the place of drawing: on the decoder's goroutine

	mu    sync.Mutex
	track rtc.RemoteTrack
}

// Follow takes a new snapshot.
func (m *MainVideo) Follow(s session.Snapshot) {
	track := s.Streams.Main.Video()
	source, ok := track.(interface{ Frames() *video.Outlet })
	if !ok {
		return
	}
	m.mu.Lock()
	known := m.track == track
	m.track = track
	m.mu.Unlock()
	if !known { // the tap ends with the track
		source.Frames().Tap(m.See)
	}
}
