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
	"parley/views/kept"
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

// Settings that the settings screens show. An empty device is the system's default; NoDevice is none.
type Settings = kept.Settings

// NoDevice stands for "none" in Settings.
const NoDevice = kept.NoDevice

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
	// Hold puts the other side on hold, or takes the call back.
	Hold(ctx context.Context, on bool) error
	ShareActions
	SendDTMF(ctx context.Context, tones string) error
	// TryDemo starts a room server inside this program and signs in to it as name; nothing of it is kept. It returns the
	// number of the room to call. Signing out ends it.
	TryDemo(ctx context.Context, name string) (room string, err error)
	// TrustCertificate trusts one certificate for one server from now on.
	TrustCertificate(ctx context.Context, server, fingerprint string) error
	DeviceActions
	// Change edits the settings and keeps them; what can count at once does.
	Change(ctx context.Context, edit func(*Settings)) error
	// Renew connects anew when settings have changed that only a new connection takes; in a call, at its end.
	Renew(ctx context.Context) error
	// Reconnect tries again at once to connect.
	Reconnect(ctx context.Context) error
	// RefuseMicrophone and RefuseCamera answer a moderator who asks to switch it on.
	RefuseMicrophone(ctx context.Context) error
	RefuseCamera(ctx context.Context) error
	// SaveContact adds a contact, or changes the one with the number old.
	SaveContact(ctx context.Context, old string, c Contact) error
	DeleteContact(ctx context.Context, number string) error
	ClearCalls(ctx context.Context) error
	// KeepCredential keeps a TURN server's password in the keyring; empty forgets it.
	KeepCredential(ctx context.Context, url, user, password string) error
	// MoveCredential gives a password that is kept to the server as it is called now. Without a user nobody needs it: it is
	// forgotten.
	MoveCredential(ctx context.Context, from, to kept.ICEServer) error
	// Forget forgets who signed in last, the password included.
	Forget(ctx context.Context) error
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

// AuthorityError is a file of certification authorities that cannot be used.
type AuthorityError struct {
	File string
	Err  error // nil: the file holds no certificate
}

func (e *AuthorityError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("no certificate in %s", e.File)
	}
	return fmt.Sprintf("authorities in %s: %v", e.File, e.Err)
}

func (e *AuthorityError) Unwrap() error { return e.Err }
