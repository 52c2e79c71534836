package presentation

import "errors"

// The errors of a presentation.
var (
	ErrNoCall   = errors.New("presentation: there is no call")
	ErrStarted  = errors.New("presentation: one is running already")
	ErrNone     = errors.New("presentation: none is running")
	ErrDeclined = errors.New("presentation: declined by the server")
	ErrStopped  = errors.New("presentation: stopped before it had started")
	ErrCallOver = errors.New("presentation: the call ended")
)

// ReinviteError is a presentation whose re-INVITE failed.
type ReinviteError struct{ Err error }

func (e *ReinviteError) Error() string {
	return "presentation: renegotiation failed: " + e.Err.Error()
}

func (e *ReinviteError) Unwrap() error { return e.Err }
