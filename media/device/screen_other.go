//go:build !(linux || freebsd || netbsd || openbsd)

package device

import (
	"fmt"
	"runtime"
)

func newGrabber(ScreenOptions) (grabber, error) {
	return nil, fmt.Errorf("screen: %w: capture on %s is not built in", ErrUnavailable, runtime.GOOS)
}

// ShareSources lists what can be shared: nothing on this platform.
func ShareSources() []ShareSource { return nil }
