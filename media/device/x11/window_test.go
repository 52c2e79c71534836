//go:build linux

package x11

import (
	"errors"
	"image"
	"image/color"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jezek/xgb/xproto"

	"parley/media/device/screens"
)

const (
	red   = 0xE01020
	green = 0x10C040
	blue  = 0x2040D0
)

// grabbed is a picture to look at.
type grabbed struct {
	t      *testing.T
	pixels []byte
	w, h   int
}

func grab(t *testing.T, c *Capture) grabbed {
	t.Helper()
	pixels, w, h, err := c.Grab()
	if err != nil {
		t.Fatal(err)
	}
	if len(pixels) != w*h*4 {
		t.Fatalf("%d bytes for %d×%d", len(pixels), w, h)
	}
	return grabbed{t, pixels, w, h}
}

func (g grabbed) at(x, y int) uint32 {
	i := (y*g.w + x) * 4
	return uint32(g.pixels[i]) | uint32(g.pixels[i+1])<<8 | uint32(g.pixels[i+2])<<16
}

// shows checks the size and, at some places, the colour.
func (g grabbed) shows(what string, w, h int, colour uint32, places ...image.Point) {
	g.t.Helper()
	if g.w != w || g.h != h {
		g.t.Fatalf("%s: %d×%d instead of %d×%d", what, g.w, g.h, w, h)
	}
	for _, p := range places {
		if got := g.at(p.X, p.Y); got != colour {
			g.t.Errorf("%s: at %v is %06x instead of %06x", what, p, got, colour)
		}
	}
}

