//go:build linux || freebsd || netbsd || openbsd || darwin || (windows && (amd64 || arm64))

package device

import (
	"errors"
	"fmt"
	"image"
	"testing"

	"parley/media/device/screens"
)

// The whole desktop is offered unless its only monitor shows all of it.
func TestTheDesktopIsOfferedWhereAMonitorIsNotAllOfIt(t *testing.T) {
	whole, left, right := image.Rect(0, 0, 200, 100), image.Rect(0, 0, 100, 100), image.Rect(100, 0, 200, 100)
	for _, c := range []struct {
		what     string
		monitors []image.Rectangle
		want     int
	}{
		{"one monitor", []image.Rectangle{whole}, 1},
		{"one that is smaller", []image.Rectangle{left}, 2},
		{"two monitors", []image.Rectangle{left, right}, 3},
		{"none is known", nil, 1},
	} {
		l := screens.List{Bounds: whole}
		for i, b := range c.monitors {
			l.Monitors = append(l.Monitors, screens.Monitor{Name: fmt.Sprint(i), Bounds: b, Primary: i == 0})
		}
		list := shareSources(l)
		desktop := len(list) > 0 && list[len(list)-1].Kind == ShareDesktop
		if len(list) != c.want || desktop == (len(c.monitors) == 1 && c.monitors[0] == whole) {
			t.Errorf("%s: %+v", c.what, list)
		}
		if len(c.monitors) > 0 && (list[0].Word != "screen:0" || !list[0].Primary || list[0].Bounds != c.monitors[0]) {
			t.Errorf("%s: %+v", c.what, list[0])
		}
	}
	window := screens.Window{ID: 0x1f, Title: "Minutes", Program: "editor", Width: 30, Height: 20, Minimized: true}
	list := shareSources(screens.List{Windows: []screens.Window{window}})
	if w := list[len(list)-1]; w.Kind != ShareWindow || w.Word != "window:0x1f" || w.Title != "Minutes" ||
		w.Program != "editor" || w.Bounds != image.Rect(0, 0, 30, 20) || !w.Minimized {
		t.Errorf("%+v", w)
	}
}

func TestWhatASystemSaysIsExplained(t *testing.T) {
	for err, want := range map[error]error{screens.ErrNoMonitor: ErrNotFound, screens.ErrNoRegion: ErrNotFound,
		screens.ErrNoWindow: ErrClosed, screens.ErrNoDesktop: ErrUnavailable} {
		if got := screenError(fmt.Errorf("here: %w", err)); !errors.Is(got, want) || !errors.Is(got, err) {
			t.Errorf("%v is %v", err, got)
		}
	}
}
