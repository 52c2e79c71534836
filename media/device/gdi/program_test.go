//go:build windows && (amd64 || arm64)

package gdi

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// roleVariable makes the test's program the other program, which shows a window.
const roleVariable = "PARLEY_TEST_WINDOW"

func TestMain(m *testing.M) {
	if title := os.Getenv(roleVariable); title != "" {
		showWindow(title, os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// shown is a window on the desktop that does what the test asks for.
type shown struct {
	t      *testing.T
	window uint32
	says   io.WriteCloser
	hears  *bufio.Reader
}

// otherWindow is another program's. It has no decoration, so that all of it is of one colour (COLORREF).
func otherWindow(t *testing.T, title string) *shown {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), roleVariable+"="+title)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	})
	return met(t, in, out)
}

// ownWindow is one of this program, on a thread of its own: Wine draws no windows of other programs into a picture.
func ownWindow(t *testing.T, title string) *shown {
	t.Helper()
	orders, in := io.Pipe()
	out, answers := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		showWindow(title, orders, answers)
	}()
	t.Cleanup(func() {
		_ = in.Close()
		<-ended
	})
	return met(t, in, out)
}

func met(t *testing.T, in io.WriteCloser, out io.Reader) *shown {
	t.Helper()
	p := &shown{t: t, says: in, hears: bufio.NewReader(out)}
	if _, err := fmt.Fscanf(p.hears, "%x\n", &p.window); err != nil {
		t.Fatal(err)
	}
	return p
}

// do has it do something and waits until it is done.
func (p *shown) do(format string, arguments ...any) {
	p.t.Helper()
	if _, err := fmt.Fprintf(p.says, format+"\n", arguments...); err != nil {
		p.t.Fatal(err)
	}
	if answer, err := p.hears.ReadString('\n'); err != nil || strings.TrimSpace(answer) != "done" {
		p.t.Fatalf("the window says %q, %v", answer, err)
	}
}

var (
	procSetClassLongPtr   = user32.NewProc("SetClassLongPtrW")
	procInvalidateRect    = user32.NewProc("InvalidateRect")
	procUpdateWindow      = user32.NewProc("UpdateWindow")
	procLoadCursor        = user32.NewProc("LoadCursorW")
	procSetCursor         = user32.NewProc("SetCursor")
	procShowWindow        = user32.NewProc("ShowWindow")
	procPeekMessage       = user32.NewProc("PeekMessageW")
	procMsgWait           = user32.NewProc("MsgWaitForMultipleObjects")
	procSetCursorPos      = user32.NewProc("SetCursorPos")
	procSetForegroundWind = user32.NewProc("SetForegroundWindow")
)

// testClass is a kind of window of its own for each: its colour is the class's.
func testClass(title string) uintptr {
	name, _ := windows.UTF16PtrFromString("ParleyTest " + title)
	const arrow = 32512 // IDC_ARROW
	cursor, _, _ := procLoadCursor.Call(0, arrow)
	class := struct {
		Size, Style                        uint32
		Procedure                          uintptr
		ClassExtra, WindowExtra            int32
		Instance, Icon, Cursor, Background uintptr
		Menu, Name                         *uint16
		SmallIcon                          uintptr
	}{Procedure: procDefWindowProc.Addr(), Cursor: cursor, Name: name}
	class.Size = uint32(unsafe.Sizeof(class))
	atom, _, _ := procRegisterClassEx.Call(uintptr(unsafe.Pointer(&class)))
	return atom
}

// showWindow makes a window, tells its handle, and does what it reads until nothing comes.
func showWindow(title string, in io.Reader, out io.Writer) {
	runtime.LockOSThread() // and never unlocked: the thread and what is left of the window end with the goroutine
	caption, _ := windows.UTF16PtrFromString(title)
	const popup, visible = 0x80000000, 0x10000000
	window, _, err := procCreateWindowEx.Call(0, testClass(title), uintptr(unsafe.Pointer(caption)), popup|visible, 50, 40, 200, 100, 0, 0, 0, 0)
	if window == 0 {
		fmt.Fprintln(os.Stderr, "make a window:", err)
		os.Exit(1)
	}
	fmt.Fprintf(out, "%x\n", uint32(window))
	orders := make(chan string)
	wake, err := windows.CreateEvent(nil, 0, 0, nil)
	if wake == 0 {
		fmt.Fprintln(os.Stderr, "make an event:", err)
		os.Exit(1)
	}
	go func() {
		defer close(orders)
		for lines := bufio.NewScanner(in); lines.Scan(); {
			_ = windows.SetEvent(wake)
			orders <- lines.Text()
		}
		_ = windows.SetEvent(wake)
	}()
	for {
		const allInput, forever = 0x4FF, 0xFFFFFFFF
		which, _, _ := procMsgWait.Call(1, uintptr(unsafe.Pointer(&wake)), 0, forever, allInput)
		if which == 0 {
			order, more := <-orders
			if !more {
				return
			}
			obey(window, order)
			dispatch()
			fmt.Fprintln(out, "done")
		}
		dispatch()
	}
}

// dispatch has the window do what waits to be done.
func dispatch() {
	var message struct {
		Window         uintptr
		ID             uint32
		WParam, LParam uintptr
		Time           uint32
		At             point
		_              uint32
	}
	for {
		const remove = 1
		if some, _, _ := procPeekMessage.Call(uintptr(unsafe.Pointer(&message)), 0, 0, 0, remove); some == 0 {
			return
		}
		_, _, _ = procDispatchMessage.Call(uintptr(unsafe.Pointer(&message)))
	}
}

func obey(window uintptr, order string) {
	var a, b, c, d int
	verb, rest, _ := strings.Cut(order, " ")
	_, _ = fmt.Sscan(rest, &a, &b, &c, &d) // as many as there are
	switch verb {
	case "colour":
		const background = ^uintptr(9) // GCLP_HBRBACKGROUND is -10
		brush, _, _ := procCreateSolidBrush.Call(uintptr(a))
		_, _, _ = procSetClassLongPtr.Call(window, background, brush)
		_, _, _ = procInvalidateRect.Call(window, 0, 1)
		_, _, _ = procUpdateWindow.Call(window)
	case "place":
		_, _, _ = procSetWindowPos.Call(window, 0, signed(a), signed(b), signed(c), signed(d), posNoZ|posNoActivate)
		_, _, _ = procInvalidateRect.Call(window, 0, 1)
		_, _, _ = procUpdateWindow.Call(window)
	case "show": // SW_MINIMIZE is 6, SW_RESTORE 9
		_, _, _ = procShowWindow.Call(window, uintptr(a))
		_, _, _ = procUpdateWindow.Call(window)
	case "point":
		const arrow = 32512
		cursor, _, _ := procLoadCursor.Call(0, arrow)
		_, _, _ = procSetCursorPos.Call(signed(a), signed(b))
		_, _, _ = procSetCursor.Call(cursor)
	case "front":
		_, _, _ = procSetForegroundWind.Call(window)
	case "close":
		_, _, _ = procDestroyWindow.Call(window)
	}
}
