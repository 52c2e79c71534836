package loop_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/loop"
)

// What is posted runs in order; what the loop posts to itself runs before the next; a timer that was stopped never runs,
// even when its time has passed; Close waits for the work that runs.
func TestOrderAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(nil)
		var order []int
		l.Post(func() {
			order = append(order, 1)
			l.Later(func() { order = append(order, 2) })
		})
		var stopped *loop.Timer
		l.Post(func() {
			order = append(order, 3)
			stopped = l.After(time.Second, func() { t.Error("a stopped timer ran") })
		})
		block := make(chan struct{})
		l.Post(func() { <-block; stopped.Stop() })
		time.Sleep(2 * time.Second) // the timer's turn waits behind the blocked one
		close(block)
		if err := l.Do(t.Context(), func() {}); err != nil {
			t.Error(err)
		}
		if len(order) != 3 || order[0] != 1 || order[1] != 2 || order[2] != 3 {
			t.Errorf("order %v", order)
		}
		ended := false
		l.Go(func(ctx context.Context) func() {
			<-ctx.Done()
			ended = true
			return func() { t.Error("ran after the end") }
		})
		l.Close()
		if !ended {
			t.Error("Close did not wait")
		}
		if l.Post(func() {}) || !errors.Is(l.Do(t.Context(), func() {}), loop.ErrClosed) {
			t.Error("a closed loop takes work")
		}
	})
}
