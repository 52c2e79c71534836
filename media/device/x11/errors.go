//go:build linux || freebsd || netbsd || openbsd

package x11

import "errors"

// Errors of Open and Grab.
var (
	// ErrNoDisplay means that there is no X server to take pictures of.
	ErrNoDisplay = errors.New("no X11 display")
	// ErrWayland means that the X server is Wayland's: what it shows to us is black.
	ErrWayland = errors.New("the desktop runs on Wayland, where screens can be captured only through the desktop's portal")
	// ErrNoMonitor means that no monitor has the name.
	ErrNoMonitor = errors.New("no such monitor")
	// ErrNoWindow means that there is no such window, or that it was closed.
	ErrNoWindow = errors.New("the window is closed")
	// ErrNoRegion means that the region lies outside of the screen.
	ErrNoRegion = errors.New("the region lies outside of the screen")
	// ErrNoComposite means that the server keeps no pictures of single windows (the Composite extension is missing).
	ErrNoComposite = errors.New("the display cannot show single windows")

	errDisplayGone = errors.New("x11: the display is gone")
)
