package device

import (
	"fmt"

	"parley/media/device/quartz"
)

// newGrabber draws no frame around what is captured: the Mac shows in its menu bar that the screen is recorded.
func newGrabber(o ScreenOptions) (grabber, error) {
	if o.Portal {
		return nil, fmt.Errorf("screen: %w: only Wayland desktops ask by themselves what is shared", ErrNotFound)
	}
	c, err := quartz.Open(quartz.Options{Monitor: o.Name, Window: o.Window, Region: o.Region, Pointer: !o.HidePointer})
	if err != nil {
		return nil, screenError(err)
	}
	return &captureGrabber{&comparer{shooter: c}}, nil
}

// ShareSources lists what can be shared now: monitors, windows, the whole desktop where it has several monitors. Errors:
// ErrUnavailable (there is no desktop, or the person has not allowed it).
func ShareSources() ([]ShareSource, error) {
	sources, err := quartz.Sources()
	if err != nil {
		return nil, screenError(err)
	}
	return shareSources(sources), nil
}
