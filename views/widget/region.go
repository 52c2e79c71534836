package widget

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
)

// Region lets a person draw a rectangle over a picture of a screen: with the mouse, or with the arrow keys, which move it
// (with shift: its lower right corner).
type Region struct {
	fynewidget.BaseWidget

	// OnChanged is called with what is chosen, in pixels of the screen.
	OnChanged func(image.Rectangle)
	// OnEnter is called on enter.
	OnEnter func()

	screen  image.Point // pixels
	chosen  image.Rectangle
	picture image.Image
	from    image.Point // where a drag began
	drags   bool
	shift   bool
	focused bool
}

var (
	_ fyne.Draggable    = (*Region)(nil)
	_ fyne.Focusable    = (*Region)(nil)
	_ desktop.Keyable   = (*Region)(nil)
	_ desktop.Mouseable = (*Region)(nil)
	_ fyne.Accessible   = (*Region)(nil)
)

// Least sides of a region, and how far an arrow key moves, pixels.
const (
	regionLeast = 64
	regionStep  = 16
)

// NewRegion of a screen of so many pixels; the middle half of each side is chosen.
func NewRegion(screen image.Point) *Region {
	r := &Region{screen: screen}
	r.chosen = image.Rect(screen.X/4, screen.Y/4, screen.X*3/4, screen.Y*3/4)
	r.ExtendBaseWidget(r)
	return r
}

// Chosen region, pixels of the screen.
func (r *Region) Chosen() image.Rectangle { return r.chosen }

// SetPicture shows what is on the screen.
func (r *Region) SetPicture(picture image.Image) {
	r.picture = picture
	r.Refresh()
}

// choose keeps the rectangle on the screen and not too small.
func (r *Region) choose(next image.Rectangle) {
	whole := image.Rectangle{Max: r.screen}
	next = next.Canon().Intersect(whole)
	if next.Dx() < regionLeast {
		next.Max.X = min(next.Min.X+regionLeast, whole.Max.X)
		next.Min.X = max(0, next.Max.X-regionLeast)
	}
	if next.Dy() < regionLeast {
		next.Max.Y = min(next.Min.Y+regionLeast, whole.Max.Y)
		next.Min.Y = max(0, next.Max.Y-regionLeast)
	}
	next.Max = next.Min.Add(image.Pt(next.Dx()&^1, next.Dy()&^1))
	if next == r.chosen {
		return
	}
	r.chosen = next
	r.Refresh()
	if r.OnChanged != nil {
		r.OnChanged(next)
	}
}

// field is where the screen lies in the widget.
func (r *Region) field() (at fyne.Position, size fyne.Size) {
	s := r.Size()
	w, h := s.Width, s.Height
	if r.screen.X > 0 && r.screen.Y > 0 {
		ratio := float32(r.screen.X) / float32(r.screen.Y)
		if w > h*ratio {
			w = h * ratio
		} else {
			h = w / ratio
		}
	}
	return fyne.NewPos((s.Width-w)/2, (s.Height-h)/2), fyne.NewSize(w, h)
}

func (r *Region) pixel(p fyne.Position) image.Point {
	at, size := r.field()
	if size.Width <= 0 || size.Height <= 0 {
		return image.Point{}
	}
	x := (p.X - at.X) / size.Width * float32(r.screen.X)
	y := (p.Y - at.Y) / size.Height * float32(r.screen.Y)
	return image.Pt(min(max(int(x), 0), r.screen.X), min(max(int(y), 0), r.screen.Y))
}

// MouseDown implements desktop.Mouseable.
func (r *Region) MouseDown(e *desktop.MouseEvent) {
	r.from, r.drags = r.pixel(e.Position), false
	if c := fyne.CurrentApp().Driver().CanvasForObject(r); c != nil {
		c.Focus(r)
	}
}

// MouseUp implements desktop.Mouseable.
func (r *Region) MouseUp(*desktop.MouseEvent) {}

// Dragged implements fyne.Draggable.
func (r *Region) Dragged(e *fyne.DragEvent) {
	if !r.drags {
		r.drags = true
		r.from = r.pixel(e.Position.Subtract(e.Dragged))
	}
	to := r.pixel(e.Position)
	r.choose(image.Rectangle{Min: r.from, Max: to})
}

// DragEnd implements fyne.Draggable.
func (r *Region) DragEnd() { r.drags = false }

// FocusGained implements fyne.Focusable.
func (r *Region) FocusGained() { r.focused = true; r.Refresh() }

// FocusLost implements fyne.Focusable.
func (r *Region) FocusLost() { r.focused, r.shift = false, false; r.Refresh() }

// TypedRune implements fyne.Focusable.
func (r *Region) TypedRune(rune) {}

// KeyDown implements desktop.Keyable.
func (r *Region) KeyDown(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		r.shift = true
	}
	holdAnyOn(r, e, true)
}

