//go:build !linux

package window

// sessionBus stands for the system's own notifications, which are always there.
func sessionBus() bool { return true }

// trayPlace: Windows and macOS always have one.
func trayPlace() bool { return true }
