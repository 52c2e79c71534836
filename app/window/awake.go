package window

import (
	"context"

	"parley/views"
)

// awake keeps the screen from going dark, and the computer from going to sleep for want of keys, while a call goes on: who
// watches one does not touch anything. It belongs to the window's goroutine.
type awake struct {
	on  bool
	set func(on bool) // returns at once
}

// follow a model.
func (a *awake) follow(m views.Model) {
	if on := views.InCall(m.Snapshot); on != a.on {
		a.on = on
		a.set(on)
	}
}

// newest hands the newest of some values to a goroutine of its own: what is done there may take its time, or hang.
type newest[T any] struct{ wanted chan T }

func makeNewest[T any]() newest[T] { return newest[T]{make(chan T, 1)} }

// put a value in the place of one that still waits. One goroutine puts.
func (n newest[T]) put(value T) {
	select {
	case <-n.wanted:
	default:
	}
	n.wanted <- value
}

// run does something with each until ctx ends, and once more with the last value then. It does not wait for what hangs.
func (n newest[T]) run(ctx context.Context, do func(context.Context, T), last T) {
	for {
		select {
		case value := <-n.wanted:
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
