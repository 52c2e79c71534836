//go:build windows && (amd64 || arm64)

package gdi

import (
	"image"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

const (
	borderWidth  = 4        // pixels
	borderColour = 0xC5D14F // of what goes on, as in the window (COLORREF: blue, green, red)
)

// border is a frame around what is shared, so that nobody forgets it: four windows outside of it, which the picture does
// not show. They take no clicks. Windows belong to the thread that made them, which must listen to their messages: it has
// one of its own. A nil border does nothing.
type border struct {
	below  uintptr // the window that the frame stays directly above of; 0: it stays above all
	sides  [4]uintptr
	thread uint32
	done   chan struct{}
	shown  bool
	at     image.Rectangle
}

// classOnce registers what kind of window the frame is made of.
var classOnce = sync.OnceValue(func() uintptr {
	name, err := windows.UTF16PtrFromString("ParleyBorder")
	if err != nil {
		return 0
	}
	var module windows.Handle
	_ = windows.GetModuleHandleEx(0, nil, &module) // 0 stands for this program, too
	brush, _, _ := procCreateSolidBrush.Call(borderColour)
	class := struct {
		Size, Style                        uint32
		Procedure                          uintptr
		ClassExtra, WindowExtra            int32
		Instance, Icon, Cursor, Background uintptr
		Menu, Name                         *uint16
		SmallIcon                          uintptr
	}{Procedure: procDefWindowProc.Addr(), Instance: uintptr(module), Background: brush, Name: name}
	class.Size = uint32(unsafe.Sizeof(class))
	atom, _, _ := procRegisterClassEx.Call(uintptr(unsafe.Pointer(&class)))
	return atom
})

// newBorder makes a frame that is not shown yet; nil where that is not possible: what is shared is shared without.
func newBorder(below uintptr) *border {
	if classOnce() == 0 {
		return nil
	}
	b := &border{below: below, done: make(chan struct{})}
	made := make(chan bool)
	go b.run(made)
	if !<-made {
		<-b.done
		return nil
	}
	return b
}

// run makes the windows and listens to their messages until close.
func (b *border) run(made chan<- bool) {
	defer close(b.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.thread = windows.GetCurrentThreadId()
	defer func() {
		for _, side := range b.sides {
			if side != 0 {
				_, _, _ = procDestroyWindow.Call(side)
			}
		}
	}()
	for i := range b.sides {
		if b.sides[i] = makeSide(b.below == 0); b.sides[i] == 0 {
			made <- false
			return
		}
	}
	made <- true
	var message struct {
		Window         uintptr
		ID             uint32
		WParam, LParam uintptr
		Time           uint32
		At             point
		_              uint32
	}
	for {
		more, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(&message)), 0, 0, 0)
		if int32(more) <= 0 { // WM_QUIT, or an error
			return
		}
		_, _, _ = procDispatchMessage.Call(uintptr(unsafe.Pointer(&message)))
	}
}

// makeSide makes one window of the frame: without decoration, focus or a place in the task bar, clicks go through.
func makeSide(topmost bool) uintptr {
	const popup = 0x80000000 // WS_POPUP
	const transparent, toolWindow, layered, noActivate, top = 0x20, 0x80, 0x80000, 0x8000000, 0x8
	style := uintptr(transparent | toolWindow | layered | noActivate)
	if topmost {
		style |= top
	}
	window, _, _ := procCreateWindowEx.Call(style, classOnce(), 0, popup, 0, 0, 1, 1, 0, 0, 0, 0)
	if window == 0 {
		return 0
	}
	const alpha, excludeFromCapture = 2, 0x11 // LWA_ALPHA; WDA_EXCLUDEFROMCAPTURE, Windows 10 2004: else it is seen in a share of the whole screen
	_, _, _ = procSetLayeredAttributes.Call(window, 0, 0xFF, alpha)
	_, _, _ = procSetWindowAffinity.Call(window, excludeFromCapture)
	return window
}

// Flags of SetWindowPos. The windows are another thread's: nobody waits for it.
const (
	posNoSize, posNoMove, posNoZ, posNoActivate = 0x1, 0x2, 0x4, 0x10
	posShow, posHide, posAsync                  = 0x40, 0x80, 0x4000
)

// follow moves the frame to where what is shared is now.
func (b *border) follow(at image.Rectangle, visible bool) {
	if b == nil {
		return
	}
	if !visible || at.Empty() {
		if b.shown {
			b.shown = false
			for _, side := range b.sides {
				_, _, _ = procSetWindowPos.Call(side, 0, 0, 0, 0, 0, posNoSize|posNoMove|posNoZ|posNoActivate|posHide|posAsync)
			}
		}
		return
	}
	if b.shown && at == b.at {
		return
	}
	appears := !b.shown
	b.at, b.shown = at, true
	out := at.Inset(-borderWidth)
	for i, r := range [4]image.Rectangle{
		image.Rect(out.Min.X, out.Min.Y, out.Max.X, at.Min.Y), image.Rect(out.Min.X, at.Max.Y, out.Max.X, out.Max.Y),
		image.Rect(out.Min.X, at.Min.Y, at.Min.X, at.Max.Y), image.Rect(at.Max.X, at.Min.Y, out.Max.X, at.Max.Y),
	} {
		_, _, _ = procSetWindowPos.Call(b.sides[i], 0, signed(r.Min.X), signed(r.Min.Y), signed(r.Dx()), signed(r.Dy()),
			posNoZ|posNoActivate|posShow|posAsync)
	}
	if appears {
		b.raise()
	}
}

// raise puts the frame directly above what is shared again, after that was raised.
func (b *border) raise() {
	if b == nil || !b.shown {
		return
	}
	const topmost, top, previous = ^uintptr(0), 0, 3 // HWND_TOPMOST is -1, HWND_TOP, GW_HWNDPREV
	after := topmost
	if b.below != 0 {
		after = top // nothing lies above
		if above, _, _ := procGetWindow.Call(b.below, previous); above != 0 {
			after = above
		}
	}
	for _, side := range b.sides {
		if side == after {
			continue // it is there already
		}
		_, _, _ = procSetWindowPos.Call(side, after, 0, 0, 0, 0, posNoSize|posNoMove|posNoActivate|posAsync)
	}
}

// close takes the frame away.
func (b *border) close() {
	if b == nil {
		return
	}
	const quit = 0x12 // WM_QUIT
	_, _, _ = procPostThreadMessage.Call(uintptr(b.thread), quit, 0, 0)
	<-b.done
}
