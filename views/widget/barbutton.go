package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
)

// Kind is how a bar button looks.
type Kind int

// The kinds.
const (
	Plain  Kind = iota
	Off         // what it stands for is switched off
	Active      // it is going on (sharing)
	Danger      // hang up, decline
	Accept      // accept a call
)

// ButtonState is all a bar button shows.
type ButtonState struct {
	Icon     string // of package assets
	Caption  string
	Kind     Kind
	Disabled bool
	Busy     bool // the action runs: shown as not pressable
}

// BarButton is a button of the bar over the video: an icon on a rounded field, its caption below.
type BarButton struct {
	fynewidget.BaseWidget

	// OnTapped is called on tap, space and enter.
	OnTapped func()

	state            ButtonState
	compact          bool
	hovered, focused bool
}

var (
	_ fyne.Focusable    = (*BarButton)(nil)
	_ fyne.Tappable     = (*BarButton)(nil)
	_ fyne.Accessible   = (*BarButton)(nil)
	_ desktop.Hoverable = (*BarButton)(nil)
)

// Sizes of a bar button in device independent pixels.
const (
	barFieldWidth   float32 = 52
	barFieldHeight  float32 = 44
	barFieldCompact float32 = 42
	barIcon         float32 = 22
	barCaption      float32 = 11
	barCaptionSpace float32 = 20
	barCaptionMax   float32 = 116
)

// NewBarButton makes a button.
func NewBarButton(state ButtonState, tapped func()) *BarButton {
	b := &BarButton{state: state, OnTapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows a state.
func (b *BarButton) Set(state ButtonState) {
	if state == b.state {
		return
	}
	b.state = state
	b.Refresh()
}

// State shown now.
func (b *BarButton) State() ButtonState { return b.state }

// SetCompact leaves the caption away.
func (b *BarButton) SetCompact(compact bool) {
	if compact == b.compact {
		return
	}
	b.compact = compact
	b.Refresh()
}

// AccessibilityLabel implements fyne.Accessible.
func (b *BarButton) AccessibilityLabel() string { return b.state.Caption }

// AccessibilityRole implements fyne.Accessible.
func (b *BarButton) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped implements fyne.Tappable.
func (b *BarButton) Tapped(*fyne.PointEvent) {
	if b.state.Disabled || b.state.Busy || b.OnTapped == nil {
		return
	}
	b.OnTapped()
}

// FocusGained implements fyne.Focusable.
func (b *BarButton) FocusGained() { b.focused = true; b.Refresh() }

// FocusLost implements fyne.Focusable.
func (b *BarButton) FocusLost() { b.focused = false; b.Refresh() }

// TypedRune implements fyne.Focusable.
func (b *BarButton) TypedRune(r rune) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(b); c != nil && r != ' ' && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}

// TypedKey implements fyne.Focusable. Keys it has no use for go to the window.
func (b *BarButton) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
		return
	}
	passOn(b, e)
}

// KeyDown implements desktop.Keyable.
func (b *BarButton) KeyDown(e *fyne.KeyEvent) { holdOn(b, e, true) }

// KeyUp implements desktop.Keyable.
func (b *BarButton) KeyUp(e *fyne.KeyEvent) { holdOn(b, e, false) }

// MouseIn implements desktop.Hoverable.
func (b *BarButton) MouseIn(*desktop.MouseEvent) { b.hovered = true; b.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (b *BarButton) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (b *BarButton) MouseOut() { b.hovered = false; b.Refresh() }

// CreateRenderer implements fyne.Widget.
func (b *BarButton) CreateRenderer() fyne.WidgetRenderer {
	r := &barButtonRenderer{
		button:  b,
		field:   canvas.NewRectangle(nil),
		ring:    canvas.NewRectangle(nil),
		icon:    canvas.NewImageFromResource(nil),
		caption: canvas.NewText("", nil),
	}
	r.field.CornerRadius = 14
	r.ring.CornerRadius = 17
	r.ring.StrokeWidth = 2
	r.icon.FillMode = canvas.ImageFillContain
	r.caption.Alignment = fyne.TextAlignCenter
	r.caption.TextSize = barCaption
	r.apply()
	return r
}

type barButtonRenderer struct {
	button  *BarButton
	field   *canvas.Rectangle
	ring    *canvas.Rectangle
	icon    *canvas.Image
	caption *canvas.Text
	shown   string // icon and colour drawn now

	measured     string // caption whose width is known
	captionWidth float32
}

func (r *barButtonRenderer) Destroy() {}

func (r *barButtonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.field, r.icon, r.caption}
}

