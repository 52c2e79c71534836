package call

import (
	"context"
	"errors"
	"fmt"

	"parley/connector/signal"
)

// The errors of a call that never reached the wire.
var (
	ErrActive = errors.New("call: a call is active already")
	ErrNone   = errors.New("call: there is no call")
	// ErrNotNegotiated is returned with the peer's refusal when the devices were replaced all the same.
	ErrNotNegotiated = errors.New("call: replaced, but not negotiated")
	ErrNoNumber      = errors.New("call: no number to call")
	ErrNotIncoming   = errors.New("call: no incoming call to answer")
)

// Error is a call that failed or ended.
type Error struct {
	Originator signal.Originator `json:"originator"`
	Cause      signal.Cause      `json:"cause"`
	StatusCode int               `json:"statusCode,omitempty"`
	Reason     string            `json:"reason,omitempty"`
	Err        error             `json:"-"`
}

func (e *Error) Error() string {
	text := fmt.Sprintf("call: %s (%s)", e.Cause, e.Originator)
	if e.StatusCode != 0 {
		text = fmt.Sprintf("call: %d %s (%s, %s)", e.StatusCode, e.Reason, e.Cause, e.Originator)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

func errorOf(end signal.End) *Error {
	return &Error{Originator: end.Originator, Cause: end.Cause, StatusCode: end.StatusCode, Reason: end.Reason}
}

// Canceled tells whether a call ended by a person's wish: cancelled here, hung up here, or not taken there.
func Canceled(err error) bool {
	if errors.Is(err, context.Canceled) {
		return true
	}
	var failure *Error
	if !errors.As(err, &failure) {
		return false
	}
	switch failure.Cause {
	case signal.CauseRequestTimeout:
		return failure.Originator != signal.Remote
	case signal.CauseRejected:
		return failure.Originator != signal.Local
	case signal.CauseTerminated:
		return failure.Originator == signal.Local
	}
	return false
}
