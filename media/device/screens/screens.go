// Package screens holds what the packages of all systems say about a desktop: what can be captured of it, and why it can
// not.
package screens

import (
	"errors"
	"image"
)

// Errors of opening, looking at and taking pictures of a desktop.
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

// MaxWindows is how many windows are believed.
const MaxWindows = 64

// Smallest is the side that a window must have to be shown, in the system's units: codecs take half of the colours.
const Smallest = 2

// Monitor is one that shows a part of the desktop.
type Monitor struct {
	Name    string
	Bounds  image.Rectangle // of the desktop, in the system's units: pixels, or a Mac's points
	Primary bool
}

// Window is a window that can be captured.
type Window struct {
	ID            uint32
	Title         string
	Program       string // as it names itself, or its file's name
	Width, Height int    // in the system's units
	Minimized     bool
	Icon          image.Image // nil: it has none
}

// List is what can be captured.
type List struct {
	Bounds   image.Rectangle // of the whole desktop, from 0, 0
	Monitors []Monitor
	Windows  []Window // topmost first, where the system tells
}
