//go:build linux && cgo

package device

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/media/device/pipewire"
	"parley/media/device/portal"
	"parley/media/video"
)

// portalPatience bounds how long a person may think in the desktop's dialogue.
const portalPatience = 5 * time.Minute

// portalAvailable says why a Wayland desktop cannot be captured: ErrNoPortal, or nil.
func portalAvailable() error {
	if err := pipewire.Available(); err != nil {
		return fmt.Errorf("%w: %w", ErrNoPortal, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := portal.Available(ctx, ""); err != nil {
		return fmt.Errorf("%w: %w", ErrNoPortal, err)
	}
	return nil
}

// portalGrabber takes pictures of what a person chose in the desktop's dialogue.
type portalGrabber struct {
	session *portal.Session
	stream  *pipewire.Stream
}

// newPortalGrabber shows the dialogue and waits for the choice. Errors: ErrNoPortal, ErrCancelled, ErrUnavailable.
func newPortalGrabber(o ScreenOptions) (grabber, error) {
	if err := portalAvailable(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), portalPatience)
	defer cancel()
	session, err := portal.Open(ctx, portal.Options{Pointer: !o.HidePointer})
	if err != nil {
		return nil, portalError(err)
	}
	socket, err := session.Remote(ctx)
	if err == nil {
		var stream *pipewire.Stream
		if stream, err = pipewire.Open(socket, session.Node); err == nil {
			return &portalGrabber{session, stream}, nil
		}
	}
	session.Close()
	return nil, portalError(err)
}

func portalError(err error) error {
	kind := ErrUnavailable
	switch {
	case errors.Is(err, portal.ErrCancelled), errors.Is(err, context.DeadlineExceeded):
		kind = ErrCancelled
	case errors.Is(err, portal.ErrMissing), errors.Is(err, pipewire.ErrMissing):
		kind = ErrNoPortal
	case errors.Is(err, pipewire.ErrEnded):
		kind = ErrClosed
	}
	return fmt.Errorf("screen: %w: %w", kind, err)
}

func (g *portalGrabber) changed() (bool, error) {
	select {
	case <-g.session.Closed():
		return false, fmt.Errorf("screen: %w: sharing was ended on the desktop", ErrClosed)
	default:
	}
	changed, err := g.stream.Changed()
	if err != nil {
		return false, portalError(err)
	}
	return changed, nil
}

// grab gives nil before the first picture came: a black one would be sent otherwise.
func (g *portalGrabber) grab(pool *video.Pool) (*video.Frame, error) {
	at := video.Now()
	pixels, width, height := g.stream.Take()
	if pixels == nil {
		return nil, nil
	}
	f := pool.Get(width, height)
	f.Captured = at
	if err := video.FromBGRA(f, pixels, width*4); err != nil {
		f.Release()
		return nil, fmt.Errorf("screen: %w: %w", ErrUnavailable, err)
	}
	return f, nil
}

func (g *portalGrabber) relocate() error { return nil }
func (g *portalGrabber) rest()           {}

func (g *portalGrabber) close() {
	g.stream.Close()
	g.session.Close()
}
