package window

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"golang.org/x/sys/windows"
)

var setWindowPos = windows.NewLazySystemDLL("user32.dll").NewProc("SetWindowPos")

// keepOnTop keeps a shown window above the others.
func keepOnTop(w fyne.Window) error {
	native, ok := w.(driver.NativeWindow)
	if !ok {
		return nil
	}
	var err error
	native.RunNative(func(context any) {
		x, ok := context.(driver.WindowsWindowContext)
		if !ok {
			return
		}
		const topmost, noSize, noMove, noActivate = ^uintptr(0), 0x1, 0x2, 0x10 // HWND_TOPMOST is -1
		if done, _, failed := setWindowPos.Call(x.HWND, topmost, 0, 0, 0, 0, noSize|noMove|noActivate); done == 0 {
			err = fmt.Errorf("keep the window on top: %w", failed)
		}
	})
	return err
}
