//go:build linux || freebsd || netbsd || openbsd

package x11

import (
	"fmt"
	"image"

	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// pointer is the mouse pointer.
type pointer struct {
	at    image.Point // on the screen
	shown bool        // over what is captured
	drawn pointerPlace
}

// pointerPlace is how the pointer was in the last picture.
type pointerPlace struct {
	at    image.Point
	shown bool
	known bool
}

// moved tells whether the last picture shows the pointer elsewhere. Another shape at the same place is seen with the next
// change: to ask for the shape is to transfer it.
func (p *pointer) moved() bool {
	return !p.drawn.known || p.shown != p.drawn.shown || p.shown && p.at != p.drawn.at
}

// look where the pointer is.
func (p *pointer) look(c *Capture) error {
	q, err := xproto.QueryPointer(c.display.conn, c.display.screen.Root).Reply()
	if err != nil {
		return fmt.Errorf("%w: %w", errDisplayGone, err)
	}
	p.at = image.Pt(int(q.RootX), int(q.RootY))
	area := image.Rectangle{Min: c.at, Max: c.at.Add(c.read.Size())}
	// Over a window that covers the captured one the pointer is none of its business.
	over := c.options.Window == 0 || q.Child == c.window.frame || q.Child == c.window.id
	p.shown = c.display.pointer && q.SameScreen && over && p.at.In(area.Inset(-pointerReach))
	return nil
}

// pointerReach is how far outside of an area the pointer's hot spot may be with a part of the pointer in it, pixels.
const pointerReach = 64

// draw blends the pointer over the picture. A pointer that cannot be had is no reason to have no picture.
func (p *pointer) draw(c *Capture, pixels []byte) {
	err := p.look(c)
	p.drawn = pointerPlace{p.at, p.shown, true}
	if err != nil || !p.shown {
		return
	}
	cursor, err := xfixes.GetCursorImage(c.display.conn).Reply()
	if err != nil || len(cursor.CursorImage) < int(cursor.Width)*int(cursor.Height) {
		return
	}
	corner := p.at.Sub(image.Pt(int(cursor.Xhot), int(cursor.Yhot))).Sub(c.at)
	size := image.Pt(int(cursor.Width), int(cursor.Height))
	picture := c.read.Size()
	visible := image.Rectangle{Min: corner, Max: corner.Add(size)}.Intersect(image.Rectangle{Max: picture})
	for y := visible.Min.Y; y < visible.Max.Y; y++ {
		row := cursor.CursorImage[(y-corner.Y)*size.X:]
		for x := visible.Min.X; x < visible.Max.X; x++ {
			blend(pixels[(y*picture.X+x)*4:], row[x-corner.X])
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
