//go:build windows && (amd64 || arm64)

package gdi

import (
	"errors"
	"image"
	"strings"
	"testing"

	"parley/media/device/screens"
)

// Colours of windows (COLORREF) and of pixels (B, G, R).
const (
	red   = 0x0000FF
	green = 0x00FF00
	blue  = 0xFF0000
)

func bgr(colour uint32) [3]byte { return [3]byte{byte(colour >> 16), byte(colour >> 8), byte(colour)} }

// picture is what Grab gave.
type picture struct {
	pixels        []byte
	width, height int
}

func (p picture) at(x, y int) [3]byte {
	i := (y*p.width + x) * 4
	return [3]byte(p.pixels[i : i+3])
}

func grab(t *testing.T, c *Capture) picture {
	t.Helper()
	pixels, width, height, err := c.Grab()
	if err != nil {
		t.Fatal(err)
	}
	return picture{pixels, width, height}
}

func open(t *testing.T, o Options) *Capture {
	t.Helper()
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestAnotherProgramsWindowIsListed(t *testing.T) {
	other := otherWindow(t, "  Quarterly\treport\n ")
	other.do("colour %d", red)
	list, err := Sources()
	if err != nil || len(list.Monitors) == 0 || list.Bounds.Dx() < 320 || list.Bounds.Dy() < 200 {
		t.Fatalf("%+v, %v", list, err)
	}
	primary := 0
	for _, m := range list.Monitors {
		if m.Primary {
			primary++
		}
		if m.Name == "" || strings.Contains(m.Name, `\`) || !m.Bounds.In(image.Rect(0, 0, list.Bounds.Dx(), list.Bounds.Dy())) {
			t.Errorf("monitor %+v", m)
		}
	}
	if primary != 1 {
		t.Errorf("%d main monitors", primary)
	}
	found := screens.Window{}
	for _, w := range list.Windows {
		if w.ID == other.window {
			found = w
		}
	}
	if found.Title != "Quarterly report" || found.Width != 200 || found.Height != 100 || found.Minimized || found.Program == "" {
		t.Errorf("listed as %+v among %+v", found, list.Windows)
	}
}

func TestAWindowIsFollowedUntilItIsClosed(t *testing.T) {
	other := ownWindow(t, "Shared")
	other.do("colour %d", red)
	c := open(t, Options{Window: other.window, Pointer: true, Border: true})
	if p := grab(t, c); p.width != 200 || p.height != 100 || p.at(0, 0) != bgr(red) || p.at(199, 99) != bgr(red) {
		t.Fatalf("%d×%d, %v", p.width, p.height, p.at(0, 0))
	}
	other.do("colour %d", green)
	if p := grab(t, c); p.at(100, 50) != bgr(green) {
		t.Errorf("after another colour: %v", p.at(100, 50))
	}
	other.do("place 70 60 161 81") // an odd size: codecs take even ones
	if p := grab(t, c); p.width != 160 || p.height != 80 || p.at(159, 79) != bgr(green) {
		t.Errorf("after another size: %d×%d, %v", p.width, p.height, p.at(159, 79))
	}
	c.Rest()
	if p := grab(t, c); p.width != 160 || p.at(10, 10) != bgr(green) {
		t.Errorf("after a rest: %d×%d", p.width, p.height)
	}
	other.do("show 6")
	if p := grab(t, c); p.pixels != nil {
		t.Error("a minimised window has a picture")
	}
	other.do("show 9")
	if p := grab(t, c); p.width != 160 || p.height != 80 {
		t.Errorf("restored: %d×%d", p.width, p.height)
	}
	other.do("close")
	if _, _, _, err := c.Grab(); !errors.Is(err, screens.ErrNoWindow) {
		t.Errorf("closed: %v", err)
	}
	if _, err := Open(Options{Window: other.window}); !errors.Is(err, screens.ErrNoWindow) {
		t.Errorf("opened after it was closed: %v", err)
	}
}

func TestAWindowThatOthersCoverIsSeenWhole(t *testing.T) {
	below, above := ownWindow(t, "Below"), ownWindow(t, "Above")
	below.do("colour %d", blue)
	above.do("colour %d", red) // at the same place
	c := open(t, Options{Window: below.window})
	if p := grab(t, c); p.at(100, 50) != bgr(blue) {
		t.Errorf("shows %v", p.at(100, 50))
	}
}

func TestTheDesktopAndItsParts(t *testing.T) {
	other := otherWindow(t, "On the desktop")
	other.do("colour %d", green)
	list, err := Sources()
	if err != nil {
		t.Fatal(err)
	}
	whole := grab(t, open(t, Options{}))
	if whole.width != list.Bounds.Dx()&^1 || whole.height != list.Bounds.Dy()&^1 || whole.at(150, 90) != bgr(green) {
		t.Errorf("desktop of %d×%d, %v at the window", whole.width, whole.height, whole.at(150, 90))
	}
	m := list.Monitors[0]
	part := grab(t, open(t, Options{Monitor: m.Name}))
	if part.width != m.Bounds.Dx()&^1 || part.height != m.Bounds.Dy()&^1 {
		t.Errorf("monitor %v is %d×%d", m.Bounds, part.width, part.height)
	}
	region := grab(t, open(t, Options{Region: image.Rect(60, 50, 161, 131), Border: true}))
	if region.width != 100 || region.height != 80 || region.at(0, 0) != bgr(green) || region.at(99, 79) != bgr(green) {
		t.Errorf("region of %d×%d, %v", region.width, region.height, region.at(0, 0))
	}
	if _, err := Open(Options{Region: image.Rect(30000, 30000, 30100, 30100)}); !errors.Is(err, screens.ErrNoRegion) {
		t.Errorf("a region outside: %v", err)
	}
	if _, err := Open(Options{Monitor: "nope"}); !errors.Is(err, screens.ErrNoMonitor) {
		t.Errorf("an unknown monitor: %v", err)
	}
}

func TestThePointerIsDrawn(t *testing.T) {
	other := ownWindow(t, "Pointed at")
	other.do("colour %d", green)
	other.do("point 150 90")
	with, without := open(t, Options{Window: other.window, Pointer: true}), open(t, Options{Window: other.window})
	if n := differing(grab(t, without), bgr(green)); n != 0 {
		t.Errorf("%d pixels are not the window's", n)
	}
	if n := differing(grab(t, with), bgr(green)); n < 10 || n > 64*64 {
		t.Errorf("the pointer has %d pixels", n)
	}
}

func differing(p picture, from [3]byte) (n int) {
	for y := range p.height {
		for x := range p.width {
			if p.at(x, y) != from {
				n++
			}
		}
	}
	return n
}

func TestIconsAreRead(t *testing.T) {
	pixels := []byte{1, 2, 3, 0, 4, 5, 6, 0}
	if anyAlpha(pixels) {
		t.Error("there is no transparency in it")
	}
	addAlpha(pixels, []byte{0, 0, 0, 0, 255, 255, 255, 0})
	if pixels[3] != 255 || pixels[7] != 0 || !anyAlpha(pixels) {
		t.Errorf("got %v", pixels)
	}
}
