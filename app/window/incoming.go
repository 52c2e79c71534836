package window

import (
	"fyne.io/fyne/v2"

	"parley/connector/call"
	"parley/connector/session"
	"parley/views"
	"parley/views/text"
)

// incomingWindow is the window of a call that rings.
type incomingWindow struct {
	w      *Window
	window fyne.Window
	view   *views.Incoming
	quiet  func() // stops the ringtone
}

func (i *incomingWindow) set(s session.Snapshot) {
	if !ringing(s) {
		i.close()
		return
	}
	if i.window == nil {
		i.open()
	}
	i.view.Set(s.Incoming)
	i.view.SetInCall(s.Call.State != call.Idle)
}

func (i *incomingWindow) open() {
	w := i.w
	i.window = w.app.NewWindow(text.T("incoming.title"))
	env := &views.Env{Context: w.ctx, Actions: w.controller, Pictures: w.pump, Do: w.do, Window: i.window}
	i.view = views.NewIncoming(env, w.root.Tell)
	view := i.view
	i.window.SetContent(view.Content)
	i.window.SetPadded(false)
	i.window.SetCloseIntercept(view.Reject)
	i.window.Canvas().SetOnTypedKey(view.TypedKey)
	w.resize(i.window, fyne.NewSize(460, 360))
	i.window.SetFixedSize(true)
	i.window.CenterOnScreen()
	i.window.Show()
	i.window.RequestFocus()
	view.Opened()
	w.stayOnTop(i.window)
	if link, err := w.controller.current(); err == nil && link.Ring != nil {
		i.quiet = link.Ring(w.shown)
	}
}

func (i *incomingWindow) close() {
	if i.window == nil {
		return
	}
	if i.quiet != nil {
		i.quiet()
		i.quiet = nil
	}
	i.view.Closed()
	i.window.SetCloseIntercept(nil)
	i.window.Close()
	i.window, i.view = nil, nil
}
