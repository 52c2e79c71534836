//go:build linux

package x11

import (
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// xClient is another program with windows on the display.
type xClient struct {
	t    testing.TB
	conn *xgb.Conn
	root xproto.Window
	gc   map[xproto.Window]xproto.Gcontext
}

func newClient(t testing.TB, display string) *xClient {
	t.Helper()
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return &xClient{t: t, conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root, gc: map[xproto.Window]xproto.Gcontext{}}
}

func (c *xClient) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// window makes a window of one colour (RGB) with a title.
func (c *xClient) window(title string, x, y int16, w, h uint16, colour uint32) xproto.Window {
	c.t.Helper()
	id, err := xproto.NewWindowId(c.conn)
	c.must(err)
	c.must(xproto.CreateWindowChecked(c.conn, 0, id, c.root, x, y, w, h, 0, xproto.WindowClassInputOutput, 0,
		xproto.CwBackPixel, []uint32{colour}).Check())
	c.title(id, title)
	c.must(xproto.MapWindowChecked(c.conn, id).Check())
	return id
}

func (c *xClient) title(id xproto.Window, title string) {
	c.set(id, "_NET_WM_NAME", "UTF8_STRING", 8, []byte(title))
}

func (c *xClient) atom(name string) xproto.Atom {
	c.t.Helper()
	reply, err := xproto.InternAtom(c.conn, false, uint16(len(name)), name).Reply()
	c.must(err)
	return reply.Atom
}

func (c *xClient) set(id xproto.Window, name, kind string, format byte, data []byte) {
	c.t.Helper()
	c.must(xproto.ChangePropertyChecked(c.conn, xproto.PropModeReplace, id, c.atom(name), c.atom(kind), format,
		uint32(len(data)*8/int(format)), data).Check())
}

func words(values ...uint32) []byte {
	var data []byte
	for _, v := range values {
		data = append(data, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	return data
}

// fill paints a rectangle into a window.
func (c *xClient) fill(id xproto.Window, x, y int16, w, h uint16, colour uint32) {
	c.t.Helper()
	gc, ok := c.gc[id]
	if !ok {
		var err error
		gc, err = xproto.NewGcontextId(c.conn)
		c.must(err)
		c.must(xproto.CreateGCChecked(c.conn, gc, xproto.Drawable(id), 0, nil).Check())
		c.gc[id] = gc
	}
	c.must(xproto.ChangeGCChecked(c.conn, gc, xproto.GcForeground, []uint32{colour}).Check())
	c.must(xproto.PolyFillRectangleChecked(c.conn, xproto.Drawable(id), gc, []xproto.Rectangle{{X: x, Y: y, Width: w, Height: h}}).Check())
}

func (c *xClient) place(id xproto.Window, mask uint16, values ...uint32) {
	c.t.Helper()
	c.must(xproto.ConfigureWindowChecked(c.conn, id, mask, values).Check())
}

func (c *xClient) warp(x, y int16) {
	c.t.Helper()
	c.must(xproto.WarpPointerChecked(c.conn, 0, c.root, 0, 0, 0, 0, x, y).Check())
}
