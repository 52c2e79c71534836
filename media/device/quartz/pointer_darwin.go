package quartz

import (
	"image"
	"runtime"
	"sync"

	"github.com/ebitengine/purego/objc"
)

// loadCursor finds what knows the pointer's picture.
var loadCursor = sync.OnceValue(func() bool {
	_, err := framework("AppKit")
	return err == nil
})

// drawPointer draws the mouse pointer into a picture of an area of the desktop. A pointer that cannot be had is no reason
// to have no picture.
func drawPointer(c *canvas, area image.Rectangle) {
	if area.Empty() || !loadCursor() {
		return
	}
	event := cgEventCreate(0)
	if event == 0 {
		return
	}
	at := cgEventGetLocation(event)
	cfRelease(event)
	runtime.LockOSThread() // what is released automatically is so for each thread
	defer runtime.UnlockOSThread()
	pool := objc.ID(objc.GetClass("NSAutoreleasePool")).Send(objc.RegisterName("new"))
	defer pool.Send(objc.RegisterName("drain"))
	cursor := objc.ID(objc.GetClass("NSCursor")).Send(objc.RegisterName("currentSystemCursor"))
	if cursor == 0 {
		return
	}
	hot := objc.Send[point](cursor, objc.RegisterName("hotSpot"))
	picture := cursor.Send(objc.RegisterName("image"))
	if picture == 0 {
		return
	}
	size := objc.Send[point](picture, objc.RegisterName("size"))
	shape := picture.Send(objc.RegisterName("CGImageForProposedRect:context:hints:"), uintptr(0), uintptr(0), uintptr(0))
	if shape == 0 {
		return
	}
	// Points of the desktop to pixels of the picture, whose origin is the lower left corner.
	scale := float64(c.size.X) / float64(area.Dx())
	x, y := at.X-hot.X-float64(area.Min.X), at.Y-hot.Y-float64(area.Min.Y)
	cgContextDrawImage(c.context, rect{x * scale, float64(c.size.Y) - (y+size.Y)*scale, size.X * scale, size.Y * scale}, ref(shape))
}
