package widget

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
)

// Options are a few things of which one is chosen, side by side. Unlike Fyne's radio buttons they pass on keys they have no
// use for, are chosen by enter and the arrow keys too, and say their names.
type Options struct {
	fynewidget.BaseWidget
	OnChanged func(string)
	Options   []string

	selected string
	disabled bool
	items    []*option
	box      *fyne.Container
}

// NewOptions makes options of which selected is chosen.
func NewOptions(options []string, selected string, changed func(string)) *Options {
	o := &Options{Options: options, selected: selected, OnChanged: changed, box: container.NewHBox()}
	for _, words := range options {
		i := &option{group: o, words: words}
		i.ExtendBaseWidget(i)
		o.items = append(o.items, i)
		o.box.Add(i)
	}
	o.ExtendBaseWidget(o)
	return o
}

// Selected is what is chosen.
func (o *Options) Selected() string { return o.selected }

// SetSelected chooses.
func (o *Options) SetSelected(words string) {
	if words == o.selected || !slices.Contains(o.Options, words) {
		return
	}
	o.selected = words
	o.refreshItems()
	if o.OnChanged != nil {
		o.OnChanged(words)
	}
}

// Disable implements fyne.Disableable.
func (o *Options) Disable() { o.setDisabled(true) }

// Enable implements fyne.Disableable.
func (o *Options) Enable() { o.setDisabled(false) }

// Disabled implements fyne.Disableable.
func (o *Options) Disabled() bool { return o.disabled }

func (o *Options) setDisabled(disabled bool) {
	o.disabled = disabled
	o.refreshItems()
}

func (o *Options) refreshItems() {
	for _, i := range o.items {
		i.Refresh()
	}
}

// Held implements Holder.
func (o *Options) Held() fyne.CanvasObject { return o.box }

// CreateRenderer implements fyne.Widget.
func (o *Options) CreateRenderer() fyne.WidgetRenderer { return fynewidget.NewSimpleRenderer(o.box) }

// option is one of them.
type option struct {
	fynewidget.BaseWidget
	group            *Options
	words            string
	focused, hovered bool
}

var (
	_ fyne.Focusable    = (*option)(nil)
	_ fyne.Tappable     = (*option)(nil)
	_ fyne.Disableable  = (*option)(nil)
	_ fyne.Accessible   = (*option)(nil)
	_ desktop.Hoverable = (*option)(nil)
)

// The methods of fyne.Disableable: options are disabled together.
func (i *option) Disable()       { i.group.Disable() }
func (i *option) Enable()        { i.group.Enable() }
func (i *option) Disabled() bool { return i.group.disabled }

// Tapped implements fyne.Tappable.
func (i *option) Tapped(*fyne.PointEvent) {
	if !i.group.disabled {
		i.group.SetSelected(i.words)
	}
}

// TypedRune implements fyne.Focusable.
func (i *option) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (i *option) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		i.Tapped(nil)
	case fyne.KeyLeft, fyne.KeyUp:
		i.step(-1)
	case fyne.KeyRight, fyne.KeyDown:
		i.step(1)
	default:
		passOn(i, e)
	}
}

// KeyDown implements desktop.Keyable.
func (i *option) KeyDown(e *fyne.KeyEvent) { holdOn(i, e, true) }

// KeyUp implements desktop.Keyable.
func (i *option) KeyUp(e *fyne.KeyEvent) { holdOn(i, e, false) }

// step chooses the neighbour and goes there.
func (i *option) step(by int) {
	at := slices.Index(i.group.items, i) + by
	if at < 0 || at >= len(i.group.items) {
		return
	}
	next := i.group.items[at]
	next.Tapped(nil)
	if c := fyne.CurrentApp().Driver().CanvasForObject(i); c != nil {
		c.Focus(next)
	}
}

// FocusGained implements fyne.Focusable.
func (i *option) FocusGained() {
	i.focused = true
	i.Refresh()
	Reveal(i)
}

// FocusLost implements fyne.Focusable.
func (i *option) FocusLost() { i.focused = false; i.Refresh() }

// MouseIn implements desktop.Hoverable.
func (i *option) MouseIn(*desktop.MouseEvent) { i.hovered = true; i.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (i *option) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (i *option) MouseOut() { i.hovered = false; i.Refresh() }

// Words of the option, as they are seen.
func (i *option) Words() string { return i.words }

// AccessibilityLabel implements fyne.Accessible.
func (i *option) AccessibilityLabel() string {
	return i.words + ": " + onOff(i.group.selected == i.words)
}

// AccessibilityRole implements fyne.Accessible.
func (i *option) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Sizes of an option, device independent pixels.
const (
	optionMark   float32 = 18
	optionDot    float32 = 8
	optionSide   float32 = 8
	optionGap    float32 = 8
	optionHeight float32 = 38
)

// CreateRenderer implements fyne.Widget.
func (i *option) CreateRenderer() fyne.WidgetRenderer {
	r := &optionRenderer{option: i, field: canvas.NewRectangle(nil), mark: canvas.NewCircle(color.Transparent), dot: canvas.NewCircle(nil),
		words: canvas.NewText(i.words, nil)}
	r.field.CornerRadius = look.Radius
	r.mark.StrokeWidth = 2
	r.apply()
	return r
}

type optionRenderer struct {
	option    *option
	field     *canvas.Rectangle
	mark, dot *canvas.Circle
	words     *canvas.Text
}

func (r *optionRenderer) Destroy() {}

func (r *optionRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.field, r.mark, r.dot, r.words}
}

func (r *optionRenderer) MinSize() fyne.Size {
	return fyne.NewSize(2*optionSide+optionMark+optionGap+r.words.MinSize().Width, optionHeight)
}

func (r *optionRenderer) Layout(size fyne.Size) {
	r.field.Resize(size)
	r.mark.Move(fyne.NewPos(optionSide, (size.Height-optionMark)/2))
	r.mark.Resize(fyne.NewSize(optionMark, optionMark))
	inset := (optionMark - optionDot) / 2
	r.dot.Move(r.mark.Position().AddXY(inset, inset))
	r.dot.Resize(fyne.NewSize(optionDot, optionDot))
	m := r.words.MinSize()
	r.words.Move(fyne.NewPos(optionSide+optionMark+optionGap, (size.Height-m.Height)/2))
	r.words.Resize(m)
}

func (r *optionRenderer) apply() {
	i := r.option
	chosen := i.group.selected == i.words
	words, mark := theme.ColorNameForeground, look.Muted
	if chosen {
		mark = theme.ColorNamePrimary
	}
	if i.group.disabled {
		words, mark = theme.ColorNameDisabled, theme.ColorNameDisabled
	}
	r.words.TextSize = theme.SizeForWidget(theme.SizeNameText, i)
	r.words.Color = colorOf(i, words)
	r.mark.StrokeColor, r.dot.FillColor = colorOf(i, mark), colorOf(i, mark)
	r.dot.Hidden = !chosen
	r.field.FillColor, r.field.StrokeWidth = nil, 0
	if i.hovered && !i.group.disabled {
		r.field.FillColor = colorOf(i, theme.ColorNameHover)
	}
	if i.focused {
		r.field.StrokeWidth, r.field.StrokeColor = 2, colorOf(i, theme.ColorNameForeground)
	}
}

func (r *optionRenderer) Refresh() {
	r.apply()
	r.Layout(r.option.Size())
	canvas.Refresh(r.option)
}
