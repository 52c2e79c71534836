//go:build windows && (amd64 || arm64)

package gdi

import (
	"image"
	"unsafe"
)

// cursorInfo is CURSORINFO.
type cursorInfo struct {
	Size, Flags uint32
	Cursor      uintptr
	At          point
}

// iconInfo is ICONINFO.
type iconInfo struct {
	IsIcon       int32
	HotX, HotY   uint32
	Mask, Colour uintptr
}

// drop deletes the copies that GetIconInfo made.
func (i iconInfo) drop() {
	for _, handle := range []uintptr{i.Mask, i.Colour} {
		if handle != 0 {
			_, _, _ = procDeleteObject.Call(handle)
		}
	}
}

// drawPointer draws the mouse pointer into a picture whose corner lies at a place of the screen. over tells whether the
// pointer there belongs to what is captured. A pointer that cannot be had is no reason to have no picture.
func drawPointer(b *bitmap, corner image.Point, over func(point) bool) {
	const showing = 1 // CURSOR_SHOWING
	info := cursorInfo{Size: uint32(unsafe.Sizeof(cursorInfo{}))}
	if done, _, _ := procGetCursorInfo.Call(uintptr(unsafe.Pointer(&info))); done == 0 || info.Flags&showing == 0 || info.Cursor == 0 {
		return
	}
	if !over(info.At) {
		return
	}
	var icon iconInfo
	if done, _, _ := procGetIconInfo.Call(info.Cursor, uintptr(unsafe.Pointer(&icon))); done == 0 {
		return
	}
	defer icon.drop()
	const normal = 3 // DI_NORMAL
	x := int(info.At.X) - int(icon.HotX) - corner.X
	y := int(info.At.Y) - int(icon.HotY) - corner.Y
	_, _, _ = procDrawIconEx.Call(b.dc, signed(x), signed(y), info.Cursor, 0, 0, 0, 0, normal)
}

// pointerReach is how far outside of an area the pointer's hot spot may be with a part of the pointer in it, pixels.
const pointerReach = 64

// inArea tells whether any of the pointer may be in an area of the screen.
func inArea(area image.Rectangle) func(point) bool {
	return func(p point) bool { return image.Pt(int(p.X), int(p.Y)).In(area.Inset(-pointerReach)) }
}

// onWindow tells whether the pointer is over a window: over another one that covers it the pointer is none of its business.
func onWindow(window uintptr) func(point) bool {
	return func(p point) bool {
		const root = 2 // GA_ROOT
		at, _, _ := procWindowFromPoint.Call(p.word())
		top, _, _ := procGetAncestor.Call(at, root)
		return at != 0 && top == window
	}
}
