package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// eye looks at single pixels of the screen, and clicks.
type eye struct {
	conn *xgb.Conn
	root xproto.Window
}

func openEye(display string) (*eye, error) {
	xgb.Logger = log.New(io.Discard, "", 0) // it tells of what is no error here: a screen without passwords, its end
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("connect to the screen: %w", err)
	}
	if err := xtest.Init(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("the screen takes no clicks: %w", err)
	}
	return &eye{conn, xproto.Setup(conn).DefaultScreen(conn).Root}, nil
}

func (e *eye) close() { e.conn.Close() }

// lookEvery is how often pixels are read: it bounds what is measured from above, and costs the server little.
const lookEvery = 2 * time.Millisecond

// until looks until something is so.
func (e *eye) until(ctx context.Context, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if done, err := so(); done || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return errors.New("it was not seen in time")
		}
	}
}

// area reads pixels, four bytes each: blue, green, red and one more.
func (e *eye) area(r image.Rectangle) ([]byte, error) {
	reply, err := xproto.GetImage(e.conn, xproto.ImageFormatZPixmap, xproto.Drawable(e.root), int16(r.Min.X), int16(r.Min.Y),
		uint16(r.Dx()), uint16(r.Dy()), 0xffffffff).Reply()
	if err != nil {
		return nil, fmt.Errorf("look at the screen: %w", err)
	}
	return reply.Data, nil
}

// drawn tells whether there is anything but the empty screen's black.
func (e *eye) drawn(x, y int) (bool, error) {
	pixel, err := e.area(image.Rect(x, y, x+1, y+1))
	return err == nil && (pixel[0] != 0 || pixel[1] != 0 || pixel[2] != 0), err
}

// red tells whether a pixel is of the red in which what is switched off is shown (look.StageOff), under the pointer or not.
func red(pixel []byte) bool {
	blue, green, r := int(pixel[0]), int(pixel[1]), int(pixel[2])
	return r > 100 && r < 175 && green*3 < r && blue*3 < r
}

// fieldHeight is the least height of a button's field, pixels.
const fieldHeight = 20

// findMuted looks for the leftmost field that is off, which is the microphone's; a point beside its icon.
func (e *eye) findMuted(in image.Rectangle) (image.Point, bool, error) {
	pixels, err := e.area(in)
	if err != nil {
		return image.Point{}, false, err
	}
	for x := range in.Dx() {
		first, last := -1, -1
		for y := range in.Dy() {
			if red(pixels[4*(y*in.Dx()+x):]) {
				if first < 0 {
					first = y
				}
				last = y
			}
		}
		if first >= 0 && last-first >= fieldHeight { // its round corners lie before that
			return in.Min.Add(image.Pt(x+4, (first+last)/2)), true, nil
		}
	}
	return image.Point{}, false, nil // not drawn yet
}

func (e *eye) muted(at image.Point) (bool, error) {
	pixel, err := e.area(image.Rect(at.X, at.Y, at.X+1, at.Y+1))
	return err == nil && red(pixel), err
}

// move moves the pointer.
func (e *eye) move(to image.Point) error { return e.send(to, [][2]byte{{xproto.MotionNotify, 0}}) }

// click presses the first button where the pointer is.
func (e *eye) click(at image.Point) error {
	return e.send(at, [][2]byte{{xproto.ButtonPress, 1}, {xproto.ButtonRelease, 1}})
}

// send sends events of a pointer: their kind and button.
func (e *eye) send(at image.Point, events [][2]byte) error {
	for _, event := range events {
		if err := xtest.FakeInputChecked(e.conn, event[0], event[1], 0, e.root, int16(at.X), int16(at.Y), 0).Check(); err != nil {
			return fmt.Errorf("pointer: %w", err)
		}
	}
	return nil
}
