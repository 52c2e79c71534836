// Package quartz lists and captures what a Mac's desktop shows: all of it, a monitor, a region or a window, through
// CoreGraphics. It calls the system's frameworks without cgo, so that its types are checked on every system. Coordinates
// are points from the upper left corner of the rectangle that holds all monitors; pictures have the pixels of the monitor.
package quartz
