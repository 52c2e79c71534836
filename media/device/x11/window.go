//go:build linux || freebsd || netbsd || openbsd

package x11

import (
	"fmt"
	"image"

	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/xproto"

	"parley/media/device/screens"
)

// window is a captured window. The server keeps a picture of it while it is redirected, so that it is seen also where
// other windows cover it.
type window struct {
	id     xproto.Window
	frame  xproto.Window // the child of the root that holds it: the window manager's frame, or itself
	pixmap xproto.Pixmap // its picture, 0 while it is minimised
	size   image.Point   // of the pixmap's window, without border
	border int
}

// redirect begins to keep the window's picture and tells its depth in bits.
func (w *window) redirect(d *display, id xproto.Window) (depth byte, err error) {
	if !d.composite {
		return 0, ErrNoComposite
	}
	geometry, err := xproto.GetGeometry(d.conn, xproto.Drawable(id)).Reply()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", screens.ErrNoWindow, err)
	}
	if id == d.screen.Root {
		return 0, screens.ErrNoWindow
	}
	// Automatic: the server goes on drawing it on the screen.
	if err := composite.RedirectWindowChecked(d.conn, id, composite.RedirectAutomatic).Check(); err != nil {
		return 0, fmt.Errorf("x11: keep pictures of a window: %w", err)
	}
	w.id = id
	w.findFrame(d)
	return geometry.Depth, nil
}

// findFrame goes up to the child of the root.
func (w *window) findFrame(d *display) {
	at := w.id
	for range 16 { // window managers nest two or three deep
		tree, err := xproto.QueryTree(d.conn, at).Reply()
		if err != nil {
			return
		}
		if tree.Parent == 0 || tree.Parent == d.screen.Root {
			w.frame = at
			return
		}
		at = tree.Parent
	}
}

// forget the picture, so that the next look takes a new one.
func (w *window) forget(d *display) {
	if w.pixmap != 0 {
		xproto.FreePixmap(d.conn, w.pixmap)
		w.pixmap = 0
	}
}

// locateWindow follows the window's size: with each the server makes a new picture.
func (c *Capture) locateWindow() error {
	w, conn := &c.window, c.display.conn
	// Asked at once, answered one after the other: one way to the server and back.
	attributes := xproto.GetWindowAttributes(conn, w.id)
	geometry := xproto.GetGeometry(conn, xproto.Drawable(w.id))
	corner := xproto.TranslateCoordinates(conn, w.id, c.display.screen.Root, 0, 0)
	a, err := attributes.Reply()
	g, geometryErr := geometry.Reply()
	at, cornerErr := corner.Reply()
	if err != nil || geometryErr != nil || cornerErr != nil {
		return fmt.Errorf("%w: %w", screens.ErrNoWindow, firstOf(err, geometryErr, cornerErr))
	}
	c.at = image.Pt(int(at.DstX), int(at.DstY))
	size := image.Pt(int(g.Width), int(g.Height))
	if a.MapState != xproto.MapStateViewable {
		w.forget(c.display)
		return nil
	}
	if w.pixmap != 0 && w.size == size && w.border == int(g.BorderWidth) {
		return nil
	}
	w.forget(c.display)
	pixmap, err := xproto.NewPixmapId(conn)
	if err != nil {
		return fmt.Errorf("x11: %w", err)
	}
	if err := composite.NameWindowPixmapChecked(conn, w.id, pixmap).Check(); err != nil {
		return nil // it was hidden or closed this moment: the next look tells
	}
	w.pixmap, w.size, w.border = pixmap, size, int(g.BorderWidth)
	c.from = xproto.Drawable(pixmap)
	c.read = even(image.Rectangle{Max: size}.Add(image.Pt(w.border, w.border)))
	if c.read.Empty() { // of one pixel's width or height: nothing to see
		w.forget(c.display)
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
