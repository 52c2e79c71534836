package views

import (
	"context"
	"errors"
	"image"
)

// ShareKind says what can be shared.
type ShareKind int

// The kinds.
const (
	ShareMonitor ShareKind = iota
	ShareDesktop           // all monitors together
	ShareWindow
	SharePortal // the desktop asks the person itself
)

// ShareSource is something that can be shared.
type ShareSource struct {
	ID            string
	Kind          ShareKind
	Title         string // the monitor's or window's name; empty: the whole desktop
	Program       string // that a window belongs to
	Icon          image.Image
	Width, Height int  // pixels
	Left, Top     int  // of a monitor on the desktop, pixels
	Minimized     bool // it has no picture now
	Number        int  // of a monitor, from 1; the picker's own
}

// Share is what a person chose to share.
type Share struct {
	Source string // an ID
	Name   string // in words
	// Region is the part of Source that is shared, pixels of the desktop; empty: all of it.
	Region image.Rectangle
	// Motion prefers smooth motion to sharp text.
	Motion bool
}

// ErrNoScreen means that this computer has no screen that can be shared.
var ErrNoScreen = errors.New("no screen to share")

// ShareActions is all a person can do about sharing.
type ShareActions interface {
	ShareSources(ctx context.Context) ([]ShareSource, error)
	// ShareScreen shares, or puts another source in place of the one that is shared.
	ShareScreen(ctx context.Context, s Share) error
	StopSharing(ctx context.Context) error
	// Thumbnails shows small live pictures of at most width × height pixels until it is closed. show is called on other
	// goroutines; nil: the source is gone. It returns at once.
	Thumbnails(width, height int, show func(id string, picture image.Image)) Thumbnails
}

// Thumbnails are live pictures of what can be shared.
type Thumbnails interface {
	Show(ids []string)
	// Close returns when show will not be called any more.
	Close()
}
