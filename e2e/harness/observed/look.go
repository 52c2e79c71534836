package main

import (
	"fmt"
	"image"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/widget"
)

// window and item are written as harness.Pane and harness.Item.
type window struct {
	Title         string `json:"title"`
	Width, Height int
	Items         []item `json:"items"`
}

type item struct {
	Kind     string          `json:"kind"`
	Words    string          `json:"words,omitempty"`
	Value    string          `json:"value,omitempty"`
	Name     string          `json:"name,omitempty"` // what screen readers say
	Area     image.Rectangle `json:"area"`           // pixels of the window
	Seen     image.Rectangle `json:"seen"`           // what scrolling leaves of it
	Focused  bool            `json:"focused,omitempty"`
	Disabled bool            `json:"disabled,omitempty"`
	On       bool            `json:"on,omitempty"`
	Covered  bool            `json:"covered,omitempty"` // by a question over the window
}

// look at all windows; on the window's goroutine.
func look() []window {
	var list []window
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		c := w.Canvas()
		size := c.Size()
		l := &looker{canvas: c, scale: c.Scale()}
		l.whole = l.pixels(fyne.NewPos(0, 0), size)
		overlays := c.Overlays().List()
		for i, o := range append([]fyne.CanvasObject{w.Content()}, overlays...) {
			l.covered = i < len(overlays)
			l.visit(o, fyne.NewPos(0, 0), l.whole)
		}
		list = append(list, window{w.Title(), l.whole.Dx(), l.whole.Dy(), l.items})
	}
	return list
}

type looker struct {
	canvas  fyne.Canvas
	scale   float32
	whole   image.Rectangle
	covered bool
	items   []item
}

func (l *looker) pixels(at fyne.Position, size fyne.Size) image.Rectangle {
	return image.Rect(int(at.X*l.scale), int(at.Y*l.scale), int((at.X+size.Width)*l.scale), int((at.Y+size.Height)*l.scale))
}

// visit an object whose parent is at a place, of which clip is seen, and what is in it.
func (l *looker) visit(o fyne.CanvasObject, parent fyne.Position, clip image.Rectangle) {
	if o == nil || !o.Visible() {
		return
	}
	at := parent.Add(o.Position())
	area := l.pixels(at, o.Size())
	it := describe(o)
	it.Area, it.Seen, it.Covered = area, area.Intersect(clip), l.covered
	if f, ok := o.(fyne.Focusable); ok {
		it.Focused = l.canvas.Focused() == f
	}
	if d, ok := o.(fyne.Disableable); ok {
		it.Disabled = d.Disabled()
	}
	if b, ok := o.(*widget.BarButton); ok {
		it.Disabled = b.State().Disabled || b.State().Busy
		it.On = b.State().Kind != widget.Off
	}
	if a, ok := o.(fyne.Accessible); ok && it.Kind != "" {
		it.Name = a.AccessibilityLabel()
	}
	if it.Kind != "" {
		l.items = append(l.items, it)
	}
	switch it.Kind {
	case "label", "button", "field", "select", "check":
		return
	}
	if _, ok := o.(*container.Scroll); ok {
		clip = clip.Intersect(area)
	}
	switch c := o.(type) {
	case *fyne.Container:
		for _, child := range c.Objects {
			l.visit(child, at, clip)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(c).Objects() {
			l.visit(child, at, clip)
		}
	}
}

// describe says what an object is; Kind is empty for what only holds others.
func describe(o fyne.CanvasObject) item {
	switch w := o.(type) {
	case *widget.Button:
		words := w.Text // as it is seen: a name for screen readers may say more
		if words == "" {
			words = w.AccessibilityLabel()
		}
		return item{Kind: "button", Words: words}
	case *widget.BarButton:
		return item{Kind: "button", Words: w.AccessibilityLabel()}
	case *fynewidget.Button:
		return item{Kind: "button", Words: w.Text}
	case *widget.Field:
		return field(&w.Entry)
	case *fynewidget.Entry:
		return field(w)
	case *widget.Check:
		return item{Kind: "check", Words: w.Text, On: w.Checked}
	case *widget.Select:
		return item{Kind: "select", Value: w.Selected}
	case *widget.Slider:
		return item{Kind: "slider", Value: fmt.Sprint(w.Value)}
	case *fynewidget.Label:
		return item{Kind: "label", Words: w.Text}
	case *canvas.Text:
		return item{Kind: "text", Words: w.Text}
	case *fyne.Container:
		return item{}
	case interface{ Words() string }:
		return item{Kind: "button", Words: w.Words()}
	case fyne.Accessible:
		return item{Kind: string(w.AccessibilityRole()), Words: w.AccessibilityLabel()}
	case fyne.Tappable:
		return item{Kind: strings.TrimPrefix(fmt.Sprintf("%T", w), "*")}
	}
	return item{}
}

// field of text; a password is not told.
func field(e *fynewidget.Entry) item {
	it := item{Kind: "field", Words: e.PlaceHolder, Value: e.Text}
	if e.Password {
		it.Value = strings.Repeat("•", len([]rune(e.Text)))
	}
	return it
}
