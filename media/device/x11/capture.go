//go:build linux || freebsd || netbsd || openbsd

package x11

import (
	"errors"
	"fmt"

	sysv "github.com/gen2brain/shm"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// Options of a Capture.
type Options struct {
	Display string // "" is $DISPLAY
	Monitor string // by name; "" is the whole screen
	// Pointer draws the mouse pointer into the picture.
	Pointer bool
}

// Capture takes pictures. Not for concurrent use.
type Capture struct {
	display *display
	options Options
	area    Monitor
	segment shm.Seg
	shared  []byte // nil: the server cannot share memory with us, pictures come through the socket
}

// Open connects and finds what is to be captured. Errors: ErrNoDisplay, ErrWayland, ErrNoMonitor.
func Open(o Options) (*Capture, error) {
	d, err := connect(o.Display)
	if err != nil {
		return nil, err
	}
	c := &Capture{display: d, options: o}
	if err := c.locate(); err != nil {
		c.Close()
		return nil, err
	}
	if d.screen.RootDepth != 24 && d.screen.RootDepth != 32 || xproto.Setup(d.conn).ImageByteOrder != 0 {
		c.Close()
		return nil, fmt.Errorf("x11: screens of %d bits are not supported", d.screen.RootDepth)
	}
	return c, nil
}

// locate finds the area now, and shares memory for its pictures.
func (c *Capture) locate() error {
	geometry, err := xproto.GetGeometry(c.display.conn, xproto.Drawable(c.display.screen.Root)).Reply()
	if err != nil {
		return fmt.Errorf("x11: ask for the screen's size: %w", err)
	}
	area := Monitor{Width: int(geometry.Width), Height: int(geometry.Height)}
	if c.options.Monitor != "" {
		found := false
		for _, m := range c.display.monitors() {
			if m.Name == c.options.Monitor {
				area, found = m, true
			}
		}
		if !found {
			return fmt.Errorf("%w: %q", ErrNoMonitor, c.options.Monitor)
		}
	}
	if area.Width == 0 || area.Height == 0 {
		return errors.New("x11: the screen has no size")
	}
	if size := area.Width * area.Height * 4; size != c.area.Width*c.area.Height*4 || c.shared == nil {
		c.unshare()
		c.share(size)
	}
	c.area = area
	return nil
}

// share memory with the server; when that fails (another machine, a container), shared stays nil.
func (c *Capture) share(size int) {
	if !c.display.shm {
		return
	}
	id, err := sysv.Get(sysv.IPC_PRIVATE, size, sysv.IPC_CREAT|0o600)
	if err != nil {
		return
	}
	// It goes with its last user, whatever becomes of us.
	defer func() { _ = sysv.Rm(id) }()
	data, err := sysv.At(id, 0, 0)
	if err != nil {
		return
	}
	segment, err := shm.NewSegId(c.display.conn)
	if err == nil {
		err = shm.AttachChecked(c.display.conn, segment, uint32(id), false).Check()
	}
	if err != nil {
		_ = sysv.Dt(data)
		return
	}
	c.segment, c.shared = segment, data
}

func (c *Capture) unshare() {
	if c.shared == nil {
		return
	}
	shm.Detach(c.display.conn, c.segment)
	_ = sysv.Dt(c.shared)
	c.shared = nil
}

// Grab takes a picture: 4 bytes a pixel in the order B, G, R, unused, rows without padding, valid until the next call.
// When the screen's size changed, the picture has the new one. An error means that the display is gone.
func (c *Capture) Grab() (pixels []byte, width, height int, err error) {
	for range 3 {
		if pixels, err = c.image(); err == nil {
			if c.options.Pointer {
				c.drawPointer(pixels)
			}
			return pixels, c.area.Width, c.area.Height, nil
		}
		// Most likely the screen has become smaller than what was asked for.
		if err := c.locate(); err != nil {
			return nil, 0, 0, err
		}
	}
	return nil, 0, 0, err
}

// Relocate notices that the screen grew or the monitor moved, which Grab alone does not see. To be called now and then.
func (c *Capture) Relocate() error { return c.locate() }

func (c *Capture) image() ([]byte, error) {
	root := xproto.Drawable(c.display.screen.Root)
	a := c.area
	size := a.Width * a.Height * 4
	if c.shared != nil {
		_, err := shm.GetImage(c.display.conn, root, int16(a.X), int16(a.Y), uint16(a.Width), uint16(a.Height),
			^uint32(0), xproto.ImageFormatZPixmap, c.segment, 0).Reply()
		return c.shared[:size], err
	}
	reply, err := xproto.GetImage(c.display.conn, xproto.ImageFormatZPixmap, root, int16(a.X), int16(a.Y),
		uint16(a.Width), uint16(a.Height), ^uint32(0)).Reply()
	if err != nil {
		return nil, err
	}
	if len(reply.Data) < size {
		return nil, fmt.Errorf("x11: a picture of %d bytes instead of %d", len(reply.Data), size)
	}
	return reply.Data[:size], nil
}

// drawPointer blends the pointer over the picture. A pointer that cannot be had is no reason to have no picture.
func (c *Capture) drawPointer(pixels []byte) {
	if !c.display.pointer {
		return
	}
	p, err := xfixes.GetCursorImage(c.display.conn).Reply()
	if err != nil || len(p.CursorImage) < int(p.Width)*int(p.Height) {
		return
	}
	left, top := int(p.X)-int(p.Xhot)-c.area.X, int(p.Y)-int(p.Yhot)-c.area.Y
	for row := range int(p.Height) {
		y := top + row
		if y < 0 || y >= c.area.Height {
			continue
		}
		for column := range int(p.Width) {
			x := left + column
			if x < 0 || x >= c.area.Width {
				continue
			}
			blend(pixels[(y*c.area.Width+x)*4:], p.CursorImage[row*int(p.Width)+column])
		}
	}
}

// blend puts a pixel (ARGB, premultiplied) over another (B, G, R).
func blend(dst []byte, src uint32) {
	rest := 255 - src>>24
	for i := range 3 {
		channel := src >> (8 * i) & 0xFF
		dst[i] = byte(min(255, channel+uint32(dst[i])*rest/255))
	}
}

// Close gives everything back.
func (c *Capture) Close() {
	c.unshare()
	c.display.conn.Close()
}
