package widget

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
)

// SourceCard is something to choose from by its picture: a live picture, an icon and a title. One of several is chosen.
type SourceCard struct {
	fynewidget.BaseWidget

	// OnChosen is called on tap and space, OnEnter on enter.
	OnChosen, OnEnter func()

	title, detail    string
	icon             image.Image // of the program; nil: fallback
	fallback         string      // name of an icon of ours
	picture          image.Image
	note             string // instead of a picture
	chosen           bool
	hovered, focused bool
}

var (
	_ fyne.Focusable    = (*SourceCard)(nil)
	_ fyne.Tappable     = (*SourceCard)(nil)
	_ fyne.Accessible   = (*SourceCard)(nil)
	_ desktop.Hoverable = (*SourceCard)(nil)
)

// Sizes of a card in device independent pixels.
const (
	sourceWidth   float32 = 208
	sourcePicture float32 = 116
	sourceInset   float32 = 8
	sourceLine    float32 = 18
)

// NewSourceCard makes a card. note stands in for the picture until there is one.
func NewSourceCard(title, detail, fallback string, icon image.Image, note string) *SourceCard {
	c := &SourceCard{title: title, detail: detail, fallback: fallback, icon: icon, note: note}
	c.ExtendBaseWidget(c)
	return c
}

// SetPicture shows a picture; nil and a note show the note.
func (c *SourceCard) SetPicture(picture image.Image, note string) {
	c.picture, c.note = picture, note
	c.Refresh()
}

// HasPicture tells whether there is a picture.
func (c *SourceCard) HasPicture() bool { return c.picture != nil }

// SetChosen marks the card.
func (c *SourceCard) SetChosen(chosen bool) {
	if chosen != c.chosen {
		c.chosen = chosen
		c.Refresh()
	}
}

// Chosen tells whether the card is marked.
func (c *SourceCard) Chosen() bool { return c.chosen }

// Title of the card.
func (c *SourceCard) Title() string { return c.title }

// AccessibilityLabel implements fyne.Accessible.
func (c *SourceCard) AccessibilityLabel() string {
	name := c.title + " " + c.detail
	if c.chosen {
		name += ": " + onOff(true)
	}
	return name
}

// AccessibilityRole implements fyne.Accessible.
func (c *SourceCard) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped implements fyne.Tappable.
func (c *SourceCard) Tapped(*fyne.PointEvent) { call(c.OnChosen) }

// FocusGained implements fyne.Focusable.
func (c *SourceCard) FocusGained() {
	c.focused = true
	c.Refresh()
	Reveal(c)
}

// FocusLost implements fyne.Focusable.
func (c *SourceCard) FocusLost() { c.focused = false; c.Refresh() }

// TypedRune implements fyne.Focusable.
func (c *SourceCard) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (c *SourceCard) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace:
		call(c.OnChosen)
	case fyne.KeyReturn, fyne.KeyEnter:
		call(c.OnChosen)
		call(c.OnEnter)
	default:
		passOn(c, e)
	}
}

// KeyDown implements desktop.Keyable.
func (c *SourceCard) KeyDown(e *fyne.KeyEvent) { holdOn(c, e, true) }

// KeyUp implements desktop.Keyable.
func (c *SourceCard) KeyUp(e *fyne.KeyEvent) { holdOn(c, e, false) }

// MouseIn implements desktop.Hoverable.
func (c *SourceCard) MouseIn(*desktop.MouseEvent) { c.hovered = true; c.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (c *SourceCard) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *SourceCard) MouseOut() { c.hovered = false; c.Refresh() }

// CreateRenderer implements fyne.Widget.
func (c *SourceCard) CreateRenderer() fyne.WidgetRenderer {
	r := &sourceCardRenderer{card: c,
		field: canvas.NewRectangle(nil), well: canvas.NewRectangle(nil), ring: canvas.NewRectangle(nil), focus: canvas.NewRectangle(nil),
		picture: canvas.NewImageFromImage(nil), note: canvas.NewText("", nil),
		icon: canvas.NewImageFromResource(nil), title: canvas.NewText("", nil), detail: canvas.NewText("", nil),
		badge: canvas.NewCircle(nil), check: canvas.NewImageFromResource(nil)}
	r.field.CornerRadius, r.ring.CornerRadius, r.focus.CornerRadius, r.well.CornerRadius = look.Radius, look.Radius, look.Radius, 6
	r.picture.FillMode, r.picture.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	r.icon.FillMode = canvas.ImageFillContain
	r.title.TextSize, r.detail.TextSize, r.note.TextSize = 13, 11, 12
	r.title.TextStyle.Bold = true
	r.note.Alignment = fyne.TextAlignCenter
	r.apply()
	return r
}

