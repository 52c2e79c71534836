package device

import (
	"errors"
	"sync"
	"time"
)

// errState is a source started twice or after Close.
var errState = errors.New("device: source was started or closed before")

// runner is the one goroutine of a source, with its exact start and end. Zero value is ready.
type runner struct {
	mu      sync.Mutex
	started bool
	closed  bool
	stop    chan struct{}
	done    chan struct{}
}

// start runs loop on a goroutine until it returns or close is called; loop must return soon after stop is closed. ended
// is called when loop returned by itself.
func (r *runner) start(loop func(stop <-chan struct{}) error, ended func(error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.started || r.closed {
		return errState
	}
	r.started = true
	r.stop, r.done = make(chan struct{}), make(chan struct{})
	go func() {
		err := loop(r.stop)
		// The order lets ended call close.
		close(r.done)
		select {
		case <-r.stop:
		default:
			if ended != nil {
				ended(err)
			}
		}
	}()
	return nil
}

// close ends the loop and waits for it. Idempotent.
func (r *runner) close() {
	r.mu.Lock()
	first, started := !r.closed, r.started
	r.closed = true
	r.mu.Unlock()
	if !started {
		return
	}
	if first {
		close(r.stop)
	}
	<-r.done
}

// lag is how far a paced source may fall behind (a suspended machine, a debugger) before it skips instead of catching up.
const lag = 200 * time.Millisecond

// pace calls tick at start, start + period, start + 2 × period and so on, by the monotonic clock and without drift, until
// stop is closed or tick fails. Late ticks are caught up with up to a lag of 200 ms; beyond it they are skipped.
func pace(stop <-chan struct{}, period float64 /* seconds */, tick func(n int64) error) error {
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	due := int64(0) // periods since start; n counts calls and does not jump
	for n := int64(0); ; n++ {
		select {
		case <-stop:
			return nil
		case <-timer.C:
		}
		select { // both may be ready: stop wins
		case <-stop:
			return nil
		default:
		}
		if err := tick(n); err != nil {
			return err
		}
		due++
		at := time.Duration(float64(due) * period * float64(time.Second))
		late := time.Since(start) - at
		if late > lag {
			due = int64(time.Since(start).Seconds()/period) + 1
			at = time.Duration(float64(due) * period * float64(time.Second))
			late = time.Since(start) - at
		}
		timer.Reset(-late)
	}
}

// audioPeriod of AudioSources, seconds.
const audioPeriod = float64(FrameSamples) / SampleRate
