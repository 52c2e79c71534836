//go:build linux || freebsd || netbsd || openbsd || darwin || (windows && (amd64 || arm64))

package device

import (
	"errors"
	"fmt"
	"image"

	"parley/media/device/screens"
)

// screenError puts what a system says behind this package's own errors.
func screenError(err error) error {
	kind := ErrUnavailable
	switch {
	case errors.Is(err, screens.ErrNoMonitor), errors.Is(err, screens.ErrNoRegion):
		kind = ErrNotFound
	case errors.Is(err, screens.ErrNoWindow):
		kind = ErrClosed
	}
	return fmt.Errorf("screen: %w: %w", kind, err)
}

// shareSources of a desktop: its monitors, all of it unless one monitor shows that, its windows.
func shareSources(l screens.List) []ShareSource {
	var list []ShareSource
	for _, m := range l.Monitors {
		list = append(list, ShareSource{Word: "screen:" + m.Name, Kind: ShareMonitor, Title: m.Name, Primary: m.Primary,
			Bounds: m.Bounds})
	}
	if len(list) != 1 || list[0].Bounds != l.Bounds {
		list = append(list, ShareSource{Word: "screen", Kind: ShareDesktop, Bounds: l.Bounds})
	}
	for _, w := range l.Windows {
		list = append(list, ShareSource{Word: WindowWord(w.ID), Kind: ShareWindow, Title: w.Title, Program: w.Program,
			Icon: w.Icon, Bounds: image.Rect(0, 0, w.Width, w.Height), Minimized: w.Minimized})
	}
	return list
}
