package widget

import (
	"strings"
	"sync"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/media/video"
)

// Tile shows one stream: its newest picture, or a circle with initials when there is none, and a plate with a name.
//
// Prepare may be called from any one goroutine; everything else belongs to the window's.
type Tile struct {
	fynewidget.BaseWidget

	// Thumbnail tiles are drawn at half the rate.
	Thumbnail bool
	// OnDragEnd is called with where the tile's centre was let go, in coordinates of its parent. nil: not draggable.
	OnDragEnd func(center fyne.Position)
	// OnTapped is called on tap.
	OnTapped func()

	slot   string
	mirror bool
	label  TileLabel

	mu            sync.Mutex
	surface       surface
	pixelW        int // of the tile
	pixelH        int
	prepared      bool
	preparedW     int // of the frame
	preparedH     int
	frameW        int // of the picture shown, 0 without one
	frameH        int
	surfaceObject fyne.CanvasObject

	render *tileRenderer
}

// TileLabel is what a tile says beside the picture.
type TileLabel struct {
	Name     string // on the plate
	Person   string // whose initials stand for the picture
	Icon     string // beside the name, empty for none
	Hint     string // below the initials while there is no picture
	Rounded  bool
	Centered bool // larger initials, no plate: the stage while a call is set up
}

// NewTile makes a tile. slot is unique in its window.
func NewTile(slot string, drawing Drawing, mirror bool) *Tile {
	t := &Tile{slot: slot, mirror: mirror, surface: newSurface(drawing, slot, mirror)}
	t.surfaceObject = t.surface.object()
	t.ExtendBaseWidget(t)
	return t
}

// SetDrawing changes how pictures are drawn.
func (t *Tile) SetDrawing(d Drawing) {
	t.Clear()
	t.mu.Lock()
	t.surface = newSurface(d, t.slot, t.mirror)
	t.surfaceObject = t.surface.object()
	t.mu.Unlock()
	if t.render != nil {
		t.render.setPicture(t.surfaceObject)
	}
	t.Refresh()
}

// SetLabel shows a name and hint.
func (t *Tile) SetLabel(l TileLabel) {
	if l == t.label {
		return
	}
	t.label = l
	t.Refresh()
}

// Label shown now.
func (t *Tile) Label() TileLabel { return t.label }

// FrameSize of the picture shown, zeros without one.
func (t *Tile) FrameSize() (w, h int) { return t.frameW, t.frameH }

// PixelSize of the tile on the screen.
func (t *Tile) PixelSize() (w, h int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pixelW, t.pixelH
}

// Prepare makes a frame ready to be shown and reports whether Swap has something to do. It is the one method for other
// goroutines; the frame need not live longer than the call.
func (t *Tile) Prepare(f *video.Frame) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pixelW == 0 || t.pixelH == 0 || !t.surface.prepare(f, t.pixelW, t.pixelH) {
		return false
	}
	t.prepared, t.preparedW, t.preparedH = true, f.Width, f.Height
	return true
}

// Swap shows the prepared frame.
func (t *Tile) Swap() {
	t.mu.Lock()
	if !t.prepared {
		t.mu.Unlock()
		return
	}
	t.prepared = false
	w, h := t.preparedW, t.preparedH
	changed := w != t.frameW || h != t.frameH
	first := t.frameW == 0
	t.frameW, t.frameH = w, h
	if changed && t.render != nil {
		t.render.placePicture(t.Size())
	}
	t.surface.swap()
	t.mu.Unlock()
	if first {
		t.Refresh()
	}
}

// Clear forgets the picture; the initials come back.
func (t *Tile) Clear() {
	t.mu.Lock()
	had := t.frameW != 0 || t.prepared
	t.prepared = false
	t.frameW, t.frameH = 0, 0
	if had {
		t.surface.clear()
	}
	t.mu.Unlock()
	if had {
		t.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (t *Tile) Tapped(*fyne.PointEvent) { call(t.OnTapped) }

// Dragged implements fyne.Draggable.
func (t *Tile) Dragged(e *fyne.DragEvent) {
	if t.OnDragEnd == nil {
		return
	}
	t.Move(t.Position().Add(e.Dragged))
}

// DragEnd implements fyne.Draggable.
func (t *Tile) DragEnd() {
	if t.OnDragEnd == nil {
		return
	}
	s := t.Size()
	t.OnDragEnd(t.Position().AddXY(s.Width/2, s.Height/2))
}

// AccessibilityLabel implements fyne.Accessible.
func (t *Tile) AccessibilityLabel() string { return t.label.Name }

// AccessibilityRole implements fyne.Accessible.
func (t *Tile) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (t *Tile) CreateRenderer() fyne.WidgetRenderer {
	r := &tileRenderer{
		tile:     t,
		field:    canvas.NewRectangle(nil),
		avatar:   canvas.NewCircle(nil),
		initials: canvas.NewText("", nil),
		hint:     canvas.NewText("", nil),
		plate:    canvas.NewRectangle(nil),
		icon:     canvas.NewImageFromResource(nil),
		name:     canvas.NewText("", nil),
		picture:  t.surfaceObject,
	}
	r.initials.TextStyle.Bold = true
	r.initials.Alignment = fyne.TextAlignCenter
	r.hint.Alignment = fyne.TextAlignCenter
	r.plate.CornerRadius = 7
	t.render = r
	r.apply()
	return r
}

// Initials of a name: the first letters of its first two words; digits and empty names give none.
func Initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(strings.ReplaceAll(name, "_", " ")) {
		r := []rune(word)[0]
		if !unicode.IsLetter(r) {
			continue
		}
		out = append(out, unicode.ToUpper(r))
		if len(out) == 2 {
			break
		}
	}
	return string(out)
}
