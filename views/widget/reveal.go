package widget

import (
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Holder is a widget of ours with one thing in it.
type Holder interface{ Held() fyne.CanvasObject }

// revealMargin is left between what is revealed and the edge, device independent pixels.
const revealMargin float32 = 12

// Reveal scrolls whatever an object lies in until it is seen: who goes from control to control with the keyboard must not
// lose sight of the focus.
func Reveal(o fyne.CanvasObject) {
	driver := fyne.CurrentApp().Driver()
	c := driver.CanvasForObject(o)
	if c == nil {
		return
	}
	root := c.Content()
	if top := c.Overlays().Top(); top != nil {
		root = top
	}
	for _, s := range scrollsTo(root, o) {
		at := driver.AbsolutePositionForObject(o).Subtract(driver.AbsolutePositionForObject(s))
		next := fyne.NewPos(shifted(s.Offset.X, at.X, o.Size().Width, s.Size().Width, s.Content.Size().Width),
			shifted(s.Offset.Y, at.Y, o.Size().Height, s.Size().Height, s.Content.Size().Height))
		if next != s.Offset {
			s.ScrollToOffset(next)
		}
	}
}

// shifted is the offset at which what begins at a place, and is so long, is seen in a room; the content is whole long.
func shifted(offset, at, long, room, whole float32) float32 {
	switch {
	case whole <= room:
		return offset
	case at < revealMargin || long > room:
		offset += at - revealMargin
	case at+long > room-revealMargin:
		offset += at + long - room + revealMargin
	}
	return max(0, min(offset, whole-room))
}

// scrollsTo are the scrolls between a root and an object, the outermost first; none when it is not there.
func scrollsTo(root, o fyne.CanvasObject) []*container.Scroll {
	var path []*container.Scroll
	var find func(fyne.CanvasObject) bool
	find = func(x fyne.CanvasObject) bool {
		if x == nil || !x.Visible() {
			return false
		}
		if x == o {
			return true
		}
		switch holder := x.(type) {
		case *fyne.Container:
			for _, child := range holder.Objects {
				if find(child) {
					return true
				}
			}
		case *container.Scroll:
			path = append(path, holder)
			if find(holder.Content) {
				return true
			}
			path = path[:len(path)-1]
		case Holder:
			return find(holder.Held())
		case fyne.Widget:
			return find(contentOf(holder))
		}
		return false
	}
	if find(root) {
		return path
	}
	return nil
}

// contentOf is what a widget of Fyne's holds: theme overrides, pop-ups, and the layer over the window, whose type is not
// exported, call it Content.
func contentOf(w fyne.Widget) fyne.CanvasObject {
	v := reflect.ValueOf(w)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	field := v.Elem().FieldByName("Content")
	if !field.IsValid() || !field.CanInterface() {
		return nil
	}
	content, _ := field.Interface().(fyne.CanvasObject)
	return content
}
