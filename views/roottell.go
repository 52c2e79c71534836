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
	var ended *call.Error
	switch isCall := errors.As(err, &ended); {
	case r.screen == ScreenCall && isCall:
		r.call.fail(Describe(OpCallEnded, r.talked.name(), err))
	case r.screen == ScreenCall:
		r.call.fail(Describe(OpShare, "", err))
	case r.screen == ScreenHome && isCall:
		r.tellCallError(err)
	case r.screen == ScreenHome && r.home.stop == nil && !sameFailure(err, r.home.failed):
		r.home.show(Describe(OpConnect, r.model.Account.Server, err))
	}
}

// tellCallError says at home why a call failed, or was cut off, and offers to call again.
func (r *Root) tellCallError(err error) {
	switch {
	case r.talked.established:
		r.home.showFailed(Describe(OpCallEnded, r.talked.name(), err), r.talked.number)
	case r.talked.answered, r.home.stop != nil, r.home.failed != nil:
		// Who has just answered, or placed a call here, is told by that why it failed.
	default:
		r.home.showFailed(Describe(OpCall, r.talked.name(), err), r.talked.number)
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
	case ScreenSettings:
		r.options.tell(n)
	case ScreenCall:
		r.call.fail(n)
	}
}
