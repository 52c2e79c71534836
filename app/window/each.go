package window

import (
	"context"
	"time"
)

const (
	// deliverTime is how long the desktop may take for one thing before the next has its turn.
	deliverTime = 10 * time.Second
	// withdrawTime is how long the end waits for the desktop to take the last one.
	withdrawTime = time.Second
)

// each does something with each value until ctx ends, and once more with the last one then. It does not wait for what hangs.
func each[T any](ctx context.Context, in <-chan T, do func(context.Context, T), last T) {
	for {
		select {
		case value := <-in:
			if !limited(ctx, func(own context.Context) { do(own, value) }) {
				return
			}
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawTime)
			defer cancel()
			within(end, func() { do(end, last) })
			return
		}
	}
}

// limited is within, where fn has deliverTime for itself: what hangs does not hold up what comes after it.
func limited(ctx context.Context, fn func(context.Context)) bool {
	own, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	return within(ctx, func() { fn(own) })
}

// within waits for fn, which runs on a goroutine of its own; false: ctx has ended before.
func within(ctx context.Context, fn func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
