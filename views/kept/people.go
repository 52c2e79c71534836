package kept

import "time"

// Recent is one entry of the call history.
type Recent struct {
	Number   string
	Name     string
	Incoming bool
	Answered bool
	Declined bool // by this side
	Begun    time.Time
	Length   time.Duration
}

// Contact is somebody a person calls.
type Contact struct {
	Name   string
	Number string
}
