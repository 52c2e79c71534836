//go:build linux || freebsd || netbsd || openbsd

package device

import (
	"errors"
	"fmt"

	"parley/media/device/x11"
	"parley/media/video"
)

type x11Grabber struct{ capture *x11.Capture }

func newGrabber(o ScreenOptions) (grabber, error) {
	c, err := x11.Open(x11.Options{Display: o.Display, Monitor: o.Name, Pointer: !o.HidePointer})
	if err != nil {
		return nil, screenError(err)
	}
	return &x11Grabber{c}, nil
}

func (g *x11Grabber) grab(pool *video.Pool) (*video.Frame, error) {
	at := video.Now()
	pixels, width, height, err := g.capture.Grab()
	if err != nil {
		return nil, screenError(err)
	}
	f := pool.Get(width, height)
	f.Captured = at
	if err := video.FromBGRA(f, pixels, width*4); err != nil {
		f.Release()
		return nil, screenError(err)
	}
	return f, nil
}

func (g *x11Grabber) relocate() error {
	if err := g.capture.Relocate(); err != nil {
		return screenError(err)
	}
	return nil
}

func (g *x11Grabber) close() { g.capture.Close() }

func screenError(err error) error {
	kind := ErrUnavailable
	if errors.Is(err, x11.ErrNoMonitor) {
		kind = ErrNotFound
	}
	return fmt.Errorf("screen: %w: %w", kind, err)
}

// Screens lists the monitors that can be captured: the whole desktop first, with an empty ID. None without X11.
func Screens() []Info {
	monitors, err := x11.Monitors("")
	if err != nil {
		return nil
	}
	list := []Info{{Name: "Whole desktop", Default: true}}
	for _, m := range monitors {
		list = append(list, Info{ID: m.Name, Name: fmt.Sprintf("%s (%d×%d)", m.Name, m.Width, m.Height)})
	}
	return list
}
