package views

import (
	"slices"

	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"
)

// overlay is what lies over the window and has to be answered before anything else.
type overlay struct {
	popup  *fynewidget.PopUp
	escape func() // the key
	stays  bool   // whatever screen comes: it has to do with none
	gone   func() // the screen it was about has gone, and it with that; nil: there is nothing to do then
}

// lay puts an overlay on top. The returned function takes it away, however often it is called.
func (e *Env) lay(o *overlay) (dismiss func()) {
	canvas := e.Window.Canvas()
	if len(e.overlays) == 0 {
		e.keysBelow = canvas.OnTypedKey()
		canvas.SetOnTypedKey(func(k *fyne.KeyEvent) {
			switch {
			case len(e.overlays) == 0:
			case k.Name == fyne.KeyEscape:
				e.overlays[len(e.overlays)-1].escape()
			case e.keysThrough != nil:
				e.keysThrough(k)
			}
		})
	}
	e.overlays = append(e.overlays, o)
	o.popup.Show()
	return func() { e.lift(o) }
}

func (e *Env) lift(o *overlay) {
	at := slices.Index(e.overlays, o)
	if at < 0 {
		return
	}
	e.overlays = slices.Delete(e.overlays, at, at+1)
	o.popup.Hide()
	for _, above := range e.overlays[at:] { // they went with it
		above.popup.Hide()
		above.popup.Show()
	}
	if len(e.overlays) == 0 {
		e.Window.Canvas().SetOnTypedKey(e.keysBelow)
	}
}

// clear takes away what lies over a screen that goes: questions about it, its menus. What is returned is to be called when
// the next screen is there.
func (e *Env) clear() (then []func()) {
	for _, o := range slices.Clone(e.overlays) {
		if o.stays {
			continue
		}
		e.lift(o)
		if o.gone != nil {
			then = append(then, o.gone)
		}
	}
	all := e.Window.Canvas().Overlays()
	if len(all.List()) == len(e.overlays) {
		return then
	}
	all.Remove(all.List()[0]) // and all above it: a menu, the list of a choice
	for _, o := range e.overlays {
		o.popup.Hide()
		o.popup.Show()
	}
	return then
}
