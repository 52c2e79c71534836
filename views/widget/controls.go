package widget

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/text"
)

// Check is Fyne's check that is also switched by enter, passes on keys it has no use for, and says its name and state.
type Check struct {
	fynewidget.Check
	focused bool
}

// NewCheck makes a check.
func NewCheck(words string, changed func(bool)) *Check {
	c := &Check{}
	c.Text, c.OnChanged = words, changed
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey implements fyne.Focusable; space comes as a rune.
func (c *Check) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace:
	case fyne.KeyReturn, fyne.KeyEnter:
		c.TypedRune(' ')
	default:
		passOn(c, e)
	}
}

// KeyDown implements desktop.Keyable.
func (c *Check) KeyDown(e *fyne.KeyEvent) { holdOn(c, e, true) }

// KeyUp implements desktop.Keyable.
func (c *Check) KeyUp(e *fyne.KeyEvent) { holdOn(c, e, false) }

// FocusGained implements fyne.Focusable.
func (c *Check) FocusGained() {
	c.focused = true
	c.Check.FocusGained()
	Reveal(c)
}

// FocusLost implements fyne.Focusable.
func (c *Check) FocusLost() {
	c.focused = false
	c.Check.FocusLost()
}

// CreateRenderer implements fyne.Widget.
func (c *Check) CreateRenderer() fyne.WidgetRenderer {
	return newFramed(c, c.Check.CreateRenderer(), &c.focused)
}

// AccessibilityLabel implements fyne.Accessible.
func (c *Check) AccessibilityLabel() string { return c.Text + ": " + onOff(c.Checked) }

// AccessibilityRole implements fyne.Accessible.
func (c *Check) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func onOff(on bool) string {
	if on {
		return text.T("state.on")
	}
	return text.T("state.off")
}

// Select is Fyne's select that also opens with enter, passes on keys it has no use for, and says its name and value.
type Select struct {
	fynewidget.Select
	Name    string // for screen readers
	focused bool
}

// NewSelect makes a select.
func NewSelect(options []string, changed func(string)) *Select {
	s := &Select{}
	s.Options, s.OnChanged = options, changed
	s.ExtendBaseWidget(s)
	return s
}

// TypedKey implements fyne.Focusable.
func (s *Select) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		s.Select.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	case fyne.KeySpace, fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight:
		s.Select.TypedKey(e)
	default:
		passOn(s, e)
	}
}

// KeyDown implements desktop.Keyable.
func (s *Select) KeyDown(e *fyne.KeyEvent) { holdOn(s, e, true) }

// KeyUp implements desktop.Keyable.
func (s *Select) KeyUp(e *fyne.KeyEvent) { holdOn(s, e, false) }

// FocusGained implements fyne.Focusable.
func (s *Select) FocusGained() {
	s.focused = true
	s.Select.FocusGained()
	Reveal(s)
}

// FocusLost implements fyne.Focusable.
func (s *Select) FocusLost() {
	s.focused = false
	s.Select.FocusLost()
}

// CreateRenderer implements fyne.Widget.
func (s *Select) CreateRenderer() fyne.WidgetRenderer {
	return newFramed(s, s.Select.CreateRenderer(), &s.focused)
}

// AccessibilityLabel implements fyne.Accessible.
func (s *Select) AccessibilityLabel() string { return named(s.Name, s.Selected) }

// AccessibilityRole implements fyne.Accessible.
func (s *Select) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// named is a control's name with what it holds.
func named(name, value string) string {
	switch {
	case name == "":
		return value
	case value == "":
		return name
	}
	return name + ": " + value
}

// Slider is Fyne's slider that passes on keys it has no use for, and says its name and value.
type Slider struct {
	fynewidget.Slider
	Name    string // for screen readers
	focused bool
}

// NewSlider makes a slider.
func NewSlider(low, high float64) *Slider {
	s := &Slider{}
	s.Min, s.Max, s.Step = low, high, 1
	s.ExtendBaseWidget(s)
	return s
}

// TypedKey implements fyne.Focusable.
func (s *Slider) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyRight:
		s.Slider.TypedKey(e)
	default:
		passOn(s, e)
	}
}

// FocusGained implements fyne.Focusable.
func (s *Slider) FocusGained() {
	s.focused = true
	s.Slider.FocusGained()
	Reveal(s)
}

// FocusLost implements fyne.Focusable.
func (s *Slider) FocusLost() {
	s.focused = false
	s.Slider.FocusLost()
}

// CreateRenderer implements fyne.Widget.
func (s *Slider) CreateRenderer() fyne.WidgetRenderer {
	return newFramed(s, s.Slider.CreateRenderer(), &s.focused)
}

// AccessibilityLabel implements fyne.Accessible.
func (s *Slider) AccessibilityLabel() string {
	return named(s.Name, strconv.FormatFloat(s.Value, 'f', -1, 64))
}

// AccessibilityRole implements fyne.Accessible.
func (s *Slider) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// framed draws a ring around a control of Fyne's while it has the focus: Fyne's own mark is hardly seen.
type framed struct {
	fyne.WidgetRenderer
	control fyne.Widget
	focused *bool
	ring    *canvas.Rectangle
}

func newFramed(control fyne.Widget, inner fyne.WidgetRenderer, focused *bool) *framed {
	f := &framed{WidgetRenderer: inner, control: control, focused: focused, ring: canvas.NewRectangle(nil)}
	f.ring.CornerRadius = look.Radius
	f.apply()
	return f
}

func (f *framed) apply() {
	_, edged := f.control.(*Select)
	f.ring.FillColor = nil
	f.ring.Hidden = !edged && !*f.focused
	f.ring.StrokeWidth, f.ring.StrokeColor = 1, colorOf(f.control, theme.ColorNameInputBorder)
	if *f.focused {
		f.ring.StrokeWidth, f.ring.StrokeColor = 2, colorOf(f.control, theme.ColorNameForeground)
	}
}

// Objects implements fyne.WidgetRenderer.
func (f *framed) Objects() []fyne.CanvasObject {
	inner := f.WidgetRenderer.Objects()
	return append(inner[:len(inner):len(inner)], f.ring)
}

// Layout implements fyne.WidgetRenderer. A check hears nothing right of its words, so its ring ends there.
func (f *framed) Layout(size fyne.Size) {
	f.WidgetRenderer.Layout(size)
	if _, ok := f.control.(*Check); ok {
		size.Width = min(size.Width, f.MinSize().Width)
	}
	f.ring.Resize(size)
}

// Refresh implements fyne.WidgetRenderer.
func (f *framed) Refresh() {
	f.apply()
	f.ring.Refresh()
	f.WidgetRenderer.Refresh()
}
