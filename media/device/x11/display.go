//go:build linux || freebsd || netbsd || openbsd

// Package x11 takes pictures of an X11 screen through MIT-SHM, mouse pointer included. It speaks the protocol itself
// rather than through Xlib, which ends the whole process when the server goes away.
package x11

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// Errors of Open.
var (
	// ErrNoDisplay means that there is no X server to take pictures of.
	ErrNoDisplay = errors.New("no X11 display")
	// ErrWayland means that the X server is Wayland's: what it shows to us is black.
	ErrWayland = errors.New("the desktop runs on Wayland, where screens can be captured only through the desktop's portal")
	// ErrNoMonitor means that no monitor has the name.
	ErrNoMonitor = errors.New("no such monitor")
)

func init() {
	// Its complaints (no authority file, server gone) come back as errors too.
	xgb.Logger = log.New(io.Discard, "", 0)
}

// Monitor is a part of the screen.
type Monitor struct {
	Name                string
	X, Y, Width, Height int // pixels
	Primary             bool
}

// display is a connection with the extensions that capture uses.
type display struct {
	conn    *xgb.Conn
	screen  *xproto.ScreenInfo
	shm     bool
	pointer bool
	randr   bool
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
	d.shm = shm.Init(conn) == nil
	d.randr = randr.Init(conn) == nil
	if xfixes.Init(conn) == nil {
		_, err := xfixes.QueryVersion(conn, 4, 0).Reply() // the protocol demands it before any other request
		d.pointer = err == nil
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
func (d *display) monitors() (list []Monitor) {
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
		list = append(list, Monitor{Name: name, X: int(m.X), Y: int(m.Y), Width: int(m.Width), Height: int(m.Height),
			Primary: m.Primary})
	}
	return list
}

// Monitors of a display; "" is $DISPLAY.
func Monitors(name string) ([]Monitor, error) {
	d, err := connect(name)
	if err != nil {
		return nil, err
	}
	defer d.conn.Close()
	return d.monitors(), nil
}
