package window

import (
	"context"
	"fmt"
	"time"

	"parley/connector/session"
	"parley/views"
)

// automatic does by itself what a person would: sign in, join, share, and end. It belongs to the window's goroutine.
type automatic struct {
	joined, established bool
}

// begin signs in; off the window's goroutine.
func (w *Window) begin() {
	form := w.controller.Model().Remembered
	if form.Guest = true; !w.options.AutoSignIn && !w.options.Demo {
		var signIn bool
		if form, signIn = w.recall(); !signIn {
			return
		}
	}
	if err := w.controller.Connect(w.ctx, form); err != nil {
		w.failed(views.OpConnect, w.options.Server, err)
	}
}

// failed shows an error, and ends a run that nobody watches.
func (w *Window) failed(op views.Operation, target string, err error) {
	if w.ctx.Err() != nil {
		return
	}
	if w.options.AutoJoin && w.options.EndAfter > 0 {
		w.err = fmt.Errorf("%w: %w", ErrAutomatic, err)
		w.cancel()
		return
	}
	w.do(func() { w.root.Tell(views.Describe(op, target, err)) })
}

// follow takes the next step when the model allows it.
func (a *automatic) follow(w *Window, m views.Model) {
	if w.options.AutoJoin && !a.joined && m.Status == session.StatusReadyToCall {
		a.joined = true
		w.inBackground(func(ctx context.Context) {
			if err := w.controller.Dial(ctx, w.options.Number, true); err != nil {
				w.failed(views.OpCall, w.options.Number, err)
			}
		})
	}
	if m.Status == session.StatusCallActive && !a.established {
		a.established = true
		if w.options.AutoShare {
			w.inBackground(w.shareAnything)
		}
		if w.options.EndAfter > 0 {
			w.inBackground(w.endLater)
		}
	}
}

func (w *Window) inBackground(fn func(context.Context)) {
	w.running.Add(1)
	go func() {
		defer w.running.Done()
		fn(w.ctx)
	}()
}

func (w *Window) shareAnything(ctx context.Context) {
	if err := w.controller.ShareScreen(ctx, views.Share{}); err != nil {
		w.failed(views.OpShare, "", err)
	}
}

func (w *Window) endLater(ctx context.Context) {
	timer := time.NewTimer(w.options.EndAfter)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-timer.C:
	}
	if link, err := w.controller.current(); err == nil && w.options.BeforeEnd != nil {
		w.options.BeforeEnd(link.Connector)
	}
	if w.options.Screenshot != "" {
		done := make(chan error, 1)
		w.do(func() { done <- w.saveScreenshot(w.options.Screenshot) })
		select {
		case err := <-done:
			if err != nil {
				w.err = err
			}
		case <-ctx.Done():
		}
	}
	w.cancel()
}

// recall asks the keyring for the password, fills it in, and reports whether to sign in without being asked: whoever was
// signed in when the program ended is signed in again.
func (w *Window) recall() (form views.SignIn, signIn bool) {
	form, signIn = w.controller.recall(w.ctx)
	w.do(func() { w.root.SetPassword(form.Server, form.Password) })
	return form, signIn && (form.Guest || form.Password != "") && form.Server != ""
}
