package scenarios

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"parley/connector/rtc"
	"parley/media/device"
	"parley/media/device/stamp"
	"parley/media/video"
)

// colour is a test picture's order of bars, by which its sender is known.
type colour int

// The colours in use. A bot's picture is its hue's: bot-1 is red to the eye of nobody, but has the order 0.
const (
	botColour  colour = 0
	annColour  colour = 1
	benColour  colour = 2
	cleoColour colour = 3
	slides     colour = 4 // what is presented
	desktop    colour = 5
	film       colour = 6
	noColour   colour = -1
)

// bars are the luma and chroma of the test picture's seven bars (media/device, BT.601).
var bars = [7][3]float64{{180, 128, 128}, {162, 44, 142}, {131, 156, 44}, {112, 72, 58}, {84, 184, 198}, {65, 100, 212}, {35, 212, 114}}

// likeness is the mean difference a bar's luma and chroma below which a picture is recognised.
const likeness = 14

// recognise tells whose picture a frame is: the bars' order that it is most like.
func recognise(f *video.Frame) colour {
	if f.Width < 64 || f.Height < 36 {
		return noColour
	}
	best, least := noColour, math.Inf(1)
	for k := range bars {
		sum := 0.0
		for i := range bars {
			x, y := f.Width*(2*i+1)/14, f.Height/7 // below the stamp; the ball hides one bar at most
			want := bars[(i+k)%7]
			sum += math.Abs(float64(f.Y[y*f.StrideY+x])-want[0]) + math.Abs(float64(f.U[y/2*f.StrideUV+x/2])-want[1]) +
				math.Abs(float64(f.V[y/2*f.StrideUV+x/2])-want[2])
		}
		if sum < least {
			best, least = colour(k), sum
		}
	}
	if least/float64(3*len(bars)) > likeness {
		return noColour
	}
	return best
}

// newCamera is a track that sends a moving picture of a colour, with the moment of every frame in it.
func newCamera(t *testing.T, c colour, width, height int) *device.VideoTrack {
	t.Helper()
	open := func() (device.VideoSource, error) {
		return device.NewPattern(device.PatternOptions{Width: width, Height: height, FPS: 12, Stamp: true, Hue: 37 * int(c)})
	}
	source, err := open()
	if err != nil {
		t.Fatal(err)
	}
	track, err := device.NewVideoTrack(source, open, device.TrackOptions{ID: fmt.Sprintf("colour-%d", c)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { release(track) })
	return track
}

// release stops a track and waits until its device is given back.
func release(track interface {
	Stop()
	Released() <-chan struct{}
}) {
	track.Stop()
	<-track.Released()
}

// sight is one decoded frame that was shown.
type sight struct {
	what          colour
	track, stream string
	width, height int
	made          time.Time // zero when its stamp could not be read
}

// viewer looks at every frame of a stream's video track and keeps the newest.
type viewer struct {
	mu      sync.Mutex
	track   rtc.RemoteTrack
	cancel  func()
	newest  sight
	count   int
	changed chan struct{}
}

func newViewer() *viewer { return &viewer{changed: make(chan struct{})} }

// show looks at another track from now on; nil looks at nothing.
func (v *viewer) show(track rtc.RemoteTrack) {
	v.mu.Lock()
	if v.track == track {
		v.mu.Unlock()
		return
	}
	cancel := v.cancel
	v.track, v.cancel = track, nil
	v.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	source, ok := track.(interface{ Frames() *video.Outlet })
	if !ok {
		return
	}
	cancel = source.Frames().Tap(func(f *video.Frame) { v.see(track, f) })
	v.mu.Lock()
	v.cancel = cancel
	v.mu.Unlock()
}

func (v *viewer) see(track rtc.RemoteTrack, f *video.Frame) {
	s := sight{what: recognise(f), track: track.ID(), stream: track.StreamID(), width: f.Width, height: f.Height}
	s.made, _ = stamp.Read(f)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.track != track {
		return
	}
	v.newest = s
	v.count++
	close(v.changed)
	v.changed = make(chan struct{})
}

// until waits for a frame that satisfies ok.
func (v *viewer) until(ctx context.Context, ok func(sight) bool) (sight, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for seen := -1; ; {
		v.mu.Lock()
		s, count, changed := v.newest, v.count, v.changed
		v.mu.Unlock()
		if count > 0 && count != seen && ok(s) {
			return s, nil
		}
		seen = count
		select {
		case <-changed:
		case <-ctx.Done():
			return s, fmt.Errorf("the newest of %d pictures is %+v", count, s)
		}
	}
}
