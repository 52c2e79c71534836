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

// run does something with each until ctx ends, and once more with the last value then.
func (n newest[T]) run(ctx context.Context, do func(context.Context, T), last T) {
	each(ctx, n.wanted, do, last)
}
