package window

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"parley/assets"
	"parley/connector/presentation"
	"parley/views"
	"parley/views/text"
)

// tray is the program's icon beside the clock. It belongs to the window's goroutine.
type tray struct {
	w     *Window
	host  desktop.App // nil: there is no tray on this desktop
	shown trayWords
}

// trayWords are all that the menu says.
type trayWords struct{ status, mute, stopShare, hangUp, show, quit string }

// newTray shows the icon with the model's menu, where the desktop has a place for it. It must come before the window's loop:
// what has no menu when that begins stays hidden (Fyne 2.8).
func newTray(w *Window, m views.Model) *tray {
	t := &tray{w: w}
	host, ok := hostOf(w.app)
	if !ok || !trayPlace() {
		return t
	}
	t.host = host
	host.SetSystemTrayIcon(assets.AppIcon())
	t.set(m)
	return t
}

// hostOf looks through our own wrapper: the tray is no part of fyne.App.
func hostOf(a fyne.App) (desktop.App, bool) {
	if calm, ok := a.(*calmApp); ok {
		a = calm.App
	}
	host, ok := a.(desktop.App)
	return host, ok
}

// there tells whether the window can be hidden and found again.
func (t *tray) there() bool { return t.host != nil }

// set shows a model. The menu is made anew only when it says something else.
func (t *tray) set(m views.Model) {
	if t.host == nil {
		return
	}
	words := wordsOfTray(m)
	if words == t.shown {
		return
	}
	t.shown = words
	t.host.SetSystemTrayMenu(t.menu(words, m))
}

func wordsOfTray(m views.Model) trayWords {
	w := trayWords{status: views.StatusWords(m.Status), show: text.T("tray.show"), quit: text.T("tray.quit")}
	if !views.InCall(m.Snapshot) {
		return w
	}
	w.hangUp = text.T("call.hangup")
	if m.Snapshot.Presentation == presentation.Active {
		w.stopShare = text.T("tray.stopShare")
	}
	if m.Snapshot.Media.HasMicrophone {
		w.mute = text.T("call.mute")
		if !m.Snapshot.Media.MicrophoneOn {
			w.mute = text.T("call.unmute")
		}
	}
	return w
}

func (t *tray) menu(words trayWords, m views.Model) *fyne.Menu {
	w := t.w
	status := fyne.NewMenuItem(words.status, nil)
	status.Disabled = true
	items := []*fyne.MenuItem{status, fyne.NewMenuItemSeparator()}
	if words.mute != "" {
		on := !m.Snapshot.Media.MicrophoneOn
		items = append(items, fyne.NewMenuItem(words.mute, func() {
			w.act(views.OpMicrophone, func(ctx context.Context) error { return w.controller.SetMicrophone(ctx, on) })
		}))
	}
	if words.stopShare != "" {
		items = append(items, fyne.NewMenuItem(words.stopShare, func() { w.act(views.OpShare, w.controller.StopSharing) }))
	}
	if words.hangUp != "" {
		items = append(items, fyne.NewMenuItem(words.hangUp, func() { w.act(views.OpHangUp, w.controller.HangUp) }))
	}
	quit := fyne.NewMenuItem(words.quit, w.closeNow)
	quit.IsQuit = true
	items = append(items, fyne.NewMenuItem(words.show, w.front), quit)
	return fyne.NewMenu(text.T("app.name"), items...)
}

// act does what was chosen outside of the window's own screens, and tells there when it failed.
func (w *Window) act(op views.Operation, do func(context.Context) error) {
	w.inBackground(func(ctx context.Context) {
		if err := do(ctx); err != nil {
			w.do(func() { w.root.Tell(views.Describe(op, "", err)) })
		}
	})
}

// askedToClose is the close button of the window: in a call it asks, and where there is a tray the call may go on there. A
// person who chose to close to the tray is not asked.
func (w *Window) askedToClose() {
	if w.tray.there() && w.shown.CloseToTray {
		w.window.Hide()
		return
	}
	var hide func()
	if w.tray.there() {
		hide = w.window.Hide
	}
	w.root.AskToClose(w.closeNow, hide)
}
