//go:build linux

package x11

import (
	"testing"

	"github.com/jezek/xgb/xproto"
)

// BenchmarkStill is what a look at a still window costs, BenchmarkWindow a picture of 1080p of it.
func BenchmarkStill(b *testing.B) {
	c, _, _ := benchWindow(b)
	for b.Loop() {
		if changed, err := c.Changed(); changed || err != nil {
			b.Fatal(changed, err)
		}
	}
}

func BenchmarkWindow(b *testing.B) {
	c, x, w := benchWindow(b)
	for b.Loop() {
		x.fill(w, 0, 0, 100, 100, green)
		if changed, err := c.Changed(); !changed || err != nil {
			b.Fatal(changed, err)
		}
		if _, _, _, err := c.Grab(); err != nil {
			b.Fatal(err)
		}
	}
}

func benchWindow(b *testing.B) (*Capture, *xClient, xproto.Window) {
	display, _ := startX(b, "1920x1080")
	x := newClient(b, display)
	w := x.window("Slides", 0, 0, 1920, 1080, red)
	c, err := Open(Options{Display: display, Window: uint32(w), Pointer: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	if _, _, _, err := c.Grab(); err != nil {
		b.Fatal(err)
	}
	return c, x, w
}
