package device

import (
	"time"

	"parley/media/video"
)

// screenRate is what a screen is captured at when nobody says, frames a second.
const screenRate = 30

// ScreenOptions of a Screen.
type ScreenOptions struct {
	Name    string  // a monitor's name from Screens; "" is the whole desktop
	FPS     float64 // frames a second; 0 is 30
	Display string  // X11 display; "" is $DISPLAY
	// HidePointer leaves the mouse pointer out.
	HidePointer bool
}

// Screen captures the desktop or a monitor.
type Screen struct {
	options ScreenOptions
	grabber grabber
	run     runner
	pool    video.Pool
}

// grabber is what a platform offers to take pictures with.
type grabber interface {
	// grab takes a picture, with one reference for the caller.
	grab(*video.Pool) (*video.Frame, error)
	// relocate notices what changed about monitors.
	relocate() error
	close()
}

// NewScreen connects to the desktop. Errors: ErrUnavailable (no desktop, Wayland, a platform without capture), ErrNotFound
// (no such monitor).
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

// Label names the monitor.
func (s *Screen) Label() string {
	if s.options.Name == "" {
		return "Screen"
	}
	return s.options.Name
}

// Start as VideoSource. The source ends with an error when the desktop or the monitor goes away.
func (s *Screen) Start(deliver func(*video.Frame), ended func(error)) error {
	return s.run.start(func(stop <-chan struct{}) error {
		looked := time.Now()
		return pace(stop, 1/s.options.FPS, func(int64) error {
			if time.Since(looked) > time.Second {
				looked = time.Now()
				if err := s.grabber.relocate(); err != nil {
					return err
				}
			}
			f, err := s.grabber.grab(&s.pool)
			if err != nil {
				return err
			}
			deliver(f)
			f.Release()
			return nil
		})
	}, ended)
}

// Close as VideoSource.
func (s *Screen) Close() error {
	s.run.close()
	s.grabber.close()
	return nil
}
