//go:build windows && (amd64 || arm64)

package gdi

import (
	"image"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Attributes that the desktop's compositor knows of a window.
const (
	dwmExtendedFrame = 9  // DWMWA_EXTENDED_FRAME_BOUNDS: without the invisible border that is for resizing
	dwmCloaked       = 14 // DWMWA_CLOAKED: on another desktop, or a suspended application
)

// exists tells whether a window was not closed.
func exists(window uintptr) bool { return windows.IsWindow(windows.HWND(window)) }

// minimized tells whether a window is an icon.
func minimized(window uintptr) bool {
	is, _, _ := procIsIconic.Call(window)
	return is != 0
}

// hung tells whether a window's program answers nothing: asking it for a picture would wait for it.
func hung(window uintptr) bool {
	is, _, _ := procIsHungAppWindow.Call(window)
	return is != 0
}

// outer is a window's rectangle on the screen, with its invisible border.
func outer(window uintptr) (image.Rectangle, bool) {
	var r rect
	done, _, _ := procGetWindowRect.Call(window, uintptr(unsafe.Pointer(&r)))
	return r.image(), done != 0
}

// visible is what of a window can be seen: outer without the invisible border, where the compositor tells.
func visible(window uintptr, outer image.Rectangle) image.Rectangle {
	var r rect
	err := windows.DwmGetWindowAttribute(windows.HWND(window), dwmExtendedFrame, unsafe.Pointer(&r), uint32(unsafe.Sizeof(r)))
	if seen := r.image().Intersect(outer); err == nil && !seen.Empty() {
		return seen
	}
	return outer
}

// cloaked tells whether a window that counts as visible is not shown.
func cloaked(window uintptr) bool {
	var is uint32
	err := windows.DwmGetWindowAttribute(windows.HWND(window), dwmCloaked, unsafe.Pointer(&is), uint32(unsafe.Sizeof(is)))
	return err == nil && is != 0
}

// placement is WINDOWPLACEMENT.
type placement struct {
	Length, Flags, Show uint32
	Min, Max            point
	Normal              rect
}

// restored is a minimised window's size when it is none.
func restored(window uintptr) image.Point {
	p := placement{Length: uint32(unsafe.Sizeof(placement{}))}
	if done, _, _ := procGetWindowPlacement.Call(window, uintptr(unsafe.Pointer(&p))); done == 0 {
		return image.Point{}
	}
	return p.Normal.image().Size()
}
