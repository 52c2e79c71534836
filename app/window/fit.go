package window

import "fyne.io/fyne/v2"

// titleRoom is what a desktop may put above a window, in the screen's units.
const titleRoom = 40

// fit makes a window no larger than a screen: it was kept on a larger one, or nobody manages windows. areas are what the
// screens leave to windows, in their units; scale is how many of them Fyne's unit has. A window that fits one stays.
func fit(wanted fyne.Size, scale float32, areas []fyne.Size) fyne.Size {
	if len(areas) == 0 || scale <= 0 {
		return wanted
	}
	var best fyne.Size
	for _, area := range areas {
		room := fyne.NewSize(area.Width/scale, area.Height/scale)
		if wanted.Width <= room.Width && wanted.Height <= room.Height {
			return wanted
		}
		if room.Width*room.Height > best.Width*best.Height {
			best = room
		}
	}
	if best.IsZero() {
		return wanted
	}
	wanted.Width = min(wanted.Width, best.Width)
	if wanted.Height > best.Height {
		wanted.Height = best.Height - titleRoom/scale
	}
	return wanted
}

// resize gives a window that is not shown yet a size that fits the screen. How Fyne scales it is known only when it is
// there: until then as the settings say, refit looks again.
func (w *Window) resize(made fyne.Window, wanted fyne.Size) {
	scale := w.app.Settings().Scale()
	if w.window != nil && w.looping.Load() {
		scale = w.window.Canvas().Scale()
	}
	made.Resize(fit(wanted, scale, workAreas()))
}

// refit makes the main window fit now that it is there; on the window's goroutine.
func (w *Window) refit() {
	w.looping.Store(true)
	c := w.window.Canvas()
	if size := c.Size(); !w.window.FullScreen() {
		if next := fit(size, c.Scale(), workAreas()); next != size {
			w.logger.Info("the window was larger than the screen", "width", next.Width, "height", next.Height)
			w.window.Resize(next)
		}
	}
}
