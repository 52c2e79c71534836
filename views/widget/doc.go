// Package widget holds Parley's own widgets: the video tile, the call bar's buttons, the level meter, the banner and
// fields that pass on shortcuts.
//
// Everything here belongs to the window's goroutine, save what says otherwise. Setters compare first: a widget that is
// told what it shows already does not redraw, since any change repaints the whole window.
package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

func colorOf(w fyne.Widget, name fyne.ThemeColorName) color.Color {
	return theme.ColorForWidget(name, w)
}

// SetText changes a text only when it differs.
func SetText(t *canvas.Text, s string) {
	if t.Text == s {
		return
	}
	t.Text = s
	t.Refresh()
}

func setVisible(o fyne.CanvasObject, visible bool) {
	if visible == o.Visible() {
		return
	}
	if visible {
		o.Show()
	} else {
		o.Hide()
	}
}

// SetVisible shows or hides an object only when that changes something.
func SetVisible(o fyne.CanvasObject, visible bool) { setVisible(o, visible) }

// Shorten cuts s with an ellipsis so that it is at most width wide.
func Shorten(s string, size, width float32, style fyne.TextStyle) string {
	if width <= 0 {
		return ""
	}
	if fyne.MeasureText(s, size, style).Width <= width {
		return s
	}
	runes := []rune(s)
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if fyne.MeasureText(string(runes[:mid])+"…", size, style).Width <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	if low == 0 {
		return ""
	}
	return string(runes[:low]) + "…"
}