func (r *barButtonRenderer) MinSize() fyne.Size {
	if r.button.compact {
		return fyne.NewSize(barFieldCompact+4, barFieldHeight+6)
	}
	if r.measured != r.button.state.Caption {
		// Fyne asks for the size at every repaint, and measuring text is slow.
		r.measured = r.button.state.Caption
		r.captionWidth = fyne.MeasureText(r.measured, barCaption, fyne.TextStyle{}).Width
	}
	w := r.captionWidth + 6
	return fyne.NewSize(max(barFieldWidth+12, min(w, barCaptionMax)), barFieldHeight+6+barCaptionSpace)
}

func (r *barButtonRenderer) Layout(size fyne.Size) {
	width := barFieldWidth
	if r.button.compact {
		width = barFieldCompact
	}
	x := (size.Width - width) / 2
	r.field.Move(fyne.NewPos(x, 3))
	r.field.Resize(fyne.NewSize(width, barFieldHeight))
	r.ring.Move(fyne.NewPos(x-3, 0))
	r.ring.Resize(fyne.NewSize(width+6, barFieldHeight+6))
	r.icon.Move(fyne.NewPos((size.Width-barIcon)/2, 3+(barFieldHeight-barIcon)/2))
	r.icon.Resize(fyne.NewSize(barIcon, barIcon))
	r.caption.Move(fyne.NewPos(0, barFieldHeight+6))
	r.caption.Resize(fyne.NewSize(size.Width, barCaptionSpace))
	r.caption.Text = Shorten(r.button.state.Caption, barCaption, size.Width, fyne.TextStyle{})
}

func (r *barButtonRenderer) colors() (field, icon fyne.ThemeColorName) {
	b := r.button
	switch {
	case b.state.Disabled || b.state.Busy:
		return look.StageButton, look.StageDisabled
	case b.state.Kind == Off:
		return look.StageOff, look.OnStrong
	case b.state.Kind == Active:
		return look.StageActive, look.StageOnActive
	case b.state.Kind == Danger:
		return look.HangUp, look.OnStrong
	case b.state.Kind == Accept:
		return look.Accept, look.OnStrong
	case b.hovered:
		return look.StageHover, look.OnStage
	}
	return look.StageButton, look.OnStage
}

func (r *barButtonRenderer) apply() {
	b := r.button
	field, icon := r.colors()
	r.field.FillColor = colorOf(b, field)
	r.field.StrokeWidth = 0
	if b.hovered && field != look.StageHover && !b.state.Disabled && !b.state.Busy {
		r.field.StrokeWidth = 2
		r.field.StrokeColor = colorOf(b, look.OnStageMuted)
	}
	r.ring.FillColor = colorOf(b, look.StageBar)
	r.ring.StrokeColor = colorOf(b, look.Ring)
	r.ring.Hidden = !b.focused
	if key := b.state.Icon + string(icon); key != r.shown && b.state.Icon != "" {
		r.shown = key
		r.icon.Resource = look.ColoredIcon(b.state.Icon, icon)
		r.icon.Image = nil
	}
	r.caption.Color = colorOf(b, look.OnStage)
	if b.state.Disabled || b.state.Busy {
		r.caption.Color = colorOf(b, look.OnStageMuted)
	}
	r.caption.Hidden = b.compact
}

func (r *barButtonRenderer) Refresh() {
	r.apply()
	r.icon.Refresh()
	r.Layout(r.button.Size())
	canvas.Refresh(r.button)
}
