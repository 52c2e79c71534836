// Package loop is the connector's one goroutine: everything that changes state is posted to it and runs in order.
package loop

import (
	"context"
	"sync"
	"time"
)

// depth bounds the mailbox. A poster that meets a full mailbox waits: nothing is lost and memory stays bounded.
const depth = 4096

// Loop runs posted functions one after another. The zero value is not usable; call New.
type Loop struct {
	mailbox chan func()
	// later holds what the loop posted to itself in the current turn: it must not wait for its own mailbox.
	later  []func()
	idle   func()
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	done   chan struct{}

	mu     sync.Mutex
	closed bool
}

// New starts the loop. AfterEach, when not nil, runs on the loop after every posted function.
func New(afterEach func()) *Loop {
	ctx, cancel := context.WithCancel(context.Background())
	l := &Loop{mailbox: make(chan func(), depth), idle: afterEach, ctx: ctx, cancel: cancel, done: make(chan struct{})}
	go l.run()
	return l
}

func (l *Loop) run() {
	defer close(l.done)
	for {
		select {
		case fn := <-l.mailbox:
			l.turn(fn)
		case <-l.ctx.Done():
			return
		}
	}
}

func (l *Loop) turn(fn func()) {
	fn()
	for len(l.later) > 0 {
		next := l.later[0]
		l.later = l.later[1:]
		next()
	}
	if l.idle != nil {
		l.idle()
	}
}

// Post hands fn to the loop from any other goroutine. False: the loop has ended and fn will not run.
func (l *Loop) Post(fn func()) bool {
	select {
	case <-l.ctx.Done():
		return false
	default:
	}
	select {
	case l.mailbox <- fn:
		return true
	case <-l.ctx.Done():
		return false
	}
}

// Later runs fn on the loop after the function that runs now. Only to be called on the loop.
func (l *Loop) Later(fn func()) { l.later = append(l.later, fn) }

// Do runs fn on the loop and waits until it has run.
func (l *Loop) Do(ctx context.Context, fn func()) error {
	ran := make(chan struct{})
	if !l.Post(func() { fn(); close(ran) }) {
		return ErrClosed
	}
	select {
	case <-ran:
		return nil
	case <-l.done:
		select {
		case <-ran:
			return nil
		default:
			return ErrClosed
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Go runs blocking work elsewhere; what it returns (may be nil) runs on the loop. The context ends with the loop.
func (l *Loop) Go(work func(ctx context.Context) (then func())) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.work.Add(1)
	go func() {
		defer l.work.Done()
		if then := work(l.ctx); then != nil {
			l.Post(then)
		}
	}()
}

// Context ends with the loop.
func (l *Loop) Context() context.Context { return l.ctx }

// Close ends the loop: contexts are cancelled, and when it returns no goroutine of the loop is left.
func (l *Loop) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	<-l.done
	l.work.Wait()
}

// Timer is a pending After.
type Timer struct {
	timer   *time.Timer
	stopped bool // owned by the loop
}

// After runs fn on the loop when d has passed, unless it was stopped. Only to be called on the loop.
func (l *Loop) After(d time.Duration, fn func()) *Timer {
	t := &Timer{}
	t.timer = time.AfterFunc(d, func() {
		l.Post(func() {
			if !t.stopped {
				t.stopped = true
				fn()
			}
		})
	})
	return t
}

// Stop keeps fn from running, even when the time has passed and fn waits in the mailbox. A nil timer is stopped already.
// Only to be called on the loop.
func (t *Timer) Stop() {
	if t != nil && !t.stopped {
		t.stopped = true
		t.timer.Stop()
	}
}

// Done is closed when the loop has ended.
func (l *Loop) Done() <-chan struct{} { return l.done }
