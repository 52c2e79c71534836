package gallery

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
)

func rendered(w fyne.Widget) []fyne.CanvasObject { return test.WidgetRenderer(w).Objects() }

// stop is where tab leads, and where it was then: what scrolls moves.
type stop struct {
	fyne.Focusable
	area box
}

// stops are where tab leads, in order, from nothing until it comes round.
func stops(t *testing.T, w fyne.Window) (list []stop) {
	t.Helper()
	c := w.Canvas()
	c.Unfocus()
	for range 400 {
		c.FocusNext()
		now := c.Focused()
		if now == nil || slices.ContainsFunc(list, func(s stop) bool { return s.Focusable == now }) {
			if len(list) > 0 && now != list[0].Focusable {
				t.Errorf("tab comes back to %s, and not to the first control", spoken(now))
			}
			return list
		}
		o := now.(fyne.CanvasObject)
		at, size := fyne.CurrentApp().Driver().AbsolutePositionForObject(o), o.Size()
		list = append(list, stop{now, box{at.X, at.Y, at.X + size.Width, at.Y + size.Height}})
	}
	t.Error("tab does not come round")
	return list
}

// spoken is what screen readers say of a control; "" is nothing.
func spoken(f fyne.Focusable) string {
	if a, ok := f.(fyne.Accessible); ok {
		return strings.TrimSpace(a.AccessibilityLabel())
	}
	return ""
}

// catching tells of things that are focused as a whole and have no name: an open menu says its items, and selectable text
// itself.
func catching(f fyne.Focusable) bool {
	if _, ok := f.(*fynewidget.PopUpMenu); ok {
		return true
	}
	return strings.HasSuffix(fmt.Sprintf("%T", f), "focusSelectable")
}

// TestEveryControlIsReachedByTabAndHasAName walks the focus through every screen: nothing is a trap, nothing is left out,
// the order is that of reading, and every stop says what it is.
func TestEveryControlIsReachedByTabAndHasAName(t *testing.T) {
	for _, s := range append(Samples(), More()...) {
		t.Run(s.Name, func(t *testing.T) {
			for lang, size := range map[string]fyne.Size{"en": {Width: 1024, Height: 640}, "ru": {Width: 380, Height: 760}} {
				if s.Size != (fyne.Size{}) {
					size = s.Size
				}
				where := fmt.Sprintf("%gx%g %s", size.Width, size.Height, lang)
				t.Run(where, func(t *testing.T) { walkFocus(t, stand(t, s, size, look.Light, lang).window, where) })
			}
		})
	}
}

func walkFocus(t *testing.T, w fyne.Window, where string) {
	t.Helper()
	list := stops(t, w)
	root := w.Content()
	if top := w.Canvas().Overlays().Top(); top != nil {
		root = top
	}
	WalkFrom(root, func(o fyne.CanvasObject) bool {
		f, ok := o.(fyne.Focusable)
		if d, isDisableable := o.(fyne.Disableable); !ok || isDisableable && d.Disabled() || slices.ContainsFunc(list, func(s stop) bool { return s.Focusable == f }) {
			return false
		}
		t.Errorf("%s: tab does not lead to %T %q", where, f, spoken(f))
		return false
	})
	names := map[string]fyne.Focusable{}
	var before *stop
	for i := range list {
		f := list[i].Focusable
		if b := list[i].area; !catching(f) && (b.left < -slack || b.top < -slack || b.bottom > w.Canvas().Size().Height+slack || b.right > w.Canvas().Size().Width+slack) {
			t.Errorf("%s: the focus on %q is out of sight, at %v", where, spoken(f), b)
		}
		name := spoken(f)
		switch other, twice := names[name]; {
		case catching(f):
		case name == "":
			t.Errorf("%s: %T has no name", where, f)
		case strings.ContainsAny(name, "{}") || strings.HasSuffix(name, ":"):
			t.Errorf("%s: %T is called %q", where, f, name)
		case twice && reflect.TypeOf(other) == reflect.TypeOf(f) && !strings.Contains(name, "×"):
			t.Errorf("%s: two controls are called %q", where, name)
		}
		names[name] = f
		if before != nil && backwards(before.area, list[i].area) {
			t.Errorf("%s: tab goes back from %q to %q", where, spoken(before.Focusable), name)
		}
		before = &list[i]
	}
}

// backwards tells whether b lies above and left of a: nobody reads in that order.
func backwards(a, b box) bool { return b.bottom <= a.top+slack && b.left < a.right }

// TestTheFocusIsSeen compares each kind of control with and without the focus, in both themes: some pixels must change, and
// stand out from what was there.
func TestTheFocusIsSeen(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range append(Samples(), More()...) {
		if !slices.Contains([]string{"signin", "settings", "settings-network", "share-screens", "share-region", "call", "incoming"}, s.Name) {
			continue // nothing of another kind there
		}
		size := fyne.NewSize(1024, 640)
		if s.Size != (fyne.Size{}) {
			size = s.Size
		}
		for _, mode := range []look.Mode{look.Light, look.Dark} {
			st := stand(t, s, size, mode, "en")
			for _, at := range stops(t, st.window) {
				f := at.Focusable
				kind := fmt.Sprintf("%T %s %v", f, mode, s.Model.Snapshot.Call.State != "" && s.Model.Snapshot.Call.State != "call:idle")
				if seen[kind] || catching(f) {
					continue
				}
				seen[kind] = true
				c := st.window.Canvas()
				c.Focus(f)
				with := c.Capture()
				c.Unfocus()
				if n := standingOut(with, c.Capture()); n < 40 {
					t.Errorf("%s: the focus on %T %q changes %d pixels clearly", mode, f, spoken(f), n)
				}
			}
		}
	}
}

// standingOut counts the pixels that have a contrast of at least 3 with what they were (WCAG 2.2, 1.4.11).
func standingOut(a, b image.Image) (count int) {
	r := a.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p, q := a.At(x, y), b.At(x, y)
			if p != q && contrast(p, q) >= 3 {
				count++
			}
		}
	}
	return count
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is the relative luminance of WCAG.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
