package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
)

// MarkState is all a mark shows; the zero value hides it.
type MarkState struct {
	Icon, Words string
	Color       fyne.ThemeColorName // of the icon
}

// Mark is an icon with words over video that can be pressed to learn more.
type Mark struct {
	fynewidget.BaseWidget
	OnTapped func()

	state            MarkState
	focused, hovered bool
}

var (
	_ fyne.Focusable    = (*Mark)(nil)
	_ fyne.Tappable     = (*Mark)(nil)
	_ fyne.Accessible   = (*Mark)(nil)
	_ desktop.Hoverable = (*Mark)(nil)
)

// Sizes of a mark in device independent pixels.
const (
	markIcon   float32 = 16
	markText   float32 = 13
	markHeight float32 = 26
	markSide   float32 = 6
)

// NewMark makes a hidden mark.
func NewMark(tapped func()) *Mark {
	m := &Mark{OnTapped: tapped}
	m.ExtendBaseWidget(m)
	m.Hide()
	return m
}

// State shown now.
func (m *Mark) State() MarkState { return m.state }

// Set shows a state.
func (m *Mark) Set(s MarkState) {
	if s == m.state {
		return
	}
	m.state = s
	setVisible(m, s.Words != "")
	m.Refresh()
}

// Tapped implements fyne.Tappable.
func (m *Mark) Tapped(*fyne.PointEvent) { call(m.OnTapped) }

// FocusGained implements fyne.Focusable.
func (m *Mark) FocusGained() { m.focused = true; m.Refresh() }

// FocusLost implements fyne.Focusable.
func (m *Mark) FocusLost() { m.focused = false; m.Refresh() }

// TypedRune implements fyne.Focusable.
func (m *Mark) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (m *Mark) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		m.Tapped(nil)
	default:
		passOn(m, e)
	}
}

// MouseIn implements desktop.Hoverable.
func (m *Mark) MouseIn(*desktop.MouseEvent) { m.hovered = true; m.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (m *Mark) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (m *Mark) MouseOut() { m.hovered = false; m.Refresh() }

// AccessibilityLabel implements fyne.Accessible.
func (m *Mark) AccessibilityLabel() string { return m.state.Words }

// AccessibilityRole implements fyne.Accessible.
func (m *Mark) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// CreateRenderer implements fyne.Widget.
func (m *Mark) CreateRenderer() fyne.WidgetRenderer {
	r := &markRenderer{mark: m, field: canvas.NewRectangle(nil), icon: canvas.NewImageFromResource(nil), words: canvas.NewText("", nil)}
	r.field.CornerRadius = look.Radius - 2
	r.icon.FillMode = canvas.ImageFillContain
	r.words.TextSize = markText
	r.apply()
	return r
}

type markRenderer struct {
	mark  *Mark
	field *canvas.Rectangle
	icon  *canvas.Image
	words *canvas.Text
}

func (r *markRenderer) Destroy() {}

func (r *markRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.field, r.icon, r.words}
}

func (r *markRenderer) MinSize() fyne.Size {
	return fyne.NewSize(2*markSide+markIcon+6+r.words.MinSize().Width, markHeight)
}

func (r *markRenderer) Layout(size fyne.Size) {
	r.field.Resize(size)
	r.icon.Move(fyne.NewPos(markSide, (size.Height-markIcon)/2))
	r.icon.Resize(fyne.NewSize(markIcon, markIcon))
	m := r.words.MinSize()
	r.words.Move(fyne.NewPos(markSide+markIcon+6, (size.Height-m.Height)/2))
	r.words.Resize(m)
}

func (r *markRenderer) apply() {
	m := r.mark
	r.words.Text = m.state.Words
	r.words.Color = colorOf(m, look.OnStage)
	if m.state.Icon != "" {
		r.icon.Resource = look.ColoredIcon(m.state.Icon, m.state.Color)
		r.icon.Image = nil
	}
	r.field.FillColor = colorOf(m, look.StageBar)
	if m.hovered {
		r.field.FillColor = colorOf(m, look.StageHover)
	}
	r.field.StrokeWidth = 0
	if m.focused {
		r.field.StrokeWidth, r.field.StrokeColor = 2, colorOf(m, look.Ring)
	}
}

func (r *markRenderer) Refresh() {
	r.apply()
	r.icon.Refresh()
	r.Layout(r.mark.Size())
	canvas.Refresh(r.mark)
}
