package device

import (
	"fmt"
	"image"
	"strings"
)

// ShareKind says what is shared.
type ShareKind string

// The kinds.
const (
	ShareDesktop ShareKind = "desktop" // all monitors
	ShareMonitor ShareKind = "monitor"
	ShareWindow  ShareKind = "window"
	ShareRegion  ShareKind = "region" // a part of the desktop, chosen by hand
	SharePortal  ShareKind = "portal" // the desktop asks the person itself (Wayland)
)

// ShareSource is something that can be shared.
type ShareSource struct {
	Word      string // what OpenVideo takes
	Kind      ShareKind
	Title     string      // the monitor's or window's, "" for the desktop
	Program   string      // that a window belongs to, as it names itself
	Icon      image.Image // of a window; nil: none
	Bounds    image.Rectangle
	Primary   bool // the main monitor
	Minimized bool // a window that has no picture now
}

// RegionWord is OpenVideo's word for a region of the desktop: X's own notation of a size and a place.
func RegionWord(r image.Rectangle) string {
	return fmt.Sprintf("region:%dx%d+%d+%d", r.Dx(), r.Dy(), r.Min.X, r.Min.Y)
}

// WindowWord is OpenVideo's word for a window by its number.
func WindowWord(id uint32) string { return fmt.Sprintf("window:%#x", id) }

// IsScreenWord tells words of the desktop from those of cameras and files.
func IsScreenWord(word string) bool {
	kind, _, _ := strings.Cut(word, ":")
	switch kind {
	case "screen", "window", "region", "portal":
		return true
	}
	return false
}

// screenOptions understands screen, screen:MONITOR, window:TITLE, window:0xNUMBER, region:WxH+X+Y and portal. Errors:
// ErrNotFound, those of ShareSources.
func screenOptions(word string) (o ScreenOptions, err error) {
	kind, rest, _ := strings.Cut(word, ":")
	switch kind {
	case "window":
		if n, err := fmt.Sscanf(rest, "0x%x", &o.Window); n == 1 && err == nil && o.Window != 0 {
			o.Title = windowTitle(o.Window)
			return o, nil
		}
		return findWindow(rest)
	case "region":
		var x, y, w, h int
		var after string
		n, _ := fmt.Sscanf(rest+" ", "%dx%d+%d+%d%s", &w, &h, &x, &y, &after)
		if n != 4 || w < 2 || h < 2 || x < 0 || y < 0 || w > maxRegion || h > maxRegion || x > maxRegion || y > maxRegion {
			return o, fmt.Errorf("region: %w: %q is not of the form 640x480+0+0", ErrNotFound, rest)
		}
		o.Region = image.Rect(x, y, x+w, y+h)
		return o, nil
	}
	if o.Portal = kind == "portal"; o.Portal {
		return o, nil
	}
	o.Name = rest
	return o, nil
}

// maxRegion bounds sides and places of a region, pixels: X11's own limit.
const maxRegion = 1<<15 - 1

// windowTitle looks a window's title up; "" when it is gone.
func windowTitle(id uint32) string {
	list, _ := ShareSources() // a window without a title is shared all the same
	for _, s := range list {
		if s.Kind == ShareWindow && s.Word == WindowWord(id) {
			return s.Title
		}
	}
	return ""
}

// findWindow by its title, its program, or a part of the title.
func findWindow(name string) (ScreenOptions, error) {
	var part *ShareSource
	list, err := ShareSources()
	if err != nil {
		return ScreenOptions{}, err
	}
	for i, s := range list {
		if s.Kind != ShareWindow {
			continue
		}
		if s.Title == name || strings.EqualFold(s.Program, name) {
			part = &list[i]
			break
		}
		if part == nil && strings.Contains(strings.ToLower(s.Title), strings.ToLower(name)) {
			part = &list[i]
		}
	}
	if part == nil || name == "" {
		return ScreenOptions{}, fmt.Errorf("window: %w: %q", ErrNotFound, name)
	}
	o, err := screenOptions(part.Word)
	o.Title = part.Title
	return o, err
}
