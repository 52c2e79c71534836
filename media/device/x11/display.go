//go:build linux || freebsd || netbsd || openbsd

// Package x11 takes pictures of an X11 screen, a monitor, a region or a single window, covered ones too, through MIT-SHM,
// mouse pointer included. It speaks the protocol itself rather than through Xlib, which ends the whole process when the
// server goes away.
package x11

import (
	"fmt"
	"image"
	"io"
	"log"
	"os"
	"strings"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"parley/media/device/screens"
)

func init() {
	// Its complaints (no authority file, server gone) come back as errors too.
	xgb.Logger = log.New(io.Discard, "", 0)
}

// display is a connection with the extensions that capture uses.
type display struct {
	conn      *xgb.Conn
	screen    *xproto.ScreenInfo
	shm       bool
	pointer   bool
	randr     bool
	composite bool
	damage    bool
}

// connect to a display; "" is $DISPLAY.
func connect(name string) (*display, error) {
	if name == "" && os.Getenv("DISPLAY") == "" {
		if os.Getenv("WAYLAND_DISPLAY") != "" || os.Getenv("XDG_SESSION_TYPE") == "wayland" {
			return nil, ErrWayland
		}
		return nil, fmt.Errorf("%w: DISPLAY is not set", ErrNoDisplay)
	}
	conn, err := xgb.NewConnDisplay(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoDisplay, err)
	}
	d := &display{conn: conn, screen: xproto.Setup(conn).DefaultScreen(conn)}
	d.shm = enable(conn, "MIT-SHM")
	d.randr = enable(conn, "RANDR")
	if enable(conn, "XFIXES") {
		_, err := xfixes.QueryVersion(conn, 4, 0).Reply() // the protocol demands it before any other request
		d.pointer = err == nil
	}
	if enable(conn, "Composite") {
		v, err := composite.QueryVersion(conn, 0, 4).Reply()
		d.composite = err == nil && (v.MajorVersion > 0 || v.MinorVersion >= 2) // the pixmaps of windows came with 0.2
	}
	if d.pointer && enable(conn, "DAMAGE") {
		_, err := damage.QueryVersion(conn, 1, 1).Reply()
		d.damage = err == nil
	}
	if d.wayland() {
		conn.Close()
		return nil, ErrWayland
	}
	return d, nil
}

// wayland tells Xwayland by its extension (since 23.1) or its monitors' names.
func (d *display) wayland() bool {
	const extension = "XWAYLAND"
	if r, err := xproto.QueryExtension(d.conn, uint16(len(extension)), extension).Reply(); err == nil && r.Present {
		return true
	}
	for _, m := range d.monitors() {
		if strings.HasPrefix(m.Name, extension) {
			return true
		}
	}
	return false
}

// monitors of the screen; none when the server has no RandR 1.5.
func (d *display) monitors() (list []screens.Monitor) {
	if !d.randr {
		return nil
	}
	if v, err := randr.QueryVersion(d.conn, 1, 5).Reply(); err != nil || v.MajorVersion == 1 && v.MinorVersion < 5 {
		return nil
	}
	reply, err := randr.GetMonitors(d.conn, d.screen.Root, true).Reply()
	if err != nil {
		return nil
	}
	for _, m := range reply.Monitors {
		name := ""
		if atom, err := xproto.GetAtomName(d.conn, m.Name).Reply(); err == nil {
			name = atom.Name
		}
		list = append(list, screens.Monitor{Name: name, Primary: m.Primary,
			Bounds: image.Rect(int(m.X), int(m.Y), int(m.X)+int(m.Width), int(m.Y)+int(m.Height))})
	}
	return list
}

// monitor with a name, or screens.ErrNoMonitor.
func (d *display) monitor(name string) (screens.Monitor, error) {
	for _, m := range d.monitors() {
		if m.Name == name {
			return m, nil
		}
	}
	return screens.Monitor{}, fmt.Errorf("%w: %q", screens.ErrNoMonitor, name)
}

// drain what comes unasked (a changed keyboard, errors of requests that nobody waits for): unread, it would fill the
// connection's queue and stop it.
func (d *display) drain() {
	for {
		if event, err := d.conn.PollForEvent(); event == nil && err == nil {
			return
		}
	}
}
