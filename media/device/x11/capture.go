//go:build linux || freebsd || netbsd || openbsd

package x11

import (
	"errors"
	"fmt"
	"image"

	"github.com/jezek/xgb/xproto"

	"parley/media/device/screens"
)

// Options of a Capture. At most one of Monitor, Window and Region is set; without any it is the whole screen.
type Options struct {
	Display string          // "" is $DISPLAY
	Monitor string          // by name
	Window  uint32          // X11's number of a window
	Region  image.Rectangle // pixels of the screen
	// Pointer draws the mouse pointer into the picture.
	Pointer bool
	// Border draws a frame on the screen around a window or region while it is captured.
	Border bool
}

// Capture takes pictures. Not for concurrent use.
type Capture struct {
	display *display
	options Options
	from    xproto.Drawable // what the picture is read from
	read    image.Rectangle // in coordinates of from
	at      image.Point     // of the picture's corner on the screen
	memory  memory
	window  window
	changes changes
	pointer pointer
	border  border
}

// Open connects and finds what is to be captured. Errors: ErrNoDisplay, ErrWayland, screens.ErrNoMonitor, screens.ErrNoWindow,
// screens.ErrNoRegion, ErrNoComposite.
func Open(o Options) (*Capture, error) {
	d, err := connect(o.Display)
	if err != nil {
		return nil, err
	}
	c := &Capture{display: d, options: o}
	if err := c.begin(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Capture) begin() error {
	d := c.display
	watched := xproto.Drawable(d.screen.Root)
	depth := d.screen.RootDepth
	if c.options.Window != 0 {
		watched = xproto.Drawable(c.options.Window)
		var err error
		if depth, err = c.window.redirect(d, xproto.Window(c.options.Window)); err != nil {
			return err
		}
	}
	if depth != 24 && depth != 32 || xproto.Setup(d.conn).ImageByteOrder != xproto.ImageOrderLSBFirst {
		return fmt.Errorf("x11: pictures of %d bits are not supported", depth)
	}
	if err := c.locate(); err != nil {
		return err
	}
	c.changes.watch(d, watched)
	if c.options.Border && (c.options.Window != 0 || !c.options.Region.Empty()) {
		c.border.make(d)
		c.frame()
	}
	return nil
}

// frame lets the border follow.
func (c *Capture) frame() {
	at := image.Rectangle{Min: c.at, Max: c.at.Add(c.read.Size())}
	c.border.follow(c.display, at, c.options.Window == 0 || c.window.pixmap != 0, c.window.frame)
}

// locate finds where the picture is now.
func (c *Capture) locate() error {
	if c.options.Window != 0 {
		return c.locateWindow()
	}
	return c.locateArea()
}

func (c *Capture) locateArea() error {
	root := xproto.Drawable(c.display.screen.Root)
	geometry, err := xproto.GetGeometry(c.display.conn, root).Reply()
	if err != nil {
		return fmt.Errorf("x11: ask for the screen's size: %w", err)
	}
	whole := image.Rect(0, 0, int(geometry.Width), int(geometry.Height))
	area := whole
	switch {
	case c.options.Monitor != "":
		m, err := c.display.monitor(c.options.Monitor)
		if err != nil {
			return err
		}
		area = m.Bounds.Intersect(whole)
	case !c.options.Region.Empty():
		// Even sides: codecs take half of the colours.
		area = even(c.options.Region.Intersect(whole))
		if area.Empty() {
			return screens.ErrNoRegion
		}
	}
	if area.Empty() {
		return errors.New("x11: the screen has no size")
	}
	c.from, c.read, c.at = root, area, area.Min
	return nil
}

// even makes both sides even.
func even(r image.Rectangle) image.Rectangle {
	r.Max = r.Min.Add(image.Pt(r.Dx()&^1, r.Dy()&^1))
	return r
}

// Changed tells whether a new picture would show anything new since the last Grab; true where the server cannot tell.
// Errors as Grab.
func (c *Capture) Changed() (bool, error) {
	if c.options.Window != 0 {
		// A window's size and its being shown tell the server's damage nothing, but cost one question only.
		before := c.window
		if err := c.locate(); err != nil {
			return false, err
		}
		c.frame()
		if c.window.pixmap == 0 {
			return false, nil // minimised: the last picture stays
		}
		if c.window.pixmap != before.pixmap {
			return true, nil
		}
	}
	area := c.read
	if c.options.Window != 0 {
		area = image.Rectangle{}
	}
	if err := c.changes.look(c.display, area); err != nil {
		return false, err
	}
	if !c.options.Pointer || c.changes.drawn {
		return c.changes.drawn, nil
	}
	err := c.pointer.look(c)
	return c.pointer.moved(), err
}

// Grab takes a picture: 4 bytes a pixel in the order B, G, R, unused, rows without padding, valid until the next call.
// When what is captured changed its size, the picture has the new one. A minimised window has no picture: nil without an
// error. Errors: screens.ErrNoWindow when the window was closed, screens.ErrNoMonitor; others mean that the display is gone.
func (c *Capture) Grab() (pixels []byte, width, height int, err error) {
	for range 3 {
		if c.options.Window != 0 {
			if err := c.locate(); err != nil {
				return nil, 0, 0, err
			}
			if c.window.pixmap == 0 {
				return nil, 0, 0, nil
			}
		}
		c.display.drain()
		c.memory.fit(c.display, c.read.Dx()*c.read.Dy()*4)
		c.changes.seen(c.display)
		if pixels, err = c.memory.image(c.display, c.from, c.read); err == nil {
			if c.options.Pointer {
				c.pointer.draw(c, pixels)
			}
			return pixels, c.read.Dx(), c.read.Dy(), nil
		}
		// Most likely it has become smaller than what was asked for.
		c.window.forget(c.display)
		if err := c.locate(); err != nil {
			return nil, 0, 0, err
		}
	}
	return nil, 0, 0, err
}

// Relocate notices that the screen grew or the monitor moved, which Grab alone does not see. To be called now and then.
func (c *Capture) Relocate() error {
	if c.options.Window != 0 {
		c.window.findFrame(c.display)
		c.border.raise(c.display, c.window.frame)
		return nil
	}
	err := c.locate()
	if err == nil {
		c.frame()
		c.border.raise(c.display, 0)
	}
	return err
}

// Rest gives the memory for pictures back until the next Grab.
func (c *Capture) Rest() { c.memory.unshare(c.display) }

// Close gives everything back.
func (c *Capture) Close() {
	c.memory.unshare(c.display)
	c.display.conn.Close() // the server forgets redirection, damage and pixmaps with it
}
