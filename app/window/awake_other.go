//go:build !linux && !freebsd && !openbsd && !netbsd

package window

// newAwake asks the system through Fyne, on the window's goroutine: Windows keeps it by thread.
func newAwake(w *Window) *awake {
	return &awake{set: w.app.Driver().SetDisableScreenBlanking}
}
