//go:build linux || windows || darwin || freebsd || openbsd || netbsd

package window

import (
	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// workAreas are what the screens leave to windows; none when that cannot be told. On the window's goroutine, once Fyne has
// made a window.
func workAreas() (areas []fyne.Size) {
	defer func() { _ = recover() }() // without Fyne's GLFW there are no screens (tests)
	for _, m := range glfw.GetMonitors() {
		if _, _, width, height := m.GetWorkarea(); width > 0 && height > 0 {
			areas = append(areas, fyne.NewSize(float32(width), float32(height)))
		}
	}
	return areas
}
