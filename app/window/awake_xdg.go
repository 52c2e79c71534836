//go:build linux || freebsd || openbsd || netbsd

package window

import (
	"context"
	"log/slog"
	"os"

	"github.com/godbus/dbus/v5"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/screensaver"

	"parley/views/text"
)

// Who keeps the screen from going dark (freedesktop.org Idle Inhibition Service).
const (
	idleName = "org.freedesktop.ScreenSaver"
	idlePath = "/org/freedesktop/ScreenSaver"
)

// newAwake asks the X server, and the desktop where there is one. Fyne's own way waits for the desktop on the window's
// goroutine, and prints an error where there is none.
func newAwake(w *Window) *awake {
	asks := makeNewest[bool]()
	i := &idle{app: text.T("app.name"), reason: text.T("awake.reason"), logger: w.logger}
	w.inBackground(func(ctx context.Context) { asks.run(ctx, i.set, false) })
	return &awake{set: asks.put}
}

// idle is what was asked for. Its methods come one after the other.
type idle struct {
	app, reason string
	logger      *slog.Logger
	cookie      uint32    // of the desktop, 0: it does not keep the screen on for us
	display     *xgb.Conn // as long as the X server does, nil: not
}

// set keeps the screen on, or lets it go dark again. The desktop may hang, so the X server comes first.
func (i *idle) set(ctx context.Context, on bool) {
	i.suspend(on)
	if sessionBus() {
		if bus, err := dbus.SessionBus(); err == nil { // shared with Fyne: it is not closed
			i.ask(ctx, bus, on)
		}
	}
}

// ask the desktop. It forgets what it was asked for when the program ends.
func (i *idle) ask(ctx context.Context, bus *dbus.Conn, on bool) {
	if on == (i.cookie != 0) {
		return
	}
	desktop := bus.Object(idleName, idlePath)
	var err error
	if on {
		err = desktop.CallWithContext(ctx, idleName+".Inhibit", 0, i.app, i.reason).Store(&i.cookie)
	} else {
		err = desktop.CallWithContext(ctx, idleName+".UnInhibit", 0, i.cookie).Err
		i.cookie = 0
	}
	if err != nil {
		i.logger.Info("keep the screen on: the desktop", "on", on, "error", err)
	}
}

// suspend the X server's own saver. It forgets that when the connection ends.
func (i *idle) suspend(on bool) {
	if !on {
		if i.display != nil {
			i.display.Close()
			i.display = nil
		}
		return
	}
	if i.display != nil || os.Getenv("DISPLAY") == "" {
		return
	}
	display, err := xgb.NewConn()
	if err != nil {
		i.logger.Info("keep the screen on: the X server", "error", err)
		return
	}
	if err = screensaver.Init(display); err == nil {
		// The extension's functions are there from 1.1 on, and only after the version was asked for.
		_, err = screensaver.QueryVersion(display, 1, 1).Reply()
	}
	if err == nil {
		err = screensaver.SuspendChecked(display, 1).Check()
	}
	if err != nil {
		i.logger.Info("keep the screen on: the X server", "error", err)
		display.Close()
		return
	}
	i.display = display
}
