// Package device holds the sources of sound and picture: cameras, screens, microphones, files and synthetic ones, behind
// two small interfaces, and the local tracks that connector and peer share.
package device

import (
	"errors"
	"fmt"

	"parley/media/video"
)

// ErrNotFound means that no device has the name.
var ErrNotFound = errors.New("no such device")

// ErrUnavailable means that the device is there but cannot be used (busy, no permission, no display).
var ErrUnavailable = errors.New("device unavailable")

// Errors of what is shared.
var (
	// ErrClosed means that the shared window was closed, or that sharing was ended on the desktop.
	ErrClosed = errors.New("the window was closed")
	// ErrCancelled means that the person chose nothing in the desktop's own dialogue.
	ErrCancelled = errors.New("nothing was chosen")
	// ErrNoPortal means that this Wayland desktop cannot be captured: without its portal all is black.
	ErrNoPortal = fmt.Errorf("%w: the desktop runs on Wayland and offers no way to share the screen", ErrUnavailable)
	// ErrNoCapture means that this build cannot capture this system's screens.
	ErrNoCapture = fmt.Errorf("%w: capturing the screen is not built in for this system", ErrUnavailable)
)

// VideoSource delivers pictures. Start and Close may be called once each.
type VideoSource interface {
	// Label names the source for people.
	Label() string
	// Start begins capture. deliver is called for each frame on a goroutine of the source and must return within a frame
	// time; it may read the frame until it returns and retains it to keep it. ended is called at most once, when the source
	// ends by itself (nil: end of content; else why).
	Start(deliver func(*video.Frame), ended func(error)) error
	// Close ends capture and waits until deliver will not be called again.
	Close() error
}

// AudioFrame constants: sources deliver 10 ms of 48 kHz interleaved 16-bit PCM.
const (
	SampleRate   = 48000 // Hz
	FrameSamples = 480   // samples a channel in 10 ms
)

// AudioSource delivers sound in 10 ms frames.
type AudioSource interface {
	Label() string
	Channels() int // 1 or 2
	// Start begins capture; deliver gets FrameSamples × Channels values, valid until it returns.
	Start(deliver func(pcm []int16), ended func(error)) error
	Close() error
}
