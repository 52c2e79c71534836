package redial

import (
	"errors"
	"math"

	"parley/connector/signal"
)

// Jitter spreads the attempts of many clients.
type Jitter string

// The kinds of jitter.
const (
	JitterNone  Jitter = "none"
	JitterEqual Jitter = "equal" // half fixed, half random
	JitterFull  Jitter = "full"
)

// Delays computes the back-off. Times are milliseconds.
type Delays struct {
	Base, Max, Factor float64
	Jitter            Jitter
}

// DefaultDelays of spec connector 10.
var DefaultDelays = Delays{Base: 1000, Max: 30_000, Factor: 2, Jitter: JitterEqual}

// Delay before the n-th attempt (from 1), milliseconds; random is in [0, 1).
func (b Delays) Delay(attempt, random float64) float64 {
	delay := math.Min(b.Max, b.Base*math.Pow(b.Factor, math.Max(0, attempt-1)))
	switch b.Jitter {
	case JitterEqual:
		return delay/2 + random*delay/2
	case JitterFull:
		return random * delay
	}
	return delay
}

// NetworkFailure tells whether a call that ended so is worth calling again.
func NetworkFailure(cause signal.Cause, originator signal.Originator) bool {
	if originator == signal.Local {
		return false
	}
	switch cause {
	case signal.CauseConnection, signal.CauseRequestTimeout, signal.CauseRTPTimeout, signal.CauseAddressIncomplete:
		return true
	case signal.CauseInternal:
		return originator == signal.System
	}
	return false
}

// ErrReconnect stands for a failure without an error of its own.
//
//lint:ignore ST1005 the text of the reference, which logs show
var ErrReconnect = errors.New("Failed to reconnect")

// WrapError gives a failed attempt an error.
func WrapError(err error) error {
	if err == nil {
		return ErrReconnect
	}
	return err
}