func openWindow(t *testing.T, display string, id xproto.Window, withPointer bool) *Capture {
	t.Helper()
	c, err := Open(Options{Display: display, Window: uint32(id), Pointer: withPointer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestWindowMovedResizedCoveredMinimisedClosed(t *testing.T) {
	display, _ := startX(t, "400x300")
	x := newClient(t, display)
	w := x.window("Slides", 20, 30, 120, 80, red)
	x.fill(w, 10, 10, 20, 20, green)
	c := openWindow(t, display, w, false)
	corners := func(w, h int) []image.Point {
		return []image.Point{{0, 0}, {w - 1, 0}, {0, h - 1}, {w - 1, h - 1}}
	}
	g := grab(t, c)
	g.shows("at first", 120, 80, red, corners(120, 80)...)
	g.shows("what was drawn", 120, 80, green, image.Pt(10, 10), image.Pt(29, 29))
	g.shows("around it", 120, 80, red, image.Pt(9, 10), image.Pt(30, 29))

	x.place(w, xproto.ConfigWindowX|xproto.ConfigWindowY, 200, 150)
	grab(t, c).shows("moved", 120, 80, green, image.Pt(15, 15))
	x.place(w, xproto.ConfigWindowX, 350) // partly off the screen: the server still has all of it
	x.fill(w, 100, 0, 20, 20, blue)
	grab(t, c).shows("off the screen", 120, 80, blue, image.Pt(119, 0))
	x.place(w, xproto.ConfigWindowX|xproto.ConfigWindowY, 20, 30)

	cover := x.window("Above", 0, 0, 400, 300, green)
	x.fill(w, 0, 0, 120, 80, blue)
	grab(t, c).shows("covered, and drawn meanwhile", 120, 80, blue, corners(120, 80)...)
	screen, err := Open(Options{Display: display})
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	grab(t, screen).shows("the screen shows what covers it", 400, 300, green, image.Pt(50, 50))
	x.must(xproto.DestroyWindowChecked(x.conn, cover).Check())

	x.place(w, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, 201, 101)
	x.fill(w, 0, 0, 201, 101, green)
	grab(t, c).shows("grown, sides made even", 200, 100, green, corners(200, 100)...)
	x.place(w, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, 64, 48)
	grab(t, c).shows("shrunk, its background painted anew", 64, 48, red, corners(64, 48)...)

	x.must(xproto.UnmapWindowChecked(x.conn, w).Check())
	if pixels, _, _, err := c.Grab(); err != nil || pixels != nil {
		t.Fatalf("minimised: %d bytes, %v", len(pixels), err)
	}
	if changed, err := c.Changed(); err != nil || changed {
		t.Fatalf("minimised: changed %v, %v", changed, err)
	}
	x.must(xproto.MapWindowChecked(x.conn, w).Check())
	if changed, err := c.Changed(); err != nil || !changed {
		t.Fatalf("shown again: changed %v, %v", changed, err)
	}
	grab(t, c).shows("shown again", 64, 48, red, corners(64, 48)...)

	x.must(xproto.DestroyWindowChecked(x.conn, w).Check())
	if _, _, _, err := c.Grab(); !errors.Is(err, screens.ErrNoWindow) {
		t.Fatalf("closed: %v", err)
	}
	if _, err := c.Changed(); !errors.Is(err, screens.ErrNoWindow) {
		t.Fatalf("closed: %v", err)
	}
	if _, err := Open(Options{Display: display, Window: uint32(w)}); !errors.Is(err, screens.ErrNoWindow) {
		t.Fatalf("opened when closed: %v", err)
	}
	if _, err := Open(Options{Display: display, Window: uint32(x.root)}); !errors.Is(err, screens.ErrNoWindow) {
		t.Fatalf("the root is no window: %v", err)
	}
}

func TestChangedOnlyWhenSomethingWasDrawnOrThePointerMoved(t *testing.T) {
	display, _ := startX(t, "400x300")
	x := newClient(t, display)
	x.warp(300, 250)
	w := x.window("Slides", 20, 30, 120, 80, red)
	other := x.window("Other", 200, 30, 120, 80, red)
	window, screen := openWindow(t, display, w, true), openScreen(t, Options{Display: display, Pointer: true})
	without := openScreen(t, Options{Display: display})
	changed := func(what string, c *Capture, want bool) {
		t.Helper()
		got, err := c.Changed()
		if err != nil || got != want {
			t.Errorf("%s: changed %v instead of %v, %v", what, got, want, err)
		}
	}
	all := func(fn func(string, *Capture)) {
		t.Helper()
		fn("window", window)
		fn("screen", screen)
		fn("screen without pointer", without)
	}
	all(func(name string, c *Capture) { changed(name+", not grabbed yet", c, true) })
	all(func(_ string, c *Capture) { grab(t, c) })
	all(func(name string, c *Capture) { changed(name+", nothing happened", c, false) })

	x.fill(w, 0, 0, 10, 10, green)
	all(func(name string, c *Capture) { changed(name+", drawn", c, true) })
	all(func(name string, c *Capture) { changed(name+", drawn and not grabbed yet", c, true) })
	all(func(_ string, c *Capture) { grab(t, c) })
	all(func(name string, c *Capture) { changed(name+", grabbed", c, false) })

	x.fill(other, 0, 0, 10, 10, green)
	changed("another window was drawn", window, false)
	changed("a window was drawn", screen, true)
	grab(t, screen)
	grab(t, without)

	x.warp(60, 60)
	changed("the pointer came into the window", window, true)
	changed("the pointer moved", screen, true)
	changed("the pointer moved, but is not shown", without, false)
	grab(t, window)
	changed("the pointer rests", window, false)
}

func openScreen(t *testing.T, o Options) *Capture {
	t.Helper()
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestPointerOverAWindowButNotOverWhatCoversIt(t *testing.T) {
	display, _ := startX(t, "400x300")
	x := newClient(t, display)
	w := x.window("Slides", 100, 100, 120, 80, red)
	c := openWindow(t, display, w, true)
	where := func(g grabbed) (points []image.Point) {
		for y := range g.h {
			for x := range g.w {
				if g.at(x, y) != red {
					points = append(points, image.Pt(x, y))
				}
			}
		}
		return points
	}
	x.warp(150, 140)
	points := where(grab(t, c))
	if len(points) < 5 || len(points) > 1000 {
		t.Fatalf("a pointer of %d pixels", len(points))
	}
	near := image.Rect(30, 20, 80, 60) // around 50, 40
	for _, p := range points {
		if !p.In(near) {
			t.Fatalf("a part of the pointer at %v", p)
		}
	}
	x.warp(10, 10)
	if points := where(grab(t, c)); len(points) != 0 {
		t.Errorf("the pointer is elsewhere and draws %d pixels", len(points))
	}
	cover := x.window("Above", 90, 90, 200, 150, green)
	x.warp(150, 140)
	if points := where(grab(t, c)); len(points) != 0 {
		t.Errorf("the pointer is over another window and draws %d pixels", len(points))
	}
	x.must(xproto.DestroyWindowChecked(x.conn, cover).Check())
	if points := where(grab(t, c)); len(points) < 5 {
		t.Errorf("the pointer is back and draws %d pixels", len(points))
	}
}

func TestRegion(t *testing.T) {
	display, _ := startX(t, "400x300")
	x := newClient(t, display)
	x.window("Slides", 100, 100, 120, 80, red)
	c := openScreen(t, Options{Display: display, Region: image.Rect(90, 90, 191, 151)})
	g := grab(t, c)
	g.shows("the window in it", 100, 60, red, image.Pt(10, 10), image.Pt(99, 59))
	g.shows("beside the window", 100, 60, 0, image.Pt(9, 10), image.Pt(10, 9))
	c = openScreen(t, Options{Display: display, Region: image.Rect(350, 250, 500, 500)})
	grab(t, c).shows("cut at the screen's end", 50, 50, 0)
	if _, err := Open(Options{Display: display, Region: image.Rect(400, 0, 500, 100)}); !errors.Is(err, screens.ErrNoRegion) {
		t.Errorf("outside of the screen: %v", err)
	}
}

func TestSources(t *testing.T) {
	display, _ := startX(t, "400x300")
	x := newClient(t, display)
	slides := x.window("Отчёт – 2026\nзима", 20, 30, 120, 80, red)
	x.set(slides, "WM_CLASS", "STRING", 8, []byte("viewer\x00Viewer\x00"))
	icon := append([]uint32{2, 1, 0xFF0000FF, 0xFF00FF00, 48, 48}, make([]uint32, 48*48)...)
	icon[6] = 0x80102030
	x.set(slides, "_NET_WM_ICON", "CARDINAL", 32, words(icon...))
	latin := x.window("", 0, 0, 50, 50, green)
	x.set(latin, "WM_NAME", "STRING", 8, []byte("Caf\xe9"))
	panel := x.window("Panel", 0, 280, 400, 20, green)
	x.set(panel, "_NET_WM_WINDOW_TYPE", "ATOM", 32, words(uint32(x.atom("_NET_WM_WINDOW_TYPE_DOCK"))))
	x.window("", 0, 0, 50, 50, green) // has neither title nor class: nobody could choose it
	list, err := Sources(display)
	if err != nil {
		t.Fatal(err)
	}
	if list.Bounds.Dx() != 400 || list.Bounds.Dy() != 300 || len(list.Monitors) != 1 || len(list.Windows) != 2 {
		t.Fatalf("%+v", list)
	}
	if w := list.Windows[0]; w.Title != "Café" || w.Icon != nil {
		t.Errorf("topmost: %+v", w)
	}
	w := list.Windows[1]
	if w.Icon == nil || w.Icon.Bounds().Dx() != 48 || w.Icon.At(0, 0) != (color.NRGBA{0x10, 0x20, 0x30, 0x80}) {
		t.Errorf("icon %v", w.Icon)
	}
	w.Icon = nil
	want := screens.Window{ID: uint32(slides), Title: "Отчёт – 2026 зима", Program: "Viewer", Width: 120, Height: 80}
	if diff := cmp.Diff(want, w); diff != "" {
		t.Error(diff)
	}
	// A window manager's list goes before.
	x.set(x.root, "_NET_CLIENT_LIST_STACKING", "WINDOW", 32, words(uint32(slides)))
	if list, err = Sources(display); err != nil || len(list.Windows) != 1 || list.Windows[0].ID != uint32(slides) {
		t.Errorf("%+v %v", list.Windows, err)
	}
}

func TestHostileIcons(t *testing.T) {
	for name, list := range map[string][]uint32{
		"nothing": nil, "only a size": {48, 48}, "shorter than it says": {48, 48, 1, 2, 3},
		"huge": {1 << 31, 1 << 31, 1}, "overflow": {1 << 16, 1 << 16, 1}, "zero": {0, 0, 1, 1},
	} {
		if icon := chooseIcon(list); icon != nil {
			t.Errorf("%s: %v", name, icon.Bounds())
		}
	}
	// What is right before something wrong counts.
	if icon := chooseIcon([]uint32{1, 1, 0xFF112233, 9, 9, 1}); icon == nil || icon.Bounds().Dx() != 1 {
		t.Error("the whole icon is not taken")
	}
}

func TestBorderAroundWhatIsSharedAndNotInItsPicture(t *testing.T) {
	display, _ := startX(t, "400x300")
	x := newClient(t, display)
	x.warp(399, 299)
	w := x.window("Slides", 100, 100, 120, 80, red)
	screen := openScreen(t, Options{Display: display})
	c, err := Open(Options{Display: display, Window: uint32(w), Border: true})
	if err != nil {
		t.Fatal(err)
	}
	look := func(what string, at image.Rectangle, colour uint32) {
		t.Helper()
		if _, err := c.Changed(); err != nil {
			t.Fatal(err)
		}
		if pixels, w, h, err := c.Grab(); err != nil {
			t.Fatal(err)
		} else if pixels != nil {
			g := grabbed{t, pixels, w, h}
			g.shows(what+": the picture", w, h, red, image.Pt(0, 0), image.Pt(w-1, h-1), image.Pt(0, h/2))
		}
		g := grab(t, screen)
		for _, p := range []image.Point{{at.Min.X - 4, at.Min.Y - 4}, {at.Max.X + 3, at.Max.Y + 3}, {at.Min.X - 1, at.Min.Y + 40}, {at.Max.X, at.Min.Y + 40}} {
			if got := g.at(p.X, p.Y); got != colour {
				t.Errorf("%s: the screen at %v is %06x instead of %06x", what, p, got, colour)
			}
		}
	}
	look("shared", image.Rect(100, 100, 220, 180), borderColor)
	x.place(w, xproto.ConfigWindowX|xproto.ConfigWindowY, 40, 50)
	look("moved", image.Rect(40, 50, 160, 130), borderColor)
	if list, err := Sources(display); err != nil || len(list.Windows) != 1 {
		t.Errorf("the frame is offered as a window: %+v %v", list.Windows, err)
	}
	cover := x.window("Above", 0, 0, 400, 300, green)
	if err := c.Relocate(); err != nil {
		t.Fatal(err)
	}
	look("covered", image.Rect(40, 50, 160, 130), green)
	x.must(xproto.DestroyWindowChecked(x.conn, cover).Check())
	x.must(xproto.UnmapWindowChecked(x.conn, w).Check())
	look("minimised", image.Rect(40, 50, 160, 130), 0)
	x.must(xproto.MapWindowChecked(x.conn, w).Check())
	look("shown again", image.Rect(40, 50, 160, 130), borderColor)
	c.Close()
	// The server learns of the end of the connection at some time; its answer to another client is what tells.
	gone := false
	for range 200 {
		if gone = grab(t, screen).at(36, 46) == 0; gone {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !gone {
		t.Error("the frame outlives sharing")
	}
	region, err := Open(Options{Display: display, Region: image.Rect(40, 50, 160, 130), Border: true})
	if err != nil {
		t.Fatal(err)
	}
	defer region.Close()
	c = region
	look("region", image.Rect(40, 50, 160, 130), borderColor)
}
