//go:build linux || freebsd || netbsd || openbsd

package device

import (
	"errors"

	"parley/media/device/x11"
)

func newGrabber(o ScreenOptions) (grabber, error) {
	if o.Portal {
		return newPortalGrabber(o)
	}
	c, err := x11.Open(x11.Options{Display: o.Display, Monitor: o.Name, Window: o.Window, Region: o.Region,
		Pointer: !o.HidePointer, Border: o.Border})
	if errors.Is(err, x11.ErrWayland) && o.Window == 0 && o.Region.Empty() {
		return newPortalGrabber(o) // the person chooses the monitor there
	}
	if err != nil {
		return nil, screenError(err)
	}
	return &captureGrabber{c}, nil
}

// ShareSources lists what can be shared now: monitors, windows, the whole desktop where it has several monitors; under
// Wayland the desktop's own dialogue. Errors: ErrUnavailable (there is no desktop), ErrNoPortal.
func ShareSources() ([]ShareSource, error) {
	sources, err := x11.Sources("")
	if errors.Is(err, x11.ErrWayland) {
		if err := portalAvailable(); err != nil {
			return nil, err
		}
		return []ShareSource{{Word: "portal", Kind: SharePortal}}, nil
	}
	if err != nil {
		return nil, screenError(err)
	}
	return shareSources(sources), nil
}
