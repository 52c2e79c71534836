package device

import (
	"fmt"
	"image"
	"time"

	"parley/media/video"
)

// screenRate is what a screen is captured at when nobody says, frames a second.
const screenRate = 30

// A still screen is told again at the full rate for screenSettle after its last change, so that the encoder can sharpen
// it, and then every screenRest, so that nobody takes it for a broken stream.
const (
	screenSettle = time.Second
	screenRest   = time.Second
)

// ScreenOptions of a Screen. At most one of Name, Window and Region is set; without any it is the whole desktop.
type ScreenOptions struct {
	Name    string          // a monitor's
	Window  uint32          // a window's number
	Region  image.Rectangle // pixels of the desktop
	Portal  bool            // the desktop asks the person (Wayland)
	Title   string          // for people; "" is made up
	FPS     float64         // frames a second; 0 is 30
	Display string          // X11 display; "" is $DISPLAY
	// Border draws a frame on the desktop around a window or region while it is captured.
	Border bool
	// HidePointer leaves the mouse pointer out.
	HidePointer bool
	// Paused, when not nil, is told when there is no picture to take although nothing is wrong (a minimised window), and
	// when there is one again. On the source's goroutine; must not call the source.
	Paused func(paused bool)
}

// Screen captures the desktop, a monitor, a region or a window.
type Screen struct {
	options ScreenOptions
	grabber grabber
	run     runner
	pool    video.Pool
}

// grabber is what a platform offers to take pictures with.
type grabber interface {
	// changed tells whether there is anything new since the last grab; true when the platform cannot tell.
	changed() (bool, error)
	// grab takes a picture, with one reference for the caller; nil when there is none now (a minimised window).
	grab(*video.Pool) (*video.Frame, error)
	// relocate notices what changed about monitors.
	relocate() error
	// rest gives memory back until the next grab.
	rest()
	close()
}

// NewScreen connects to the desktop. Errors: ErrUnavailable (no desktop, Wayland, a platform without capture), ErrNotFound
// (no such monitor), ErrClosed (the window was closed).
func NewScreen(o ScreenOptions) (*Screen, error) {
	if !(o.FPS > 0 && o.FPS <= 240) {
		o.FPS = screenRate
	}
	g, err := newGrabber(o)
	if err != nil {
		return nil, err
	}
	return &Screen{options: o, grabber: g}, nil
}

// Label names what is captured.
func (s *Screen) Label() string {
	o := s.options
	switch {
	case o.Title != "":
		return o.Title
	case o.Name != "":
		return o.Name
	case o.Window != 0:
		return fmt.Sprintf("Window %#x", o.Window)
	case !o.Region.Empty():
		return fmt.Sprintf("Region of %d×%d", o.Region.Dx(), o.Region.Dy())
	}
	return "Screen"
}

// Rate is how many frames a second come while something changes.
func (s *Screen) Rate() float64 { return s.options.FPS }

// Start as VideoSource. The source ends with an error when the desktop or the monitor goes away, with ErrClosed when the
// window is closed.
func (s *Screen) Start(deliver func(*video.Frame), ended func(error)) error {
	return s.run.start(func(stop <-chan struct{}) error {
		now := time.Now()
		w := screenWatch{screen: s, deliver: deliver, looked: now, changed: now}
		return pace(stop, 1/s.options.FPS, func(int64) error { return w.look(time.Now()) })
	}, ended)
}

// screenWatch is what the source's goroutine knows of the screen.
type screenWatch struct {
	screen    *Screen
	deliver   func(*video.Frame)
	looked    time.Time // for monitors that moved
	changed   time.Time // when the picture did last
	delivered time.Time
	paused    bool
}

// look delivers a picture when there is something new, and now and then when there is not.
func (w *screenWatch) look(now time.Time) error {
	s := w.screen
	if now.Sub(w.looked) > time.Second {
		w.looked = now
		if err := s.grabber.relocate(); err != nil {
			return err
		}
	}
	changed, err := s.grabber.changed()
	if err != nil {
		return err
	}
	if changed {
		w.changed = now
	} else if now.Sub(w.changed) > screenSettle && now.Sub(w.delivered) < screenRest {
		return nil
	}
	f, err := s.grabber.grab(&s.pool)
	if err != nil {
		return err
	}
	w.pause(f == nil)
	if f == nil {
		return nil
	}
	w.delivered = now
	w.deliver(f)
	f.Release()
	return nil
}

// pause tells when a window loses its picture, and when it has one again.
func (w *screenWatch) pause(paused bool) {
	if paused == w.paused {
		return
	}
	w.paused = paused
	if told := w.screen.options.Paused; told != nil {
		told(paused)
	}
}

// Close as VideoSource.
func (s *Screen) Close() error {
	s.run.close()
	s.grabber.close()
	return nil
}
