//go:build !(linux && cgo) && (linux || freebsd || netbsd || openbsd)

package device

import "fmt"

func portalAvailable() error {
	return fmt.Errorf("%w: reading PipeWire is not built in", ErrNoPortal)
}

func newPortalGrabber(ScreenOptions) (grabber, error) { return nil, portalAvailable() }
