package quartz

import "errors"

// Errors of Open, Grab and Relocate.
var (
	// ErrNoDesktop means that this session has no desktop to take pictures of.
	ErrNoDesktop = errors.New("no desktop")
	// ErrNoPermission means that the person has not allowed it: without, the system shows the empty desktop.
	ErrNoPermission = errors.New("allow Parley to record the screen in the system's settings, under privacy and security, and start it again")
	// ErrNoMonitor means that no monitor has the name.
	ErrNoMonitor = errors.New("no such monitor")
	// ErrNoWindow means that there is no such window, or that it was closed.
	ErrNoWindow = errors.New("the window is closed")
	// ErrNoRegion means that the region lies outside of the screen.
	ErrNoRegion = errors.New("the region lies outside of the screen")
)
