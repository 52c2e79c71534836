package views

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/keys"
	"parley/views/text"
	"parley/views/widget"
)

// actionWords are the words for what shortcuts do.
func actionWords() map[keys.Action]string {
	return map[keys.Action]string{
		keys.Microphone:  text.T("keys.microphone"),
		keys.PushToTalk:  text.T("keys.pushToTalk"),
		keys.Camera:      text.T("keys.camera"),
		keys.Share:       text.T("keys.share"),
		keys.Layout:      text.T("keys.layout"),
		keys.Self:        text.T("keys.self"),
		keys.Keypad:      text.T("keys.keypad"),
		keys.People:      text.T("keys.people"),
		keys.Figures:     text.T("keys.figures"),
		keys.Hold:        text.T("keys.hold"),
		keys.FullScreen:  text.T("keys.fullScreen"),
		keys.HangUp:      text.T("keys.hangUp"),
		keys.Settings:    text.T("keys.settings"),
		keys.Diagnostics: text.T("keys.diagnostics"),
		keys.Help:        text.T("keys.help"),
	}
}

// keyHelp lists the shortcuts and lets a person change them, unless an administrator has fixed them.
type keyHelp struct {
	root *Root
	list *fyne.Container
	note *fynewidget.Label
}

func newKeyHelp(r *Root) *keyHelp {
	h := &keyHelp{root: r, list: container.New(layout.NewFormLayout()), note: muted("")}
	h.note.Hide()
	h.fill()
	return h
}

// keyList is the list as a part of the settings.
func (r *Root) keyList() fyne.CanvasObject {
	h := newKeyHelp(r)
	return container.NewVBox(h.list, h.note)
}

// ShowKeys opens the list over whatever is shown.
func (r *Root) ShowKeys() {
	h := newKeyHelp(r)
	scroll := container.NewVScroll(h.list)
	scroll.SetMinSize(fyne.NewSize(200, min(430, r.env.Window.Canvas().Size().Height-190)))
	r.env.ask(question{
		title: text.T("keys.title"), no: text.T("common.close"), body: container.NewVBox(scroll, h.note), answer: func(bool) {},
	})
}

func (h *keyHelp) fill() {
	h.list.RemoveAll()
	words := actionWords()
	for _, a := range keys.Actions() {
		combo := h.root.keys[a].String()
		if combo == "" {
			combo = text.T("keys.none")
		}
		if h.root.model.Locks.Has("shortcuts") {
			h.list.Add(fynewidget.NewLabel(words[a]))
			h.list.Add(fynewidget.NewLabelWithStyle(combo, fyne.TextAlignTrailing, fyne.TextStyle{Bold: true}))
			continue
		}
		name := fynewidget.NewLabel(words[a])
		name.Truncation = fyne.TextTruncateEllipsis
		change := widget.NewButton(combo, nil, nil)
		change.Name = words[a] + ": " + combo
		change.OnTapped = func() { h.change(a, words[a]) }
		h.list.Add(change)
		h.list.Add(name)
	}
	h.list.Refresh()
}

// change asks for the keys: they are pressed, not typed.
func (h *keyHelp) change(a keys.Action, words string) {
	var dismiss func()
	catcher := newKeyCatcher(func(c keys.Combo) {
		switch {
		case c.Key == fyne.KeyEscape:
			dismiss()
		case c.Key == fyne.KeyBackspace || c.Key == fyne.KeyDelete:
			dismiss()
			h.take(a, keys.None)
		default:
			if keys.Check(a, c) == nil {
				dismiss()
			}
			h.take(a, c)
		}
	})
	dismiss = h.root.env.ask(question{
		title: words, no: text.T("common.cancel"), body: container.NewVBox(muted(text.T("keys.press")), catcher),
		focus: catcher, answer: func(bool) {},
	})
}

// take keeps a combination for an action.
func (h *keyHelp) take(a keys.Action, c keys.Combo) {
	changed, err := h.root.keys.With(a, c)
	if err != nil {
		h.tell(text.T("keys.refused", text.D{"Keys": c.String()}))
		return
	}
	before := h.root.keys.Owner(c)
	h.root.setKeys(keys.Resolve(changed))
	h.tell("")
	if before != "" && before != a {
		h.tell(text.T("keys.taken", text.D{"Action": actionWords()[before]}))
	}
	h.fill()
	h.root.env.change(func(s *Settings) { s.Shortcuts = changed }, func(err error) {
		if err != nil && !errors.Is(err, context.Canceled) {
			h.tell(Describe(OpSettings, "", err).Title)
		}
	})
}

// tell says something below the list; empty takes it away, and its room.
func (h *keyHelp) tell(words string) {
	h.note.SetText(words)
	widget.SetVisible(h.note, words != "")
}

// keyCatcher shows and tells what is pressed while it has the focus.
type keyCatcher struct {
	fynewidget.Label
	pressed func(keys.Combo)
}

var _ desktop.Keyable = (*keyCatcher)(nil)

func newKeyCatcher(pressed func(keys.Combo)) *keyCatcher {
	c := &keyCatcher{pressed: pressed}
	c.Alignment, c.TextStyle.Bold = fyne.TextAlignCenter, true
	c.Text = text.T("keys.waiting")
	c.ExtendBaseWidget(c)
	return c
}

// KeyDown implements desktop.Keyable.
func (c *keyCatcher) KeyDown(e *fyne.KeyEvent) {
	switch e.Name {
	case desktop.KeyShiftLeft, desktop.KeyShiftRight, desktop.KeyControlLeft, desktop.KeyControlRight, desktop.KeyAltLeft, desktop.KeyAltRight,
		desktop.KeySuperLeft, desktop.KeySuperRight, fyne.KeyTab, "":
		return
	}
	var modifier fyne.KeyModifier
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		modifier = d.CurrentKeyModifiers()
	}
	c.pressed(keys.Combo{Key: e.Name, Modifier: modifier})
}

// KeyUp implements desktop.Keyable.
func (c *keyCatcher) KeyUp(*fyne.KeyEvent) {}

// TypedKey implements fyne.Focusable.
func (c *keyCatcher) TypedKey(*fyne.KeyEvent) {}

// TypedRune implements fyne.Focusable.
func (c *keyCatcher) TypedRune(rune) {}

// FocusGained implements fyne.Focusable.
func (c *keyCatcher) FocusGained() {}

// FocusLost implements fyne.Focusable.
func (c *keyCatcher) FocusLost() {}

// TypedShortcut implements fyne.Shortcutable: while keys are caught they do nothing else.
func (c *keyCatcher) TypedShortcut(fyne.Shortcut) {}
