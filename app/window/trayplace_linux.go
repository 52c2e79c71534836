package window

import (
	"os"
	"path/filepath"
	"strconv"

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

// trayPlace tells whether this desktop shows icons: GNOME, for one, does not without an extension.
func trayPlace() bool {
	if !sessionBus() {
		return false
	}
	bus, err := dbus.SessionBus() // shared with Fyne: it is not closed
	if err != nil {
		return false
	}
	var owned bool
	err = bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, trayWatcher).Store(&owned)
	return err == nil && owned
}
