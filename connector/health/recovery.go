package health

import (
	"errors"
	"time"

	"parley/connector/loop"
)

// Throttle between two renegotiations.
const Throttle = 4 * time.Second

// ErrThrottle refuses a time that is not positive.
var ErrThrottle = errors.New("throttleRecoveryTimeout should be a positive integer")

// Recovery renegotiates, at most once a window (at its begin, and at its end when asked for meanwhile), never two at once.
// It never hangs up. Its methods are called on the loop.
type Recovery struct {
	Loop        *loop.Loop
	Renegotiate func(done func(error))

	window   time.Duration
	timer    *loop.Timer // the window that runs
	again    bool        // asked for meanwhile
	inFlight int         // number of the renegotiation that runs, 0 for none
	next     int
}

// NewRecovery takes the window.
func NewRecovery(l *loop.Loop, renegotiate func(func(error)), window time.Duration) (*Recovery, error) {
	r := &Recovery{Loop: l, Renegotiate: renegotiate}
	return r, r.SetThrottle(window)
}

// SetThrottle changes the window; what waited for the old one's end is dropped.
func (r *Recovery) SetThrottle(window time.Duration) error {
	if window <= 0 {
		return ErrThrottle
	}
	r.window = window
	r.drop()
	return nil
}

func (r *Recovery) drop() {
	r.timer.Stop()
	r.timer, r.again = nil, false
}

// Recover asks for a renegotiation.
func (r *Recovery) Recover() {
	if r.timer != nil {
		r.again = true
		return
	}
	r.run()
}

func (r *Recovery) run() {
	r.timer = r.Loop.After(r.window, func() {
		r.timer = nil
		if r.again {
			r.again = false
			r.run()
		}
	})
	if r.inFlight != 0 {
		return
	}
	r.next++
	id := r.next
	r.inFlight = id
	r.Renegotiate(func(error) { // the next samples find out whether it helped
		if r.inFlight == id {
			r.inFlight = 0
		}
	})
}

// HandleEvent ends everything with the call; name is one of the call's events without prefix.
func (r *Recovery) HandleEvent(name string) {
	if name == "ended" {
		r.drop()
		r.inFlight = 0
	}
}
