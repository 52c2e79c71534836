package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"github.com/ebitengine/purego/objc"
)

// keepOnTop keeps a shown window above the others, as palettes are.
func keepOnTop(w fyne.Window) error {
	native, ok := w.(driver.NativeWindow)
	if !ok {
		return nil
	}
	native.RunNative(func(context any) {
		const floating = 3 // NSFloatingWindowLevel
		if x, ok := context.(driver.MacWindowContext); ok && x.NSWindow != 0 {
			objc.ID(x.NSWindow).Send(objc.RegisterName("setLevel:"), floating)
		}
	})
	return nil
}
