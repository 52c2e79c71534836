//go:build windows && (amd64 || arm64)

package gdi

import (
	"image"
	"unsafe"

	"golang.org/x/sys/windows"

	"parley/media/device/screens"
)

// Options of a Capture. At most one of Monitor, Window and Region is set; without any it is the whole screen.
type Options struct {
	Monitor string          // by name, as Sources tells it
	Window  uint32          // a window's handle: only its lower 32 bits count on any Windows
	Region  image.Rectangle // pixels of the virtual screen
	// Pointer draws the mouse pointer into the picture.
	Pointer bool
	// Border draws a frame on the screen around a window or region while it is captured.
	Border bool
}

// Capture takes pictures. Not for concurrent use.
type Capture struct {
	options Options
	window  uintptr
	screen  uintptr         // the device context of all monitors; 0 between a failure and the next try
	area    image.Rectangle // on the screen, with the main monitor's corner at 0, 0
	shot    bitmap          // the newest picture
	whole   bitmap          // a window with its invisible border
	border  *border
}

// Open finds what is to be captured. Errors: screens.ErrNoDesktop, screens.ErrNoMonitor, screens.ErrNoWindow, screens.ErrNoRegion.
func Open(o Options) (*Capture, error) {
	awareOnce()
	// Handles are 32 bits wide and extended with their sign (Win32, "Interprocess Communication Between 32-bit and 64-bit").
	c := &Capture{options: o, window: uintptr(int32(o.Window))}
	if virtualScreen().Empty() {
		return nil, screens.ErrNoDesktop
	}
	if err := c.locate(); err != nil {
		return nil, err
	}
	if o.Border && (o.Window != 0 || !o.Region.Empty()) {
		c.border = newBorder(c.window)
		c.frame()
	}
	return c, nil
}

// frame lets the border follow.
func (c *Capture) frame() { c.border.follow(c.area, c.window == 0 || !minimized(c.window)) }

// even makes both sides even: codecs take half of the colours.
func even(r image.Rectangle) image.Rectangle {
	r.Max = r.Min.Add(image.Pt(r.Dx()&^1, r.Dy()&^1))
	return r
}

// locate finds where the picture is now.
func (c *Capture) locate() error {
	all := virtualScreen()
	c.area = all
	switch o := c.options; {
	case o.Window != 0:
		if !exists(c.window) {
			return screens.ErrNoWindow
		}
		whole, ok := outer(c.window)
		if !ok {
			return screens.ErrNoWindow
		}
		c.area = even(visible(c.window, whole))
		return nil // as small as it may be: it can grow
	case o.Monitor != "":
		m, err := findMonitor(o.Monitor)
		if err != nil {
			return err
		}
		c.area = m.bounds.Intersect(all)
	case !o.Region.Empty():
		c.area = o.Region.Add(all.Min).Intersect(all)
		if even(c.area).Empty() {
			return screens.ErrNoRegion
		}
	}
	if c.area = even(c.area); c.area.Empty() {
		return screens.ErrNoDesktop
	}
	return nil
}

// Grab takes a picture: 4 bytes a pixel in the order B, G, R, unused, rows without padding, valid until the next call of
// any method. When what is captured changed its size, the picture has the new one. A minimised window and a locked screen
// have no picture: nil without an error. Errors: screens.ErrNoWindow when the window was closed, screens.ErrNoMonitor when
// it was unplugged.
func (c *Capture) Grab() (pixels []byte, width, height int, err error) {
	if c.window != 0 {
		if err := c.locate(); err != nil {
			return nil, 0, 0, err
		}
		c.frame()
	}
	drawn, err := c.draw()
	if err != nil || !drawn {
		return nil, 0, 0, err
	}
	return c.shot.pixels, c.shot.size.X, c.shot.size.Y, nil
}

// draw a picture into shot; false: there is none now.
func (c *Capture) draw() (bool, error) {
	if c.window != 0 {
		return c.drawWindow()
	}
	if err := c.shot.fit(c.area.Size()); err != nil {
		return false, err
	}
	if !c.copyScreen() {
		return false, nil
	}
	c.finish(inArea(c.area))
	return true, nil
}

// copyScreen copies the area. It fails while the desktop belongs to somebody else: a locked screen, a question for an
// administrator's password.
func (c *Capture) copyScreen() bool {
	if c.screen == 0 {
		display, err := windows.UTF16PtrFromString("DISPLAY")
		if err != nil {
			return false
		}
		c.screen, _, _ = procCreateDC.Call(uintptr(unsafe.Pointer(display)), 0, 0, 0)
	}
	const copySource = 0x00CC0020 // SRCCOPY
	size := c.area.Size()
	done, _, _ := procBitBlt.Call(c.shot.dc, 0, 0, signed(size.X), signed(size.Y), c.screen, signed(c.area.Min.X), signed(c.area.Min.Y), copySource)
	if done == 0 {
		c.closeScreen() // of the desktop that was: the next try has the one that is
	}
	return done != 0
}

func (c *Capture) closeScreen() {
	if c.screen != 0 {
		_, _, _ = procDeleteDC.Call(c.screen)
		c.screen = 0
	}
}

// drawWindow has the compositor draw the window, also where others cover it. A window that is minimised, tiny, or whose
// program hangs has no picture.
func (c *Capture) drawWindow() (bool, error) {
	whole, ok := outer(c.window)
	c.area = c.area.Intersect(whole) // it may have moved since
	if !ok || c.area.Empty() || minimized(c.window) || hung(c.window) {
		return false, nil
	}
	c.area = even(c.area)
	if c.area.Empty() {
		return false, nil
	}
	if err := c.whole.fit(whole.Size()); err != nil {
		return false, err
	}
	const fullContent = 2 // PW_RENDERFULLCONTENT: what the graphics card draws, too
	if done, _, _ := procPrintWindow.Call(c.window, c.whole.dc, fullContent); done == 0 {
		return false, nil // most likely closed this moment: the next look tells
	}
	if err := c.shot.fit(c.area.Size()); err != nil {
		return false, err
	}
	c.whole.flush()
	copyRows(&c.shot, &c.whole, c.area.Min.Sub(whole.Min))
	c.finish(onWindow(c.window))
	return true, nil
}

// copyRows copies a part of a larger picture.
func copyRows(dst, src *bitmap, from image.Point) {
	row := dst.size.X * 4
	for y := range dst.size.Y {
		start := ((from.Y+y)*src.size.X + from.X) * 4
		copy(dst.pixels[y*row:(y+1)*row], src.pixels[start:])
	}
}

// finish puts the pointer over the picture.
func (c *Capture) finish(over func(point) bool) {
	if c.options.Pointer {
		drawPointer(&c.shot, c.area.Min, over)
	}
	c.shot.flush()
}

// Relocate notices that the screen grew or the monitor moved, which Grab alone does not see. To be called now and then.
func (c *Capture) Relocate() error {
	if c.window != 0 {
		c.border.raise()
		return nil
	}
	err := c.locate()
	if err == nil {
		c.frame()
		c.border.raise()
	}
	return err
}

// Rest gives the memory for pictures back until the next Grab.
func (c *Capture) Rest() {
	c.shot.close()
	c.whole.close()
	c.closeScreen()
}

// Close gives everything back.
func (c *Capture) Close() {
	c.Rest()
	c.border.close()
}
