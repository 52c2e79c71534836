//go:build linux || freebsd || openbsd || netbsd

package window

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// keepOnTop asks the window manager to keep a shown window above the others (EWMH, _NET_WM_STATE_ABOVE). Under Wayland
// there is no way to ask: the window is one like any other then.
func keepOnTop(w fyne.Window) error {
	native, ok := w.(driver.NativeWindow)
	if !ok {
		return nil
	}
	var handle uintptr
	native.RunNative(func(context any) {
		if x, ok := context.(driver.X11WindowContext); ok {
			handle = x.WindowHandle
		}
	})
	if handle == 0 {
		return nil
	}
	display, err := xgb.NewConn()
	if err != nil {
		return fmt.Errorf("keep the window on top: %w", err)
	}
	defer display.Close()
	atoms := map[string]xproto.Atom{}
	for _, name := range []string{"_NET_WM_STATE", "_NET_WM_STATE_ABOVE"} {
		reply, err := xproto.InternAtom(display, false, uint16(len(name)), name).Reply()
		if err != nil {
			return fmt.Errorf("keep the window on top: %w", err)
		}
		atoms[name] = reply.Atom
	}
	const add, fromApplication = 1, 1
	message := xproto.ClientMessageEvent{
		Format: 32, Window: xproto.Window(handle), Type: atoms["_NET_WM_STATE"],
		Data: xproto.ClientMessageDataUnionData32New([]uint32{add, uint32(atoms["_NET_WM_STATE_ABOVE"]), 0, fromApplication, 0}),
	}
	root := xproto.Setup(display).DefaultScreen(display).Root
	err = xproto.SendEventChecked(display, false, root,
		xproto.EventMaskSubstructureNotify|xproto.EventMaskSubstructureRedirect, string(message.Bytes())).Check()
	if err != nil {
		return fmt.Errorf("keep the window on top: %w", err)
	}
	return nil
}
