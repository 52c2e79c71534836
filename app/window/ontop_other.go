//go:build !linux && !freebsd && !openbsd && !netbsd && !windows && !darwin

package window

import "fyne.io/fyne/v2"

// keepOnTop does nothing here: the window is one like any other.
func keepOnTop(fyne.Window) error { return nil }
