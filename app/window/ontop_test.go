//go:build linux

package window

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// nativeWindow stands for a window of Fyne's that has an X11 handle.
type nativeWindow struct {
	fyne.Window
	handle uintptr
}

func (w nativeWindow) RunNative(fn func(any)) { fn(driver.X11WindowContext{WindowHandle: w.handle}) }

// startX starts a display and connects to it as its window manager.
func startX(t *testing.T) *xgb.Conn {
	t.Helper()
	if _, err := exec.LookPath("Xvfb"); err != nil {
		t.Skip("Xvfb is not there")
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "640x480x24")
	server.ExtraFiles = []*os.File{write}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	_ = write.Close()
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
	manager, err := xgb.NewConn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(manager.Close)
	return manager
}

func TestTheWindowManagerIsAskedToKeepAWindowOnTop(t *testing.T) {
	manager := startX(t)
	root := xproto.Setup(manager).DefaultScreen(manager).Root
	events := []uint32{xproto.EventMaskSubstructureRedirect | xproto.EventMaskSubstructureNotify}
	if err := xproto.ChangeWindowAttributesChecked(manager, root, xproto.CwEventMask, events).Check(); err != nil {
		t.Fatal(err)
	}
	if err := keepOnTop(nativeWindow{handle: 0x1234}); err != nil {
		t.Fatal(err)
	}
	for {
		event, err := manager.WaitForEvent()
		if event == nil && err == nil {
			t.Fatal("the display is gone")
		}
		message, ok := event.(xproto.ClientMessageEvent)
		if !ok {
			continue
		}
		kind, _ := xproto.GetAtomName(manager, message.Type).Reply()
		data := message.Data.Data32
		state, _ := xproto.GetAtomName(manager, xproto.Atom(data[1])).Reply()
		if message.Window != 0x1234 || kind.Name != "_NET_WM_STATE" || data[0] != 1 || state.Name != "_NET_WM_STATE_ABOVE" {
			t.Errorf("asks %+v (%s, %s)", message, kind.Name, state.Name)
		}
		return
	}
}
