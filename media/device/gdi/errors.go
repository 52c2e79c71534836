//go:build windows && (amd64 || arm64)

package gdi

import "errors"

// Errors of Open, Grab and Relocate.
var (
	// ErrNoDesktop means that this session has no desktop to take pictures of (a service, a session that ended).
	ErrNoDesktop = errors.New("no desktop")
	// ErrNoMonitor means that no monitor has the name.
	ErrNoMonitor = errors.New("no such monitor")
	// ErrNoWindow means that there is no such window, or that it was closed.
	ErrNoWindow = errors.New("the window is closed")
	// ErrNoRegion means that the region lies outside of the screen.
	ErrNoRegion = errors.New("the region lies outside of the screen")
)