// KeyUp implements desktop.Keyable.
func (r *Region) KeyUp(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		r.shift = false
	}
	holdAnyOn(r, e, false)
}

// TypedKey implements fyne.Focusable.
func (r *Region) TypedKey(e *fyne.KeyEvent) {
	var by image.Point
	switch e.Name {
	case fyne.KeyLeft:
		by.X = -regionStep
	case fyne.KeyRight:
		by.X = regionStep
	case fyne.KeyUp:
		by.Y = -regionStep
	case fyne.KeyDown:
		by.Y = regionStep
	case fyne.KeyReturn, fyne.KeyEnter:
		call(r.OnEnter)
		return
	default:
		passOn(r, e)
		return
	}
	next := r.chosen
	next.Max = next.Max.Add(by)
	if !r.shift {
		next.Min = next.Min.Add(by)
		if !next.In(image.Rectangle{Max: r.screen}) {
			return
		}
	}
	r.choose(next)
}

// AccessibilityLabel implements fyne.Accessible.
func (r *Region) AccessibilityLabel() string { return r.chosen.String() }

// AccessibilityRole implements fyne.Accessible.
func (r *Region) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (r *Region) CreateRenderer() fyne.WidgetRenderer {
	x := &regionRenderer{region: r, well: canvas.NewRectangle(nil), picture: canvas.NewImageFromImage(nil), frame: canvas.NewRectangle(nil)}
	x.picture.FillMode, x.picture.ScaleMode = canvas.ImageFillStretch, canvas.ImageScaleFastest
	for i := range x.shade {
		x.shade[i], x.handle[i] = canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	}
	x.apply()
	return x
}

type regionRenderer struct {
	region  *Region
	well    *canvas.Rectangle
	picture *canvas.Image
	shade   [4]*canvas.Rectangle // what is left out: above, below, left, right
	frame   *canvas.Rectangle
	handle  [4]*canvas.Rectangle // at the corners, while it has the focus
}

// regionHandle is how large a handle is, device independent pixels.
const regionHandle float32 = 12

func (x *regionRenderer) Destroy()           {}
func (x *regionRenderer) MinSize() fyne.Size { return fyne.NewSize(200, 112) }

func (x *regionRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{x.well, x.picture, x.shade[0], x.shade[1], x.shade[2], x.shade[3], x.frame,
		x.handle[0], x.handle[1], x.handle[2], x.handle[3]}
}

func (x *regionRenderer) Layout(fyne.Size) {
	r := x.region
	at, size := r.field()
	put := func(o fyne.CanvasObject, px, py, w, h float32) {
		o.Move(at.AddXY(px, py))
		o.Resize(fyne.NewSize(w, h))
	}
	put(x.well, 0, 0, size.Width, size.Height)
	put(x.picture, 0, 0, size.Width, size.Height)
	if r.screen.X == 0 || r.screen.Y == 0 {
		return
	}
	scaleX, scaleY := size.Width/float32(r.screen.X), size.Height/float32(r.screen.Y)
	left, top := float32(r.chosen.Min.X)*scaleX, float32(r.chosen.Min.Y)*scaleY
	right, bottom := float32(r.chosen.Max.X)*scaleX, float32(r.chosen.Max.Y)*scaleY
	put(x.shade[0], 0, 0, size.Width, top)
	put(x.shade[1], 0, bottom, size.Width, size.Height-bottom)
	put(x.shade[2], 0, top, left, bottom-top)
	put(x.shade[3], right, top, size.Width-right, bottom-top)
	put(x.frame, left, top, right-left, bottom-top)
	for i, corner := range []fyne.Position{{X: left, Y: top}, {X: right, Y: top}, {X: left, Y: bottom}, {X: right, Y: bottom}} {
		put(x.handle[i], corner.X-regionHandle/2, corner.Y-regionHandle/2, regionHandle, regionHandle)
	}
}

func (x *regionRenderer) apply() {
	r := x.region
	x.well.FillColor = colorOf(r, look.StageTile)
	x.picture.Image = r.picture
	x.picture.Hidden = r.picture == nil
	for _, s := range x.shade {
		s.FillColor = look.Shade
	}
	x.frame.StrokeColor, x.frame.StrokeWidth = colorOf(r, look.Ring), 2
	if r.focused {
		x.frame.StrokeWidth = 3
	}
	for _, h := range x.handle {
		h.FillColor, h.StrokeColor, h.StrokeWidth = colorOf(r, look.OnStrong), colorOf(r, look.Stage), 1
		h.Hidden = !r.focused
	}
}

func (x *regionRenderer) Refresh() {
	x.apply()
	x.Layout(x.region.Size())
	x.picture.Refresh()
	canvas.Refresh(x.region)
}
