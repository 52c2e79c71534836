package quartz

import (
	"fmt"
	"image"
	"math"
	"unsafe"

	"parley/media/device/screens"
)

// Options of a Capture. At most one of Monitor, Window and Region is set; without any it is the whole desktop.
type Options struct {
	Monitor string          // by name, as Sources tells it
	Window  uint32          // a window's number
	Region  image.Rectangle // points
	// Pointer draws the mouse pointer into the picture.
	Pointer bool
}

// Capture takes pictures. Not for concurrent use.
type Capture struct {
	options Options
	area    image.Rectangle // on the desktop, with the main monitor's corner at 0, 0
	seen    bool            // the window is on the screen
	canvas  canvas
}

// Open finds what is to be captured. Errors: screens.ErrNoDesktop, ErrNoPermission, screens.ErrNoMonitor, screens.ErrNoWindow, screens.ErrNoRegion.
func Open(o Options) (*Capture, error) {
	if err := permitted(); err != nil {
		return nil, err
	}
	c := &Capture{options: o}
	if err := c.Relocate(); err != nil {
		return nil, err
	}
	return c, nil
}

// Relocate notices that monitors moved. To be called now and then.
func (c *Capture) Relocate() error {
	_, all := displays()
	c.area = all
	switch o := c.options; {
	case o.Window != 0:
		return c.findWindow()
	case o.Monitor != "":
		var err error
		if c.area, err = findMonitor(o.Monitor); err != nil {
			return err
		}
	case !o.Region.Empty():
		if c.area = o.Region.Add(all.Min).Intersect(all); c.area.Dx() < screens.Smallest || c.area.Dy() < screens.Smallest {
			return screens.ErrNoRegion
		}
	}
	if c.area.Empty() {
		return screens.ErrNoDesktop
	}
	return nil
}

// findWindow looks where the window is. A minimised one is in the list, but not on the screen.
func (c *Capture) findWindow() error {
	err := screens.ErrNoWindow
	each(includingWindow, c.options.Window, func(info ref) bool {
		if uint32(number(cfDictionaryGetValue(info, windowKeys.number))) != c.options.Window {
			return true
		}
		err, c.area = nil, boundsOf(info)
		c.seen = cfDictionaryGetValue(info, windowKeys.onScreen) != 0 // the key is there for those on the screen only
		return false
	})
	return err
}

// Grab takes a picture: 4 bytes a pixel in the order B, G, R, unused, rows without padding, valid until the next call of
// any method. When what is captured changed its size, the picture has the new one. A window that is minimised or too small
// has no picture: nil without an error. Errors: screens.ErrNoWindow when the window was closed.
func (c *Capture) Grab() (pixels []byte, width, height int, err error) {
	const bestResolution, ignoreFraming = 8, 1 // kCGWindowImageBestResolution, kCGWindowImageBoundsIgnoreFraming
	var shot ref
	if c.options.Window != 0 {
		if err := c.findWindow(); err != nil {
			return nil, 0, 0, err
		}
		if !c.seen {
			return nil, 0, 0, nil
		}
		none := rect{X: math.Inf(1), Y: math.Inf(1)} // CGRectNull: as large as the window
		shot = cgWindowListCreateImage(none, includingWindow, c.options.Window, bestResolution|ignoreFraming)
	} else {
		shot = cgWindowListCreateImage(fromImage(c.area), onScreenOnly, 0, bestResolution)
	}
	if shot == 0 {
		return nil, 0, 0, nil // a locked screen, a window that is just closed: the next look tells
	}
	defer cfRelease(shot)
	if cgImageGetWidth(shot) < screens.Smallest || cgImageGetHeight(shot) < screens.Smallest {
		return nil, 0, 0, nil // a window that is too small now can grow
	}
	if err := c.canvas.draw(shot); err != nil {
		return nil, 0, 0, err
	}
	if c.options.Pointer {
		drawPointer(&c.canvas, c.area)
	}
	return c.canvas.pixels, c.canvas.size.X, c.canvas.size.Y, nil
}

// Rest gives the memory for pictures back until the next Grab.
func (c *Capture) Rest() { c.canvas.close() }

// Close gives everything back.
func (c *Capture) Close() { c.canvas.close() }

// canvas is memory that CoreGraphics draws into and we read.
type canvas struct {
	context ref
	size    image.Point
	pixels  []byte // the system's memory
}

// draw a picture from its upper left corner, with even sides: codecs take half of the colours.
func (c *canvas) draw(shot ref) error {
	width, height := cgImageGetWidth(shot), cgImageGetHeight(shot)
	if err := c.fit(image.Pt(width&^1, height&^1)); err != nil {
		return err
	}
	// What is not opaque (a window's round corners, its shadow) must not show the picture before.
	cgContextClearRect(c.context, rect{0, 0, float64(c.size.X), float64(c.size.Y)})
	// The origin is the lower left corner.
	cgContextDrawImage(c.context, rect{0, float64(c.size.Y - height), float64(width), float64(height)}, shot)
	return nil
}

func (c *canvas) fit(size image.Point) error {
	if c.context != 0 && c.size == size {
		return nil
	}
	c.close()
	const noAlphaFirst, littleEndian = 6, 2 << 12 // kCGImageAlphaNoneSkipFirst, kCGBitmapByteOrder32Little: B, G, R
	space := cgColorSpaceCreateDeviceRGB()
	context := cgBitmapContextCreate(nil, size.X, size.Y, 8, size.X*4, space, noAlphaFirst|littleEndian)
	cfRelease(space)
	if context == 0 {
		return fmt.Errorf("quartz: no memory for a picture of %v", size)
	}
	*c = canvas{context, size, unsafe.Slice((*byte)(cgBitmapContextGetData(context)), size.X*size.Y*4)}
	return nil
}

func (c *canvas) close() {
	if c.context != 0 {
		cfRelease(c.context)
	}
	*c = canvas{}
}
