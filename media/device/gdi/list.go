//go:build windows && (amd64 || arm64)

package gdi

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"

	"parley/media/device/caption"
	"parley/media/device/screens"
)

// Sources lists monitors and windows. This process's own windows are left out. Error: screens.ErrNoDesktop.
func Sources() (screens.List, error) {
	awareOnce()
	all := virtualScreen()
	if all.Empty() {
		return screens.List{}, screens.ErrNoDesktop
	}
	l := screens.List{Bounds: all.Sub(all.Min)}
	for _, m := range monitors() {
		l.Monitors = append(l.Monitors, screens.Monitor{Name: m.name, Bounds: m.bounds.Sub(all.Min), Primary: m.primary})
	}
	for _, id := range topWindows() {
		if w, ok := describe(id); ok {
			l.Windows = append(l.Windows, w)
		}
		if len(l.Windows) == screens.MaxWindows {
			break
		}
	}
	return l, nil
}

// monitor with its place on the screen, where the main one's corner is 0, 0.
type monitor struct {
	name    string
	bounds  image.Rectangle
	primary bool
}

// monitorInfo is MONITORINFOEXW.
type monitorInfo struct {
	Size          uint32
	Monitor, Work rect
	Flags         uint32
	Device        [32]uint16
}

func monitors() []monitor {
	var list []monitor
	enumerate(func(call uintptr) { _, _, _ = procEnumDisplayMonitors.Call(0, 0, call, 0) }, func(handle uintptr) bool {
		const primary = 1 // MONITORINFOF_PRIMARY
		info := monitorInfo{Size: uint32(unsafe.Sizeof(monitorInfo{}))}
		if done, _, _ := procGetMonitorInfo.Call(handle, uintptr(unsafe.Pointer(&info))); done != 0 {
			name := strings.TrimPrefix(windows.UTF16ToString(info.Device[:]), `\\.\`)
			list = append(list, monitor{name, info.Monitor.image(), info.Flags&primary != 0})
		}
		return true
	})
	return list
}

func findMonitor(name string) (monitor, error) {
	for _, m := range monitors() {
		if m.name == name {
			return m, nil
		}
	}
	return monitor{}, screens.ErrNoMonitor
}

func topWindows() []uintptr {
	var list []uintptr
	enumerate(func(call uintptr) { _ = windows.EnumWindows(call, nil) }, func(handle uintptr) bool {
		list = append(list, handle)
		return len(list) < 64*screens.MaxWindows // most of a desktop's windows are never seen
	})
	return list
}

// enumeration is one walk over handles. Go makes a few thousand callbacks in the life of a process and never takes one
// back: there is one, and one walk at a time.
var enumeration struct {
	mu   sync.Mutex
	call uintptr
	each func(handle uintptr) bool
}

// enumerate has each called for every handle that begin makes the system tell, until it returns false.
func enumerate(begin func(call uintptr), each func(handle uintptr) bool) {
	enumeration.mu.Lock()
	defer enumeration.mu.Unlock()
	if enumeration.call == 0 {
		// Four arguments for EnumDisplayMonitors; EnumWindows passes two, and the others are never looked at.
		enumeration.call = windows.NewCallback(func(handle, _, _, _ uintptr) uintptr {
			if enumeration.each(handle) {
				return 1
			}
			return 0
		})
	}
	enumeration.each = each
	begin(enumeration.call)
	enumeration.each = nil
}

// describe a window; false for those that nobody would share: our own, and what the list of windows of Alt+Tab leaves out.
func describe(id uintptr) (screens.Window, bool) {
	const owner = 4 // GW_OWNER
	const styleEx, toolWindow, appWindow = ^uintptr(19), 0x80, 0x40000
	hwnd := windows.HWND(id)
	if !windows.IsWindowVisible(hwnd) || cloaked(id) || hwnd == windows.GetShellWindow() {
		return screens.Window{}, false
	}
	var process uint32
	if _, err := windows.GetWindowThreadProcessId(hwnd, &process); err != nil || process == uint32(os.Getpid()) {
		return screens.Window{}, false
	}
	style, _, _ := procGetWindowLongPtr.Call(id, styleEx)
	owned, _, _ := procGetWindow.Call(id, owner)
	if style&toolWindow != 0 || owned != 0 && style&appWindow == 0 {
		return screens.Window{}, false
	}
	w := screens.Window{ID: uint32(id), Title: title(id), Program: program(process), Minimized: minimized(id)}
	if w.Title == "" { // the desktop's own helpers
		return screens.Window{}, false
	}
	size := restored(id)
	if whole, ok := outer(id); ok && !w.Minimized {
		size = visible(id, whole).Size()
	}
	if size.X < screens.Smallest || size.Y < screens.Smallest {
		return screens.Window{}, false
	}
	w.Width, w.Height, w.Icon = size.X, size.Y, icon(id)
	return w, true
}

// title of another program's window. The system keeps it: a program that hangs is not asked.
func title(id uintptr) string {
	var text [512]uint16
	n, _, _ := procGetWindowText.Call(id, uintptr(unsafe.Pointer(&text[0])), uintptr(len(text)))
	return caption.Clean(windows.UTF16ToString(text[:min(int(n), len(text))]))
}

// program is a process's name; "" for those that we may not ask.
func program(process uint32) string {
	handle, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, process)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(handle)
	var path [1024]uint16
	size := uint32(len(path))
	if windows.QueryFullProcessImageName(handle, 0, &path[0], &size) != nil {
		return ""
	}
	name := filepath.Base(windows.UTF16ToString(path[:size]))
	return caption.Clean(strings.TrimSuffix(name, filepath.Ext(name)))
}