type sourceCardRenderer struct {
	card          *SourceCard
	field, well   *canvas.Rectangle
	ring, focus   *canvas.Rectangle
	picture, icon *canvas.Image
	check         *canvas.Image
	badge         *canvas.Circle
	title, detail *canvas.Text
	note          *canvas.Text
}

func (r *sourceCardRenderer) Destroy() {}

func (r *sourceCardRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.field, r.well, r.note, r.picture, r.icon, r.title, r.detail, r.ring, r.focus, r.badge, r.check}
}

func (r *sourceCardRenderer) MinSize() fyne.Size {
	return fyne.NewSize(sourceWidth, sourcePicture+2*sourceLine+3*sourceInset)
}

func (r *sourceCardRenderer) Layout(size fyne.Size) {
	r.field.Resize(size)
	r.focus.Resize(size)
	inset := float32(0)
	if r.card.focused {
		inset = 4 // both frames are seen
	}
	r.ring.Move(fyne.NewPos(inset, inset))
	r.ring.Resize(fyne.NewSize(size.Width-2*inset, size.Height-2*inset))
	w := size.Width - 2*sourceInset
	at := fyne.NewPos(sourceInset, sourceInset)
	for _, o := range []fyne.CanvasObject{r.well, r.picture} {
		o.Move(at)
		o.Resize(fyne.NewSize(w, sourcePicture))
	}
	r.note.Move(at.AddXY(0, sourcePicture/2-9))
	r.note.Resize(fyne.NewSize(w, 18))
	y := 2*sourceInset + sourcePicture
	r.icon.Move(fyne.NewPos(sourceInset, y+4))
	r.icon.Resize(fyne.NewSize(28, 28))
	r.title.Move(fyne.NewPos(sourceInset+36, y))
	r.detail.Move(fyne.NewPos(sourceInset+36, y+sourceLine))
	r.badge.Move(fyne.NewPos(size.Width-sourceInset-28, sourceInset+6))
	r.badge.Resize(fyne.NewSize(22, 22))
	r.check.Move(fyne.NewPos(size.Width-sourceInset-25, sourceInset+9))
	r.check.Resize(fyne.NewSize(16, 16))
	r.words(size.Width)
}

// words fit in their lines.
func (r *sourceCardRenderer) words(width float32) {
	room := width - 2*sourceInset - 36
	r.title.Text = Shorten(r.card.title, r.title.TextSize, room, r.title.TextStyle)
	r.detail.Text = Shorten(r.card.detail, r.detail.TextSize, room, r.detail.TextStyle)
	r.note.Text = Shorten(r.card.note, r.note.TextSize, width-2*sourceInset-8, fyne.TextStyle{})
}

func (r *sourceCardRenderer) apply() {
	c := r.card
	r.field.FillColor = colorOf(c, theme.ColorNameInputBackground)
	if c.hovered {
		r.field.FillColor = colorOf(c, theme.ColorNameButton)
	}
	r.well.FillColor = colorOf(c, look.StageTile)
	r.title.Color = colorOf(c, theme.ColorNameForeground)
	r.detail.Color = colorOf(c, look.Muted)
	r.note.Color = colorOf(c, look.OnStageMuted)
	r.note.Hidden = c.picture != nil
	r.picture.Image = c.picture
	r.picture.Hidden = c.picture == nil
	if c.icon != nil {
		r.icon.Image, r.icon.Resource = c.icon, nil
	} else {
		r.icon.Image, r.icon.Resource = nil, look.Icon(c.fallback)
	}
	// Chosen: a thick frame and a tick; the focus: a thinner frame in the text's colour around it.
	r.ring.FillColor, r.focus.FillColor = nil, nil
	r.ring.Hidden, r.focus.Hidden = !c.chosen, !c.focused
	r.ring.StrokeWidth, r.ring.StrokeColor = 3, colorOf(c, theme.ColorNamePrimary)
	r.focus.StrokeWidth, r.focus.StrokeColor = 2, colorOf(c, theme.ColorNameForeground)
	r.badge.Hidden, r.check.Hidden = !c.chosen, !c.chosen
	r.badge.FillColor = colorOf(c, theme.ColorNamePrimary)
	r.check.Resource = look.ColoredIcon("check", theme.ColorNameForegroundOnPrimary)
}

func (r *sourceCardRenderer) Refresh() {
	r.apply()
	r.Layout(r.card.Size())
	for _, i := range []*canvas.Image{r.picture, r.icon, r.check} {
		i.Refresh()
	}
	canvas.Refresh(r.card)
}
