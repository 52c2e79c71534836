//go:build windows && (amd64 || arm64)

package gdi

import (
	"image"
	"sync"

	"golang.org/x/sys/windows"
)

var (
	user32 = windows.NewLazySystemDLL("user32.dll")
	gdi32  = windows.NewLazySystemDLL("gdi32.dll")

	procCreateWindowEx         = user32.NewProc("CreateWindowExW")
	procDefWindowProc          = user32.NewProc("DefWindowProcW")
	procDestroyWindow          = user32.NewProc("DestroyWindow")
	procDispatchMessage        = user32.NewProc("DispatchMessageW")
	procDrawIconEx             = user32.NewProc("DrawIconEx")
	procEnumDisplayMonitors    = user32.NewProc("EnumDisplayMonitors")
	procGetAncestor            = user32.NewProc("GetAncestor")
	procGetClassLongPtr        = user32.NewProc("GetClassLongPtrW")
	procGetCursorInfo          = user32.NewProc("GetCursorInfo")
	procGetIconInfo            = user32.NewProc("GetIconInfo")
	procGetMessage             = user32.NewProc("GetMessageW")
	procGetMonitorInfo         = user32.NewProc("GetMonitorInfoW")
	procGetSystemMetrics       = user32.NewProc("GetSystemMetrics")
	procGetWindow              = user32.NewProc("GetWindow")
	procGetWindowLongPtr       = user32.NewProc("GetWindowLongPtrW")
	procGetWindowPlacement     = user32.NewProc("GetWindowPlacement")
	procGetWindowRect          = user32.NewProc("GetWindowRect")
	procGetWindowText          = user32.NewProc("GetWindowTextW")
	procIsHungAppWindow        = user32.NewProc("IsHungAppWindow")
	procIsIconic               = user32.NewProc("IsIconic")
	procPostThreadMessage      = user32.NewProc("PostThreadMessageW")
	procPrintWindow            = user32.NewProc("PrintWindow")
	procRegisterClassEx        = user32.NewProc("RegisterClassExW")
	procSendMessageTimeout     = user32.NewProc("SendMessageTimeoutW")
	procSetLayeredAttributes   = user32.NewProc("SetLayeredWindowAttributes")
	procSetProcessDpiAwareness = user32.NewProc("SetProcessDpiAwarenessContext") // Windows 10 1703
	procSetWindowAffinity      = user32.NewProc("SetWindowDisplayAffinity")
	procSetWindowPos           = user32.NewProc("SetWindowPos")
	procWindowFromPoint        = user32.NewProc("WindowFromPoint")

	procBitBlt             = gdi32.NewProc("BitBlt")
	procCreateCompatibleDC = gdi32.NewProc("CreateCompatibleDC")
	procCreateDC           = gdi32.NewProc("CreateDCW")
	procCreateDIBSection   = gdi32.NewProc("CreateDIBSection")
	procCreateSolidBrush   = gdi32.NewProc("CreateSolidBrush")
	procDeleteDC           = gdi32.NewProc("DeleteDC")
	procDeleteObject       = gdi32.NewProc("DeleteObject")
	procGdiFlush           = gdi32.NewProc("GdiFlush")
	procGetDIBits          = gdi32.NewProc("GetDIBits")
	procSelectObject       = gdi32.NewProc("SelectObject")
)

// rect is RECT.
type rect struct{ Left, Top, Right, Bottom int32 }

func (r rect) image() image.Rectangle {
	return image.Rect(int(r.Left), int(r.Top), int(r.Right), int(r.Bottom))
}

// point is POINT.
type point struct{ X, Y int32 }

// word passes a POINT by value: 64-bit calling conventions put it into one register.
func (p point) word() uintptr { return uintptr(uint64(uint32(p.X)) | uint64(uint32(p.Y))<<32) }

// signed passes an int.
func signed(v int) uintptr { return uintptr(int32(v)) }

// awareOnce makes coordinates physical pixels on each monitor, also where the program was started without its manifest.
// It fails, and need not be done, when the window toolkit was first.
var awareOnce = sync.OnceFunc(func() {
	const perMonitorV2 = ^uintptr(3) // DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2 is -4
	if procSetProcessDpiAwareness.Find() == nil {
		_, _, _ = procSetProcessDpiAwareness.Call(perMonitorV2)
	}
})

// virtualScreen is the rectangle of all monitors, with the upper left corner of the main one at 0, 0.
func virtualScreen() image.Rectangle {
	const x, y, width, height = 76, 77, 78, 79 // SM_XVIRTUALSCREEN and so on
	metric := func(i uintptr) int {
		v, _, _ := procGetSystemMetrics.Call(i)
		return int(int32(v))
	}
	at := image.Pt(metric(x), metric(y))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(metric(width), metric(height)))}
}
