package views

import (
	"context"

	"parley/connector/rtc"
)

// Device is a camera, microphone or speaker. ID is what Settings keep: its name, where that tells it from the others.
type Device struct {
	ID, Name string
	Default  bool // the system's choice
}

// Devices are those found now.
type Devices struct{ Cameras, Microphones, Speakers []Device }

// DeviceActions is all a person can do about devices.
type DeviceActions interface {
	Devices(ctx context.Context) (Devices, error)
	// WatchDevices calls changed, on other goroutines, after devices came or went, until it is cancelled. It returns at
	// once.
	WatchDevices(changed func()) (cancel func())
	// Preview opens a camera and a microphone to be looked at and listened to; names as in Settings.
	Preview(ctx context.Context, camera, microphone string) *Preview
	// MicrophoneLevel is how loud the microphone of the call is, 0 to 1; 0 where there is none.
	MicrophoneLevel() float64
	// TestSound plays a short sound on a speaker and returns when it is over.
	TestSound(ctx context.Context, speaker string, volume int) error
}

// Preview is the own picture and voice while there is no call.
type Preview struct {
	Camera rtc.Track // nil: there is none
	// Level is how loud the microphone is, 0 to 1; nil: there is none. From any goroutine.
	Level func() float64
	// CameraErr and MicrophoneErr say why one that is wanted is not there.
	CameraErr, MicrophoneErr error
	// Close gives the devices back and waits until they are.
	Close func()
}
