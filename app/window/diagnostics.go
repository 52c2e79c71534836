package window

import (
	"fyne.io/fyne/v2"

	"parley/views"
	"parley/views/text"
)

// diagnosticsWindow is the window of the diagnostics; there is one at a time.
type diagnosticsWindow struct {
	w      *Window
	window fyne.Window
	view   *views.Diagnostics
}

// open shows the window, or brings it to the front.
func (d *diagnosticsWindow) open() {
	if d.window != nil {
		d.window.RequestFocus()
		return
	}
	w := d.w
	d.window = w.app.NewWindow(text.T("diagnostics.title") + " – " + text.T("app.name"))
	d.window.SetPadded(false)
	w.resize(d.window, fyne.NewSize(960, 680))
	env := &views.Env{Context: w.ctx, Actions: w.controller, Pictures: w.pump, Do: w.do, Window: d.window}
	d.fill(env)
	d.window.SetOnClosed(func() {
		d.view.Stop()
		d.window, d.view = nil, nil
	})
	d.window.Show()
}

func (d *diagnosticsWindow) fill(env *views.Env) {
	d.view = views.NewDiagnostics(env, d.w.inspector)
	d.window.SetContent(d.view.Content)
	window := d.window
	window.Canvas().SetOnTypedKey(func(k *fyne.KeyEvent) {
		if k.Name == fyne.KeyEscape {
			window.Close()
		}
	})
}

// rebuild makes the content anew, after the language or the theme has changed.
func (d *diagnosticsWindow) rebuild() {
	if d.window == nil {
		return
	}
	d.view.Stop()
	d.window.SetTitle(text.T("diagnostics.title") + " – " + text.T("app.name"))
	d.fill(&views.Env{Context: d.w.ctx, Actions: d.w.controller, Pictures: d.w.pump, Do: d.w.do, Window: d.window})
}
