//go:build linux || freebsd || netbsd || openbsd || darwin || (windows && (amd64 || arm64))

package device

import "parley/media/video"

// capturer is what the systems' own packages offer. Its pictures have 4 bytes a pixel, B, G, R and one unused, and rows
// without padding; nil means that there is none now.
type capturer interface {
	Changed() (bool, error)
	Grab() (pixels []byte, width, height int, err error)
	Relocate() error
	Rest()
	Close()
}

// captureGrabber takes pictures with a capturer.
type captureGrabber struct{ capture capturer }

func (g *captureGrabber) changed() (bool, error) {
	changed, err := g.capture.Changed()
	if err != nil {
		return false, screenError(err)
	}
	return changed, nil
}

func (g *captureGrabber) grab(pool *video.Pool) (*video.Frame, error) {
	at := video.Now()
	pixels, width, height, err := g.capture.Grab()
	if err != nil {
		return nil, screenError(err)
	}
	if pixels == nil {
		return nil, nil
	}
	f := pool.Get(width, height)
	f.Captured = at
	if err := video.FromBGRA(f, pixels, width*4); err != nil {
		f.Release()
		return nil, screenError(err)
	}
	return f, nil
}

func (g *captureGrabber) relocate() error {
	if err := g.capture.Relocate(); err != nil {
		return screenError(err)
	}
	return nil
}

func (g *captureGrabber) rest() { g.capture.Rest() }

func (g *captureGrabber) close() { g.capture.Close() }
