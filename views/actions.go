// Package views is what a person sees: one file a screen. A view shows a model and calls an action; it decides nothing.
//
// Everything here belongs to the window's goroutine. Actions run on goroutines of their own (Env.run); Env.Do brings
// their outcome back.
package views

import (
	"context"
	"fmt"
	"time"

	"parley/connector/rtc"
	"parley/views/widget"
)

// SignIn is what the sign in screen asks for.
type SignIn struct {
	Server   string // host[:port]
	Name     string // shown to others
	Guest    bool
	User     string
	Password string // secret
	Remember bool
}

// Device is a camera, microphone or speaker.
type Device struct{ ID, Name string }

// Devices are those found now.
type Devices struct{ Cameras, Microphones, Speakers []Device }

// Settings that the settings screen shows. An empty device is the system's default; NoDevice is none.
type Settings struct {
	Language   string // "" as the system
	Theme      string // "system", "light", "dark"
	Camera     string
	Microphone string
	Speaker    string
}

// NoDevice stands for "none" in Settings.
const NoDevice = "none"

// Actions is all a person can do. Methods block until the outcome is known or ctx ends; they are never called on the
// window's goroutine. Errors keep their types: the views put them into words (Describe).
type Actions interface {
	Connect(ctx context.Context, s SignIn) error
	Disconnect(ctx context.Context) error
	Dial(ctx context.Context, number string, video bool) error
	HangUp(ctx context.Context) error
	Accept(ctx context.Context, video bool) error
	Decline(ctx context.Context) error
	Busy(ctx context.Context) error
	SetMicrophone(ctx context.Context, on bool) error
	SetCamera(ctx context.Context, on bool) error
	ShareActions
	SendDTMF(ctx context.Context, tones string) error
	// TrustCertificate trusts one certificate for one server from now on.
	TrustCertificate(ctx context.Context, server, fingerprint string) error
	Devices(ctx context.Context) (Devices, error)
	Apply(ctx context.Context, s Settings) error
}

// Pictures connects tiles to what they show. Both methods return at once; showing what is shown already does nothing.
type Pictures interface {
	// Show draws the track's newest frames in the tile; nil draws nothing.
	Show(tile *widget.Tile, track rtc.Track)
	// Drawing is how new tiles draw.
	Drawing() widget.Drawing
}

// CertificateError is a server certificate that is not trusted.
type CertificateError struct {
	Server      string // host:port
	Fingerprint string // SHA-256, hexadecimal pairs with colons
	Subject     string
	NotAfter    time.Time
	// Changed: another certificate was trusted for this server before.
	Changed bool
	Err     error // why the certificate is not trusted of itself
}

func (e *CertificateError) Error() string {
	if e.Changed {
		return fmt.Sprintf("certificate of %s is not the one trusted before", e.Server)
	}
	return fmt.Sprintf("certificate of %s: %v", e.Server, e.Err)
}

func (e *CertificateError) Unwrap() error { return e.Err }
