//go:build linux || freebsd || netbsd || openbsd

package device

import (
	"errors"
	"fmt"
	"image"

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
	return &captureGrabber{c, screenError}, nil
}

func screenError(err error) error {
	kind := ErrUnavailable
	switch {
	case errors.Is(err, x11.ErrNoMonitor), errors.Is(err, x11.ErrNoRegion):
		kind = ErrNotFound
	case errors.Is(err, x11.ErrNoWindow):
		kind = ErrClosed
	}
	return fmt.Errorf("screen: %w: %w", kind, err)
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
	whole := image.Rect(0, 0, sources.Width, sources.Height)
	var list []ShareSource
	for _, m := range sources.Monitors {
		list = append(list, ShareSource{Word: "screen:" + m.Name, Kind: ShareMonitor, Title: m.Name, Primary: m.Primary,
			Bounds: image.Rect(m.X, m.Y, m.X+m.Width, m.Y+m.Height)})
	}
	if len(list) != 1 || list[0].Bounds != whole {
		list = append(list, ShareSource{Word: "screen", Kind: ShareDesktop, Bounds: whole})
	}
	for _, w := range sources.Windows {
		list = append(list, ShareSource{Word: WindowWord(w.ID), Kind: ShareWindow, Title: w.Title, Program: w.Class,
			Icon: w.Icon, Bounds: image.Rect(0, 0, w.Width, w.Height), Minimized: w.Minimized})
	}
	return list, nil
}
