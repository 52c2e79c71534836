//go:build amd64 || arm64

package device

import (
	"errors"
	"fmt"
	"image"

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
	return &captureGrabber{&comparer{shooter: c}, screenError}, nil
}

func screenError(err error) error {
	kind := ErrUnavailable
	switch {
	case errors.Is(err, gdi.ErrNoMonitor), errors.Is(err, gdi.ErrNoRegion):
		kind = ErrNotFound
	case errors.Is(err, gdi.ErrNoWindow):
		kind = ErrClosed
	}
	return fmt.Errorf("screen: %w: %w", kind, err)
}

// ShareSources lists what can be shared now: monitors, windows, the whole desktop where it has several monitors. Errors:
// ErrUnavailable (there is no desktop).
func ShareSources() ([]ShareSource, error) {
	sources, err := gdi.Sources()
	if err != nil {
		return nil, screenError(err)
	}
	var list []ShareSource
	for _, m := range sources.Monitors {
		list = append(list, ShareSource{Word: "screen:" + m.Name, Kind: ShareMonitor, Title: m.Name, Primary: m.Primary, Bounds: m.Bounds})
	}
	if len(list) != 1 {
		list = append(list, ShareSource{Word: "screen", Kind: ShareDesktop, Bounds: image.Rect(0, 0, sources.Width, sources.Height)})
	}
	for _, w := range sources.Windows {
		list = append(list, ShareSource{Word: WindowWord(w.ID), Kind: ShareWindow, Title: w.Title, Program: w.Program,
			Icon: w.Icon, Bounds: image.Rect(0, 0, w.Width, w.Height), Minimized: w.Minimized})
	}
	return list, nil
}
