package views

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// columnLayout puts its one object in a column of a largest width: in the middle, or at the top when it is higher than
// the room.
type columnLayout struct {
	width float32
	top   bool // never in the middle of the height
}

func (l columnLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].MinSize()
	return fyne.NewSize(m.Width+2*look.Margin, m.Height+2*look.Margin)
}

func (l columnLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := min(l.width, size.Width-2*look.Margin)
	// A text that wraps knows its height only at its width.
	objects[0].Resize(fyne.NewSize(w, objects[0].Size().Height))
	h := objects[0].MinSize().Height
	y := look.Margin
	if !l.top {
		y = max(y, (size.Height-h)/2)
	}
	objects[0].Resize(fyne.NewSize(w, h))
	objects[0].Move(fyne.NewPos((size.Width-w)/2, y))
}

// column is a scrolled column: what does not fit can be scrolled to, so that any window size works.
func column(width float32, content fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVScroll(container.New(columnLayout{width: width}, content))
}

// twoColumns puts two objects side by side when there is room, else one below the other.
type twoColumns struct {
	from, gap float32
	wide      bool // side by side when last laid out
}

func (l *twoColumns) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	if l.wide {
		return fyne.NewSize(max(a.Width, b.Width), max(a.Height, b.Height))
	}
	return fyne.NewSize(max(a.Width, b.Width), a.Height+l.gap+b.Height)
}

func (l *twoColumns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.wide = size.Width >= l.from
	if l.wide {
		w := (size.Width - l.gap) / 2
		objects[0].Resize(fyne.NewSize(w, size.Height))
		objects[0].Move(fyne.NewPos(0, 0))
		objects[1].Resize(fyne.NewSize(w, size.Height))
		objects[1].Move(fyne.NewPos(w+l.gap, 0))
		return
	}
	objects[0].Resize(fyne.NewSize(size.Width, objects[0].Size().Height))
	h := objects[0].MinSize().Height
	objects[0].Resize(fyne.NewSize(size.Width, h))
	objects[0].Move(fyne.NewPos(0, 0))
	objects[1].Resize(fyne.NewSize(size.Width, max(objects[1].MinSize().Height, size.Height-h-l.gap)))
	objects[1].Move(fyne.NewPos(0, h+l.gap))
}

// card is a rounded surface with room inside.
type card struct {
	fynewidget.BaseWidget
	content fyne.CanvasObject
}

func newCard(content fyne.CanvasObject) *card {
	c := &card{content: content}
	c.ExtendBaseWidget(c)
	return c
}

// Held implements widget.Holder.
func (c *card) Held() fyne.CanvasObject { return c.content }

func (c *card) CreateRenderer() fyne.WidgetRenderer {
	r := &cardRenderer{card: c, field: canvas.NewRectangle(nil)}
	r.field.CornerRadius = look.CardRound
	r.field.StrokeWidth = 1
	r.apply()
	return r
}

type cardRenderer struct {
	card  *card
	field *canvas.Rectangle
}

func (r *cardRenderer) Destroy() {}
func (r *cardRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.field, r.card.content}
}

func (r *cardRenderer) MinSize() fyne.Size {
	m := r.card.content.MinSize()
	return fyne.NewSize(m.Width+2*look.Margin, m.Height+2*look.Margin)
}

func (r *cardRenderer) Layout(size fyne.Size) {
	r.field.Resize(size)
	r.card.content.Move(fyne.NewPos(look.Margin, look.Margin))
	r.card.content.Resize(fyne.NewSize(size.Width-2*look.Margin, size.Height-2*look.Margin))
}

func (r *cardRenderer) apply() {
	r.field.FillColor = theme.ColorForWidget(look.Surface, r.card)
	r.field.StrokeColor = theme.ColorForWidget(theme.ColorNameSeparator, r.card)
}

func (r *cardRenderer) Refresh() {
	r.apply()
	r.Layout(r.card.Size())
	canvas.Refresh(r.card)
	r.card.content.Refresh()
}

func heading(s string) *fynewidget.Label {
	l := fynewidget.NewLabel(s)
	l.SizeName = theme.SizeNameHeadingText
	l.TextStyle.Bold = true
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}

func subheading(s string) *fynewidget.Label {
	l := fynewidget.NewLabel(s)
	l.SizeName = theme.SizeNameSubHeadingText
	l.TextStyle.Bold = true
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}

// muted is secondary text that wraps.
func muted(s string) *fynewidget.Label {
	l := fynewidget.NewLabel(s)
	l.Importance = fynewidget.LowImportance
	l.Wrapping = fyne.TextWrapWord
	return l
}

// caption is the label of a field; it wraps.
func caption(s string) *fynewidget.Label {
	l := fynewidget.NewLabel(s)
	l.TextStyle.Bold = true
	l.Wrapping = fyne.TextWrapWord
	return l
}

// tight is a column with little room between, for a label and what belongs to it.
func tight(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(-8), objects...)
}

// labelled is a field with its label above.
func labelled(key string, o fyne.CanvasObject) fyne.CanvasObject {
	nameControls(o, text.T(key))
	return container.New(layout.NewCustomPaddedVBoxLayout(-6), caption(text.T(key)), o)
}

// nameControls tells screen readers what the label beside controls says.
func nameControls(o fyne.CanvasObject, name string) {
	set := func(to *string) {
		if *to == "" {
			*to = name
		}
	}
	switch c := o.(type) {
	case *widget.Field:
		set(&c.Name)
	case *widget.Select:
		set(&c.Name)
	case *widget.Slider:
		set(&c.Name)
	case *fyne.Container:
		for _, child := range c.Objects {
			nameControls(child, name)
		}
	}
}

// markChosen shows which of several buttons is the chosen one, and says so to screen readers.
func markChosen(b *widget.Button, chosen bool) {
	importance, name := fynewidget.LowImportance, ""
	if chosen {
		importance, name = fynewidget.MediumImportance, b.Text+": "+text.T("state.on")
	}
	if b.Importance != importance || b.Name != name {
		b.Importance, b.Name = importance, name
		b.Refresh()
	}
}

// bordered is Fyne's border layout with the focus going from top to bottom: Fyne's own container has the middle first.
func bordered(top, bottom, left, right fyne.CanvasObject, middle ...fyne.CanvasObject) *fyne.Container {
	objects := []fyne.CanvasObject{}
	for _, o := range append(append([]fyne.CanvasObject{top, left}, middle...), right, bottom) {
		if o != nil {
			objects = append(objects, o)
		}
	}
	return container.New(layout.NewBorderLayout(top, bottom, left, right), objects...)
}

// fitting scrolls what is higher than the room there is.
func fitting(o fyne.CanvasObject, room fyne.Size) fyne.CanvasObject {
	if o.MinSize().Height <= room.Height {
		return o
	}
	s := container.NewVScroll(o)
	s.SetMinSize(fyne.NewSize(min(o.MinSize().Width, room.Width), room.Height))
	return s
}

func gap(h float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(1, h))
	return r
}
