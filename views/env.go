package views

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"
)

// Env is what every view needs to act.
type Env struct {
	Context  context.Context // ends with the window
	Actions  Actions
	Pictures Pictures
	// Do runs a function on the window's goroutine. It must not be called on it.
	Do     func(func())
	Window fyne.Window
	// NewWindow makes another window that stays above the others; nil: there can be none.
	NewWindow func(title string) fyne.Window
	// BeforeCall shows the screen before a call and reports whether there is one; the root sets it.
	BeforeCall func(number string, video bool) bool
	// OpenDiagnostics opens their window; nil: there is none.
	OpenDiagnostics func()
	// After calls fn on the window's goroutine after d, unless stopped. nil takes a real timer.
	After func(d time.Duration, fn func()) (stop func())
	Now   func() time.Time

	changes changes
	// asked is closed when the newest question of the settings to the keyring is answered, which may be after they were left;
	// nil: it was asked nothing. On the window's goroutine.
	asked chan struct{}

	overlays  []*overlay           // the last is on top
	keysBelow func(*fyne.KeyEvent) // what keys do without them
	// keysThrough takes the keys that an overlay has no use for; nil: nothing.
	keysThrough func(*fyne.KeyEvent)
}

// changes are edits of the settings on their way: one after the other, as they were made. Side by side, the half of a word
// could be kept after the whole.
type changes struct {
	mu      sync.Mutex
	waiting []change
	running bool
}

type change struct {
	edit func(*Settings)
	done func(error)
}

// change edits the settings after all edits before it and hands its error to done on the window's goroutine.
func (e *Env) change(edit func(*Settings), done func(error)) {
	e.changes.mu.Lock()
	defer e.changes.mu.Unlock()
	e.changes.waiting = append(e.changes.waiting, change{edit, done})
	if !e.changes.running {
		e.changes.running = true
		go e.keepChanges()
	}
}

func (e *Env) keepChanges() {
	for {
		e.changes.mu.Lock()
		if len(e.changes.waiting) == 0 {
			e.changes.running = false
			e.changes.mu.Unlock()
			return
		}
		next := e.changes.waiting[0]
		e.changes.waiting = e.changes.waiting[1:]
		e.changes.mu.Unlock()
		err := e.Actions.Change(e.Context, next.edit)
		e.Do(func() {
			if e.Context.Err() == nil {
				next.done(err)
			}
		})
	}
}

// run does op on a goroutine of its own and hands its error to done on the window's goroutine. The returned function
// cancels op; done still follows.
func (e *Env) run(op func(context.Context) error, done func(error)) (cancel context.CancelFunc) {
	ctx, cancel := context.WithCancel(e.Context)
	go func() {
		err := op(ctx)
		cancel()
		e.Do(func() {
			if e.Context.Err() == nil {
				done(err)
			}
		})
	}()
	return cancel
}

func (e *Env) after(d time.Duration, fn func()) (stop func()) {
	if e.After != nil {
		return e.After(d, fn)
	}
	t := time.AfterFunc(d, func() { e.Do(fn) })
	return func() { t.Stop() }
}

func (e *Env) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

func (e *Env) focus(o fyne.Focusable) {
	e.Window.Canvas().Focus(o)
}

// showing tells whether content is the screen shown: it may have gone while an action ran.
func (e *Env) showing(content fyne.CanvasObject) bool {
	stack, ok := e.Window.Content().(*fyne.Container)
	return ok && len(stack.Objects) == 1 && stack.Objects[0] == content
}
