package connection

import (
	"errors"

	"parley/connector/signal"
)

// DisconnectError is a socket that ended or could not be opened.
type DisconnectError struct{ signal.Disconnect }

func (e *DisconnectError) Error() string {
	switch {
	case e.Err != nil:
		return "connection lost: " + e.Err.Error()
	case e.Reason != "":
		return "connection lost: " + e.Reason
	}
	return "connection lost"
}

func (e *DisconnectError) Unwrap() error { return e.Err }

// Handshake tells whether the WebSocket handshake failed: the only failure that is tried again at once.
func Handshake(err error) bool {
	var lost *DisconnectError
	return errors.As(err, &lost) && lost.Code == codeHandshake
}

// ErrorInfo is an error in an event.
type ErrorInfo struct {
	Message    string       `json:"message"`
	StatusCode int          `json:"statusCode,omitempty"`
	Cause      signal.Cause `json:"cause,omitempty"`
	Code       int          `json:"code,omitempty"` // WebSocket close code
}

// ErrorData describes an error for an event's payload.
func ErrorData(err error) map[string]ErrorInfo {
	info := ErrorInfo{Message: errorText(err)}
	var response *signal.ResponseError
	if errors.As(err, &response) {
		info.StatusCode, info.Cause = response.StatusCode, response.Cause
	}
	var lost *DisconnectError
	if errors.As(err, &lost) {
		info.Code = lost.Code
	}
	return map[string]ErrorInfo{"error": info}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
