package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
)

// Button is Fyne's button with a ring when it has the focus, pressed by enter too, and passing on keys it has no use for:
// Fyne's own swallows escape and F11.
type Button struct {
	fynewidget.Button
	Name    string // for screen readers, where the text alone says too little
	words   string // for screen readers, when there is only an icon
	focused bool
}

// NewButton makes a button with words and, unless it is nil, an icon before them.
func NewButton(words string, icon fyne.Resource, tapped func()) *Button {
	b := &Button{}
	b.Text, b.Icon, b.OnTapped = words, icon, tapped
	b.ExtendBaseWidget(b)
	return b
}

// NewIconButton makes a button that shows an icon only; its words are for screen readers.
func NewIconButton(icon, words string, tapped func()) *Button {
	b := &Button{words: words}
	b.Icon, b.OnTapped, b.Importance = look.Icon(icon), tapped, fynewidget.LowImportance
	b.ExtendBaseWidget(b)
	return b
}

// SetWords changes icon and words of an icon button.
func (b *Button) SetWords(icon, words string) {
	if b.words == words {
		return
	}
	b.words, b.Icon = words, look.Icon(icon)
	b.Refresh()
}

// AccessibilityLabel implements fyne.Accessible.
func (b *Button) AccessibilityLabel() string {
	switch {
	case b.Name != "":
		return b.Name
	case b.Text != "":
		return b.Text
	}
	return b.words
}

// FocusGained implements fyne.Focusable.
func (b *Button) FocusGained() {
	b.focused = true
	b.Button.FocusGained()
	Reveal(b)
}

// FocusLost implements fyne.Focusable.
func (b *Button) FocusLost() {
	b.focused = false
	b.Button.FocusLost()
}

// TypedKey implements fyne.Focusable.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
	default:
		passOn(b, e)
	}
}

// passOn gives a key to the window.
func passOn(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

// holdOn gives a key that is held, or let go, to the window: push to talk works whatever has the focus. Space presses.
func holdOn(o fyne.CanvasObject, e *fyne.KeyEvent, down bool) {
	if e.Name != fyne.KeySpace {
		holdAnyOn(o, e, down)
	}
}

// holdAnyOn is holdOn for what has no use for space either.
func holdAnyOn(o fyne.CanvasObject, e *fyne.KeyEvent, down bool) {
	c, ok := fyne.CurrentApp().Driver().CanvasForObject(o).(desktop.Canvas)
	if !ok {
		return
	}
	handle := c.OnKeyUp()
	if down {
		handle = c.OnKeyDown()
	}
	if handle != nil {
		handle(e)
	}
}

// KeyDown implements desktop.Keyable.
func (b *Button) KeyDown(e *fyne.KeyEvent) { holdOn(b, e, true) }

// KeyUp implements desktop.Keyable.
func (b *Button) KeyUp(e *fyne.KeyEvent) { holdOn(b, e, false) }

// CreateRenderer implements fyne.Widget.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	r := &ringRenderer{WidgetRenderer: b.Button.CreateRenderer(), button: b, ring: canvas.NewRectangle(nil)}
	r.ring.StrokeWidth = 2
	r.ring.CornerRadius = look.Radius
	r.apply()
	return r
}

// ringRenderer draws the focus ring over Fyne's button.
type ringRenderer struct {
	fyne.WidgetRenderer
	button *Button
	ring   *canvas.Rectangle
}

func (r *ringRenderer) Objects() []fyne.CanvasObject {
	return append(r.WidgetRenderer.Objects()[:len(r.WidgetRenderer.Objects()):len(r.WidgetRenderer.Objects())], r.ring)
}

func (r *ringRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.ring.Resize(size)
}

func (r *ringRenderer) apply() {
	r.ring.FillColor = nil
	r.ring.StrokeColor = colorOf(r.button, theme.ColorNameForeground)
	r.ring.Hidden = !r.button.focused
}

func (r *ringRenderer) Refresh() {
	r.apply()
	r.ring.Refresh()
	r.WidgetRenderer.Refresh()
}
