package window

import (
	"errors"
	"fmt"
	"image/png"
	"os"

	"parley/views/kept"
)

// closeNow closes the window at once and ends call and connection behind it.
func (w *Window) closeNow() {
	w.noteSize()
	w.window.Hide()
	w.root.Settle(w.cancel)
}

// noteSize keeps the window's size in mind for the next start; on the window's goroutine.
func (w *Window) noteSize() {
	if size := w.window.Canvas().Size(); !w.window.FullScreen() && size.Width > 0 {
		w.size.Store(&size)
	}
}

// keepSize writes it down.
func (w *Window) keepSize() {
	size := w.size.Load()
	if size == nil {
		return
	}
	err := w.controller.store.Change(func(s *kept.Settings) { s.Window = kept.Window{Width: int(size.Width), Height: int(size.Height)} })
	if err != nil {
		w.logger.Warn("keep the window's size", "error", err)
	}
}

// shutdown ends everything and then the application; off the window's goroutine.
func (w *Window) shutdown() {
	if !w.closing.CompareAndSwap(false, true) {
		return
	}
	if err := w.controller.Close(); err != nil {
		w.logger.Warn("end the connection", "error", err)
	}
	w.keepSize()
	w.do(w.quit)
}

// quit ends the window's loop. A signal may have ended it a moment before; then Fyne runs this on the spot, without a
// loop, and closing windows that are gone panics.
func (w *Window) quit() {
	defer func() {
		if gone := recover(); gone != nil {
			w.logger.Debug("the window was gone already", "reason", gone)
		}
	}()
	w.app.Quit()
}

// saveScreenshot writes what the window shows; on the window's goroutine.
func (w *Window) saveScreenshot(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("screenshot: %w", err)
	}
	if err := errors.Join(png.Encode(f, picture(w.window)), f.Close()); err != nil {
		return fmt.Errorf("screenshot: %w", err)
	}
	return nil
}
