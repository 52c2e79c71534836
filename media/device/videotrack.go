package device

import (
	"log/slog"
	"sync"

	"parley/connector/rtc"
	"parley/media/audio"
	"parley/media/video"
)

// TrackOptions of both kinds of track.
type TrackOptions struct {
	ID    string // unique in its stream; "" is "video" or "audio"
	Label string // for people; "" is the source's, or the kind
	// Lost is told that the source ended by itself (device unplugged: the error; end of content: nil) or would not open
	// again. It returns true to keep the track, without content until SetSource or SetEnabled(true); false, or no Lost,
	// ends the track. It may call SetSource. It runs on the track's goroutine.
	Lost func(error) bool
	// Processor, when not nil, improves the sound of a microphone. Files and tones pass unchanged.
	Processor audio.Processor
	Logger    *slog.Logger // nil: slog.Default
}

// VideoTrack is a local picture: camera, screen, file or pattern (rtc.LocalTrack).
//
// All methods return at once and may be called from any goroutine, except from a tap of Frames.
type VideoTrack struct {
	id     string
	keeper keeper[VideoSource]
	frames video.Outlet

	mu       sync.Mutex // held while a frame is put out, so that a mute is exact
	label    string
	mark     *token // of the source that may put frames out
	settings rtc.Settings
	last     *frameTime
	rate     float64 // frames a second of a source that delivers only what is new (a screen); 0: it is measured
}

// frameTime is when the frame before was captured, and the mean distance, seconds.
type frameTime struct{ at, mean float64 }

var _ rtc.LocalTrack = (*VideoTrack)(nil)

// NewVideoTrack starts source and makes a track of it. reopen opens the same device again after the track was disabled;
// when it is nil, the device stays open while disabled. A nil source with a reopen makes a track that is disabled and
// opens its device when it is enabled first.
//
// Errors are the source's: ErrNotFound, ErrUnavailable.
func NewVideoTrack(source VideoSource, reopen func() (VideoSource, error), o TrackOptions) (*VideoTrack, error) {
	t := &VideoTrack{id: orElse(o.ID, "video"), label: orElse(o.Label, "video")}
	lost := func(reason error) bool {
		t.frames.Clear() // nothing stale to look at
		return o.Lost != nil && o.Lost(reason)
	}
	t.keeper = keeper[VideoSource]{lost: lost, release: true, logger: o.Logger, reopen: reopen, start: t.start}
	var first *VideoSource
	if source != nil {
		first = &source
		t.label = orElse(o.Label, source.Label())
	}
	if err := t.keeper.begin(first); err != nil {
		return nil, err
	}
	return t, nil
}

// OpenVideoTrack makes a track of a device word (see OpenVideo). nil without an error: the word is "none".
func OpenVideoTrack(word string, v VideoOptions, o TrackOptions) (*VideoTrack, error) {
	source, err := OpenVideo(word, v)
	if err != nil || source == nil {
		return nil, err
	}
	return NewVideoTrack(source, func() (VideoSource, error) { return OpenVideo(word, v) }, o)
}

func (t *VideoTrack) start(source VideoSource, mark *token) error {
	t.mu.Lock()
	t.mark, t.last, t.rate = mark, nil, 0
	if rated, ok := source.(interface{ Rate() float64 }); ok {
		t.rate = rated.Rate()
	}
	t.mu.Unlock()
	return source.Start(
		func(f *video.Frame) { t.put(f, mark) },
		func(err error) { t.keeper.fail(mark, err) })
}

func (t *VideoTrack) put(f *video.Frame, mark *token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mark != mark || !t.keeper.isEnabled() {
		return
	}
	t.measure(f)
	t.frames.Put(f)
}

// measure keeps Settings true to the frames that come.
func (t *VideoTrack) measure(f *video.Frame) {
	t.settings.Width, t.settings.Height = f.Width, f.Height
	if t.rate > 0 {
		t.settings.FrameRate = t.rate
		return
	}
	at := f.Captured.Seconds()
	if t.last == nil {
		t.last = &frameTime{at: at}
		return
	}
	distance := at - t.last.at
	t.last.at = at
	switch {
	case distance <= 0 || distance > 2:
		return // a gap (a still screen, a stalled camera) is no frame rate
	case t.last.mean == 0:
		t.last.mean = distance
	default:
		t.last.mean += (distance - t.last.mean) / 16
	}
	t.settings.FrameRate = 1 / t.last.mean
}

// Frames is where the pictures come out: Tap for every one, Newest for the own picture.
func (t *VideoTrack) Frames() *video.Outlet { return &t.frames }

// ID as rtc.Track.
func (t *VideoTrack) ID() string { return t.id }

// Kind as rtc.Track.
func (t *VideoTrack) Kind() rtc.Kind { return rtc.Video }

// Label as rtc.Track.
func (t *VideoTrack) Label() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.label
}

// Ended as rtc.Track.
func (t *VideoTrack) Ended() <-chan struct{} { return t.keeper.ended }

// Released is closed when the device was given back, some time after Stop.
func (t *VideoTrack) Released() <-chan struct{} { return t.keeper.done }

// Enabled as rtc.LocalTrack.
func (t *VideoTrack) Enabled() bool { return t.keeper.isEnabled() }

// SetEnabled as rtc.LocalTrack. After SetEnabled(false) returned no frame comes out, and the newest one is forgotten; the
// device is given back in the background.
func (t *VideoTrack) SetEnabled(enabled bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.keeper.setEnabled(enabled) && !enabled {
		t.frames.Clear()
	}
}

// SetSource puts another source, not started yet, behind the track, and another way to open it again. The old source is
// closed first. A disabled track opens neither.
func (t *VideoTrack) SetSource(source VideoSource, reopen func() (VideoSource, error)) {
	t.mu.Lock()
	t.label = source.Label()
	t.mu.Unlock()
	t.keeper.setSource(source, reopen)
}

// Settings as rtc.LocalTrack: size and rate of the frames that came last; zeros before the first.
func (t *VideoTrack) Settings() rtc.Settings {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.settings
}

// Stop as rtc.LocalTrack.
func (t *VideoTrack) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mark = nil
	t.keeper.stop()
	t.frames.Close()
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}
