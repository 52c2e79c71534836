package quartz

import "errors"

// Errors of Open, Grab and Relocate.
var (
	// ErrNoPermission means that the person has not allowed it: without, the system shows the empty desktop.
	ErrNoPermission = errors.New("allow Parley to record the screen in the system's settings, under privacy and security, and start it again")
)
