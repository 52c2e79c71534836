//go:build linux || freebsd || netbsd || openbsd

package x11

import (
	"image"

	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"
)

const (
	borderWidth = 4        // pixels
	borderColor = 0x4FD1C5 // of what goes on, as in the window (RGB)
)

// border is a frame around what is shared, so that nobody forgets it: four windows outside of it, which the picture does
// not show. They take no clicks.
type border struct {
	sides [4]xproto.Window // above, below, left, right; 0: there is none
	shown bool
	at    image.Rectangle // what it lies around, on the screen
}

func (b *border) make(d *display) {
	clickThrough := enable(d.conn, "SHAPE")
	for i := range b.sides {
		id, err := xproto.NewWindowId(d.conn)
		if err != nil {
			return
		}
		// Override-redirect: the window manager neither moves it nor lists it.
		err = xproto.CreateWindowChecked(d.conn, 0, id, d.screen.Root, 0, 0, 1, 1, 0, xproto.WindowClassInputOutput, 0,
			xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{borderColor, 1}).Check()
		if err != nil {
			return // what is shared is shared without a frame
		}
		if clickThrough {
			shape.Rectangles(d.conn, shape.SoSet, shape.SkInput, xproto.ClipOrderingUnsorted, id, 0, 0, nil)
		}
		b.sides[i] = id
	}
}

// follow moves the frame to where what is shared is now. sibling, unless it is 0, is the window that it stays directly
// above of, so that it does not lie over others that cover it.
func (b *border) follow(d *display, at image.Rectangle, visible bool, sibling xproto.Window) {
	if b.sides[3] == 0 {
		return
	}
	if !visible || at.Empty() {
		if b.shown {
			b.shown = false
			for _, side := range b.sides {
				xproto.UnmapWindow(d.conn, side)
			}
		}
		return
	}
	if at != b.at {
		b.at = at
		out := at.Inset(-borderWidth)
		for i, r := range [4]image.Rectangle{
			image.Rect(out.Min.X, out.Min.Y, out.Max.X, at.Min.Y), image.Rect(out.Min.X, at.Max.Y, out.Max.X, out.Max.Y),
			image.Rect(out.Min.X, at.Min.Y, at.Min.X, at.Max.Y), image.Rect(at.Max.X, at.Min.Y, out.Max.X, at.Max.Y),
		} {
			xproto.ConfigureWindow(d.conn, b.sides[i],
				xproto.ConfigWindowX|xproto.ConfigWindowY|xproto.ConfigWindowWidth|xproto.ConfigWindowHeight,
				[]uint32{uint32(int32(r.Min.X)), uint32(int32(r.Min.Y)), uint32(max(1, r.Dx())), uint32(max(1, r.Dy()))})
		}
	}
	if !b.shown {
		b.shown = true
		b.raise(d, sibling)
		for _, side := range b.sides {
			xproto.MapWindow(d.conn, side)
		}
	}
}

// raise puts the frame above what is shared again, after that was raised.
func (b *border) raise(d *display, sibling xproto.Window) {
	if b.sides[3] == 0 || !b.shown {
		return
	}
	for _, side := range b.sides {
		if sibling != 0 {
			xproto.ConfigureWindow(d.conn, side, xproto.ConfigWindowSibling|xproto.ConfigWindowStackMode,
				[]uint32{uint32(sibling), xproto.StackModeAbove})
		} else {
			xproto.ConfigureWindow(d.conn, side, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
		}
	}
}
