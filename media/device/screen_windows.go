//go:build amd64 || arm64

package device

import (
	"fmt"

	"parley/media/device/gdi"
)

func newGrabber(o ScreenOptions) (grabber, error) {
	if o.Portal {
		return nil, fmt.Errorf("screen: %w: only Wayland desktops ask by themselves what is shared", ErrNotFound)
	}
	c, err := gdi.Open(gdi.Options{Monitor: o.Name, Window: o.Window, Region: o.Region, Pointer: !o.HidePointer, Border: o.Border})
	if err != nil {
		return nil, screenError(err)
	}
	return &captureGrabber{&comparer{shooter: c}}, nil
}

// ShareSources lists what can be shared now: monitors, windows, the whole desktop where it has several monitors. Errors:
// ErrUnavailable (there is no desktop).
func ShareSources() ([]ShareSource, error) {
	sources, err := gdi.Sources()
	if err != nil {
		return nil, screenError(err)
	}
	return shareSources(sources), nil
}
