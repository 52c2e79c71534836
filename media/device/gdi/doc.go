// Package gdi lists and captures what a Windows desktop shows: all of it, a monitor, a region or a window, through
// user32, gdi32 and dwmapi. Coordinates are physical pixels from the upper left corner of the virtual screen, which holds
// all monitors.
package gdi
