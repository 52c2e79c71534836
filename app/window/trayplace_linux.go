package window

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/godbus/dbus/v5"
)

// sessionBus tells whether this session has a message bus. Without one, asking for it would start a search that prints
// errors, and on some systems a bus of its own.
func sessionBus() bool {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	_, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), "bus"))
	return err == nil
}

// trayWatcher is who shows icons (freedesktop.org StatusNotifierItem).
const trayWatcher = "org.kde.StatusNotifierWatcher"

// trayTime bounds the question whether there is a place for the icon: the window waits for the answer.
const trayTime = time.Second

// trayPlace tells whether this desktop shows icons: GNOME, for one, does not without an extension. A bus that does not answer
// in time is taken for a desktop without.
func trayPlace() bool {
	if !sessionBus() {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), trayTime)
	defer cancel()
	owned := make(chan bool, 1)
	go func() { owned <- trayOwned(ctx) }() // connecting knows no contexts
	select {
	case there := <-owned:
		return there
	case <-ctx.Done():
		return false
	}
}

func trayOwned(ctx context.Context) (owned bool) {
	bus, err := dbus.SessionBus() // shared with Fyne: it is not closed
	if err != nil {
		return false
	}
	err = bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, trayWatcher).Store(&owned)
	return err == nil && owned
}
