//go:build !(linux || freebsd || netbsd || openbsd)

package device

import (
	"fmt"
	"runtime"
)

func newGrabber(ScreenOptions) (grabber, error) {
	return nil, fmt.Errorf("screen: %w: capture on %s is not built in", ErrUnavailable, runtime.GOOS)
}

// Screens lists the monitors that can be captured: none on this platform.
func Screens() []Info { return nil }
