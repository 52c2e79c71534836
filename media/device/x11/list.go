//go:build linux || freebsd || netbsd || openbsd

package x11

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jezek/xgb/xproto"

	"parley/media/device/caption"
	"parley/media/device/screens"
)

// Limits of what is believed of other programs' windows.
const (
	maxTitle     = 200     // 32-bit words
	maxIconSide  = 256     // pixels
	maxIconWords = 1 << 17 // 32-bit words of all a window's icons together
	iconSide     = 48      // pixels; the icon nearest to it is taken
)

// Sources lists monitors and windows of a display; "" is $DISPLAY. This process's own windows are left out.
func Sources(name string) (screens.List, error) {
	d, err := connect(name)
	if err != nil {
		return screens.List{}, err
	}
	defer d.conn.Close()
	geometry, err := xproto.GetGeometry(d.conn, xproto.Drawable(d.screen.Root)).Reply()
	if err != nil {
		return screens.List{}, fmt.Errorf("%w: %w", ErrNoDisplay, err)
	}
	l := screens.List{Bounds: image.Rect(0, 0, int(geometry.Width), int(geometry.Height)), Monitors: d.monitors()}
	if d.composite {
		l.Windows = d.windows()
	}
	return l, nil
}

func (d *display) windows() []screens.Window {
	var list []screens.Window
	for _, id := range d.clients() {
		if w, ok := d.describe(id); ok {
			list = append(list, w)
		}
		if len(list) == screens.MaxWindows {
			break
		}
	}
	return list
}

// clients are the programs' windows: the window manager's list, topmost first; without a window manager the children of
// the root, or what is inside of them.
func (d *display) clients() []xproto.Window {
	for _, name := range []string{"_NET_CLIENT_LIST_STACKING", "_NET_CLIENT_LIST"} {
		if list := d.numbers(d.screen.Root, name, 4*screens.MaxWindows); len(list) > 0 {
			ids := make([]xproto.Window, len(list))
			for i, v := range list {
				ids[i] = xproto.Window(v)
			}
			slices.Reverse(ids)
			return ids
		}
	}
	tree, err := xproto.QueryTree(d.conn, d.screen.Root).Reply()
	if err != nil {
		return nil
	}
	children := tree.Children[max(0, len(tree.Children)-4*screens.MaxWindows):]
	slices.Reverse(children)
	return slices.DeleteFunc(children, func(id xproto.Window) bool {
		a, err := xproto.GetWindowAttributes(d.conn, id).Reply()
		return err != nil || a.MapState != xproto.MapStateViewable || a.OverrideRedirect || a.Class == xproto.WindowClassInputOnly
	})
}

// describe a window; false for those that nobody would share: our own, panels, the desktop's background.
func (d *display) describe(id xproto.Window) (screens.Window, bool) {
	if pid := d.numbers(id, "_NET_WM_PID", 1); len(pid) == 1 && int(pid[0]) == os.Getpid() {
		return screens.Window{}, false
	}
	for _, kind := range d.numbers(id, "_NET_WM_WINDOW_TYPE", 4) {
		switch d.atomName(xproto.Atom(kind)) {
		case "_NET_WM_WINDOW_TYPE_DOCK", "_NET_WM_WINDOW_TYPE_DESKTOP", "_NET_WM_WINDOW_TYPE_SPLASH":
			return screens.Window{}, false
		}
	}
	a, err := xproto.GetWindowAttributes(d.conn, id).Reply()
	if err != nil {
		return screens.Window{}, false
	}
	g, err := xproto.GetGeometry(d.conn, xproto.Drawable(id)).Reply()
	if err != nil || g.Width < screens.Smallest || g.Height < screens.Smallest {
		return screens.Window{}, false
	}
	w := screens.Window{ID: uint32(id), Title: d.title(id), Program: d.class(id), Width: int(g.Width), Height: int(g.Height),
		Minimized: a.MapState != xproto.MapStateViewable, Icon: d.icon(id)}
	if w.Title == "" && w.Program == "" {
		return screens.Window{}, false
	}
	return w, true
}

func (d *display) title(id xproto.Window) string {
	if t := clean(d.text(id, "_NET_WM_NAME")); t != "" {
		return t
	}
	return clean(d.text(id, "WM_NAME"))
}

// class is the second of the two texts in WM_CLASS (ICCCM 4.1.2.5).
func (d *display) class(id xproto.Window) string {
	parts := strings.Split(d.text(id, "WM_CLASS"), "\x00")
	if len(parts) < 2 {
		return ""
	}
	return clean(parts[1])
}

// clean makes one line of readable text of what another program says.
func clean(s string) string {
	if !utf8.ValidString(s) { // STRING: ISO 8859-1
		runes := make([]rune, len(s))
		for i := range len(s) {
			runes[i] = rune(s[i])
		}
		s = string(runes)
	}
	return caption.Clean(s)
}

// icon takes the one of _NET_WM_ICON that is nearest to the size at which it is shown.
func (d *display) icon(id xproto.Window) image.Image {
	return chooseIcon(d.numbers(id, "_NET_WM_ICON", maxIconWords))
}

// chooseIcon reads width, height and pixels (ARGB), several times over (EWMH, _NET_WM_ICON).
func chooseIcon(words []uint32) image.Image {
	var best []uint32
	bestSide, bestHeight := 0, 0
	for len(words) > 2 {
		w, h := int(words[0]), int(words[1])
		words = words[2:]
		if w < 1 || h < 1 || w > maxIconSide || h > maxIconSide || w*h > len(words) {
			break
		}
		if best == nil || abs(w-iconSide) < abs(bestSide-iconSide) {
			best, bestSide, bestHeight = words[:w*h], w, h
		}
		words = words[w*h:]
	}
	if best == nil {
		return nil
	}
	m := image.NewNRGBA(image.Rect(0, 0, bestSide, bestHeight))
	for i, p := range best {
		m.SetNRGBA(i%bestSide, i/bestSide, color.NRGBA{R: byte(p >> 16), G: byte(p >> 8), B: byte(p), A: byte(p >> 24)})
	}
	return m
}

func abs(v int) int { return max(v, -v) }

// property of a window as bytes, at most so many 32-bit words.
func (d *display) property(id xproto.Window, name string, words uint32) (data []byte, format byte) {
	atom, err := xproto.InternAtom(d.conn, true, uint16(len(name)), name).Reply()
	if err != nil || atom.Atom == 0 {
		return nil, 0
	}
	p, err := xproto.GetProperty(d.conn, false, id, atom.Atom, xproto.GetPropertyTypeAny, 0, words).Reply()
	if err != nil {
		return nil, 0
	}
	return p.Value, p.Format
}

func (d *display) text(id xproto.Window, name string) string {
	data, format := d.property(id, name, maxTitle)
	if format != 8 {
		return ""
	}
	return string(data)
}

func (d *display) numbers(id xproto.Window, name string, most int) []uint32 {
	data, format := d.property(id, name, uint32(most))
	if format != 32 {
		return nil
	}
	list := make([]uint32, len(data)/4)
	for i := range list {
		list[i] = uint32(data[4*i]) | uint32(data[4*i+1])<<8 | uint32(data[4*i+2])<<16 | uint32(data[4*i+3])<<24
	}
	return list
}

func (d *display) atomName(a xproto.Atom) string {
	reply, err := xproto.GetAtomName(d.conn, a).Reply()
	if err != nil {
		return ""
	}
	return reply.Name
}
