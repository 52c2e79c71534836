package views

import (
	"errors"

	"parley/connector/call"
	"parley/views/widget"
)

// tellError says once why a call or connection ended by itself.
func (r *Root) tellError() {
	err := r.model.Snapshot.LastError
	if err == r.shownError {
		return
	}
	r.shownError = err
	if err == nil {
		return
	}
	op := OpConnect
	var ended *call.Error
	switch {
	case errors.As(err, &ended):
		op = OpCallEnded
	case r.screen == ScreenCall:
		op = OpShare
	}
	switch r.screen {
	case ScreenHome:
		// A call that the person has just placed says itself why it failed.
		if r.home.stop == nil && !sameFailure(err, r.home.failed) {
			r.home.show(Describe(op, r.model.Account.Server, err))
		}
	case ScreenCall:
		r.call.fail(Describe(op, r.model.Account.Server, err))
	}
}

// tellWhatHappened says once what happened by itself: a device went, the shared window was closed.
func (r *Root) tellWhatHappened() {
	t := r.model.Told
	if t.Number == r.told {
		return
	}
	r.told = t.Number
	if r.call != nil {
		r.call.tell(t.notice())
		return
	}
	r.Tell(t.notice())
}

// Tell shows a notice on whatever screen is there.
func (r *Root) Tell(n widget.Notice) {
	if n.Title == "" {
		return
	}
	switch r.screen {
	case ScreenWelcome:
		r.welcome.show(n)
	case ScreenSignIn:
		r.signIn.show(n)
	case ScreenHome:
		r.home.show(n)
	case ScreenBefore:
		r.before.panel.failed(n)
	case ScreenCall:
		r.call.fail(n)
	}
}
