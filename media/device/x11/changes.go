//go:build linux || freebsd || netbsd || openbsd

package x11

import (
	"fmt"
	"image"

	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// changes tells whether something was drawn (DAMAGE), so that a still screen costs next to nothing.
type changes struct {
	damage damage.Damage // 0: the server cannot tell
	region xfixes.Region // where it puts what was drawn
	drawn  bool
}

func (c *changes) watch(d *display, what xproto.Drawable) {
	c.drawn = true
	if !d.damage {
		return
	}
	id, err := damage.NewDamageId(d.conn)
	if err != nil {
		return
	}
	region, err := xfixes.NewRegionId(d.conn)
	if err != nil || xfixes.CreateRegionChecked(d.conn, region, nil).Check() != nil {
		return
	}
	if damage.CreateChecked(d.conn, id, what, damage.ReportLevelNonEmpty).Check() == nil {
		c.damage, c.region = id, region
	}
}

// seen says that a picture is taken now. What is drawn after this request is told anew.
func (c *changes) seen(d *display) {
	if c.damage != 0 {
		damage.Subtract(d.conn, c.damage, 0, 0)
	}
	c.drawn = false
}

// look asks whether anything was drawn in an area (of the drawable watched; empty: anywhere) since the picture before.
func (c *changes) look(d *display, area image.Rectangle) error {
	if c.damage == 0 {
		c.drawn = true
		return nil
	}
	damage.Subtract(d.conn, c.damage, 0, c.region)
	reply, err := xfixes.FetchRegion(d.conn, c.region).Reply()
	if err != nil {
		return fmt.Errorf("%w: %w", errDisplayGone, err)
	}
	for _, r := range reply.Rectangles {
		if area.Empty() || area.Overlaps(image.Rect(int(r.X), int(r.Y), int(r.X)+int(r.Width), int(r.Y)+int(r.Height))) {
			c.drawn = true
		}
	}
	return nil
}
