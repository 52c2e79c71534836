//go:build linux || freebsd || netbsd || openbsd

package x11

import "errors"

// Errors of Open and Grab.
var (
	// ErrNoDisplay means that there is no X server to take pictures of.
	ErrNoDisplay = errors.New("no X11 display")
	// ErrWayland means that the X server is Wayland's: what it shows to us is black.
	ErrWayland = errors.New("the desktop runs on Wayland, where screens can be captured only through the desktop's portal")
	// ErrNoComposite means that the server keeps no pictures of single windows (the Composite extension is missing).
	ErrNoComposite = errors.New("the display cannot show single windows")

	errDisplayGone = errors.New("x11: the display is gone")
)
