package device

import (
	"errors"
	"log/slog"
	"sync"
)

// errNoSource is a track made with neither a source nor a way to open one.
var errNoSource = errors.New("device: a track needs a source or a way to open one")

// token tells one started source from the next: what a replaced source still delivers is thrown away.
type token struct{ _ byte }

// keeper owns the source behind a track. Opening and closing devices takes time (a camera: seconds), so one goroutine
// does it, and brings what is to what is wanted; the track's methods only say what is wanted.
type keeper[S interface{ Close() error }] struct {
	start func(S, *token) error // begins delivery under the token
	lost  func(error) bool      // Lost of the track's options; nil: the track ends
	// release: a disabled track gives the device back.
	release bool
	logger  *slog.Logger

	ended chan struct{} // the track delivers nothing any more
	done  chan struct{} // the device is given back, after ended
	wake  chan struct{}

	mu      sync.Mutex
	enabled bool
	stopped bool
	reopen  func() (S, error)
	next    *S // replaces the present source
	retry   bool
	failed  *token
	reason  error

	// The goroutine's own.
	current *S
	running bool
	mark    *token
}

// begin starts source, if there is one, and the goroutine.
func (k *keeper[S]) begin(source *S) error {
	k.ended, k.done, k.wake = make(chan struct{}), make(chan struct{}), make(chan struct{}, 1)
	if k.logger == nil {
		k.logger = slog.Default()
	}
	if source == nil && k.reopen == nil {
		return errNoSource
	}
	if source != nil {
		k.enabled, k.current, k.running, k.mark = true, source, true, &token{}
		if err := k.start(*source, k.mark); err != nil {
			return errors.Join(err, (*source).Close())
		}
	}
	go k.run()
	return nil
}

// setEnabled reports whether anything changed.
func (k *keeper[S]) setEnabled(enabled bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.enabled == enabled || k.stopped {
		return false
	}
	k.enabled = enabled
	k.retry = k.retry || enabled
	k.signal()
	return true
}

func (k *keeper[S]) isEnabled() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.enabled
}

func (k *keeper[S]) setSource(source S, reopen func() (S, error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		_ = source.Close()
		return
	}
	if k.next != nil { // was never reached
		_ = (*k.next).Close()
	}
	k.next, k.reopen = &source, reopen
	k.signal()
}

func (k *keeper[S]) stop() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		return false
	}
	k.stopped = true
	close(k.ended)
	k.signal()
	return true
}

// fail notes that the source under a token ended by itself.
func (k *keeper[S]) fail(mark *token, reason error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed, k.reason = mark, reason
	k.signal()
}

func (k *keeper[S]) signal() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

func (k *keeper[S]) run() {
	defer close(k.done)
	for range k.wake {
		k.mu.Lock()
		stopped, enabled, retry := k.stopped, k.enabled, k.retry
		next, reopen, failed, reason := k.next, k.reopen, k.failed, k.reason
		k.next, k.failed, k.retry = nil, nil, false
		k.mu.Unlock()

		switch {
		case stopped:
			if next != nil {
				_ = (*next).Close()
			}
			k.drop()
			return
		case next != nil:
			k.drop()
			k.current = next
		case failed != nil && failed == k.mark:
			k.drop()
			k.gone(reason)
			continue
		}
		k.settle(enabled, retry || next != nil, reopen)
	}
}

// settle opens, starts or gives back the device.
func (k *keeper[S]) settle(enabled, try bool, reopen func() (S, error)) {
	if !enabled {
		if k.release && reopen != nil {
			k.drop()
		}
		return
	}
	if k.current == nil {
		if !try || reopen == nil {
			return
		}
		source, err := reopen()
		if err != nil {
			k.gone(err)
			return
		}
		k.current = &source
	}
	if k.running {
		return
	}
	k.running, k.mark = true, &token{}
	if err := k.start(*k.current, k.mark); err != nil {
		k.drop()
		k.gone(err)
	}
}

// drop closes the present source, if any.
func (k *keeper[S]) drop() {
	if k.current == nil {
		return
	}
	if err := (*k.current).Close(); err != nil {
		k.logger.Debug("closing a device", "error", err)
	}
	k.current, k.running, k.mark = nil, false, nil
}

// gone decides what becomes of the track when its source ended or would not open.
func (k *keeper[S]) gone(reason error) {
	if k.lost != nil && k.lost(reason) {
		return
	}
	k.logger.Info("track ends", "reason", reason)
	k.stop()
}
