//go:build !(linux || freebsd || netbsd || openbsd || darwin || (windows && (amd64 || arm64)))

package device

import (
	"fmt"
	"runtime"
)

func newGrabber(ScreenOptions) (grabber, error) {
	return nil, fmt.Errorf("screen: %w: %s", ErrNoCapture, runtime.GOOS)
}

// ShareSources lists what can be shared: nothing on this platform (ErrNoCapture).
func ShareSources() ([]ShareSource, error) {
	return nil, fmt.Errorf("screen: %w: %s", ErrNoCapture, runtime.GOOS)
}
