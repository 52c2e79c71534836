//go:build linux

package x11

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"parley/media/device/screens"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startX starts an X server of our own on a free display and returns the display's name.
func startX(t testing.TB, size string) (display string, stop func()) {
	t.Helper()
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		t.Skip("Xvfb is not installed")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command(path, "-displayfd", "3", "-screen", "0", size+"x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{w}
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(stop)
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb told no display: %v", err)
	}
	return ":" + strings.TrimSpace(line), stop
}

func paint(t *testing.T, display, colour string) {
	t.Helper()
	path, err := exec.LookPath("xsetroot")
	if err != nil {
		t.Skip("xsetroot is not installed")
	}
	out, err := exec.Command(path, "-display", display, "-solid", colour, "-cursor_name", "crosshair").CombinedOutput()
	if err != nil {
		t.Fatalf("xsetroot: %v %s", err, out)
	}
}

func TestCaptureSeesColourAndPointer(t *testing.T) {
	display, stop := startX(t, "322x200")
	paint(t, display, "#204080")
	c, err := Open(Options{Display: display})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	bgr := func(pixels []byte) [3]byte { return [3]byte(pixels[:3]) }
	check := func(name string) []byte {
		t.Helper()
		pixels, width, height, err := c.Grab()
		if err != nil || width != 322 || height != 200 || len(pixels) != 322*200*4 {
			t.Fatalf("%s: %d×%d, %d bytes, %v", name, width, height, len(pixels), err)
		}
		for _, at := range []int{0, 321, 322 * 199, 322*200 - 1} {
			if got := bgr(pixels[at*4:]); got != [3]byte{0x80, 0x40, 0x20} {
				t.Fatalf("%s: pixel %d is %v", name, at, got)
			}
		}
		return pixels
	}
	others := func(pixels []byte) (n int) {
		for i := 0; i < len(pixels); i += 4 {
			if bgr(pixels[i:]) != [3]byte{0x80, 0x40, 0x20} {
				n++
			}
		}
		return n
	}
	if n := others(check("without pointer")); n != 0 {
		t.Errorf("%d pixels of another colour", n)
	}
	c.options.Pointer = true
	if n := others(check("with pointer")); n < 5 || n > 1000 {
		t.Errorf("a pointer of %d pixels", n)
	}
	c.options.Pointer = false
	if c.memory.shared == nil {
		t.Error("no shared memory with a server on this machine")
	}
	c.Rest()
	c.memory.refused = true
	if n := others(check("through the socket")); n != 0 || c.memory.shared != nil {
		t.Errorf("%d pixels of another colour", n)
	}
	c.memory.refused = false
	if n := others(check("shared again")); n != 0 || c.memory.shared == nil {
		t.Errorf("%d pixels of another colour", n)
	}
	if err := c.Relocate(); err != nil {
		t.Errorf("relocate: %v", err)
	}

	list, err := Sources(display)
	monitors := list.Monitors
	if err != nil || len(monitors) != 1 || monitors[0].Bounds.Dx() != 322 || monitors[0].Name == "" {
		t.Fatalf("monitors %+v %v", monitors, err)
	}
	m, err := Open(Options{Display: display, Monitor: monitors[0].Name})
	if err != nil {
		t.Fatal(err)
	}
	if pixels, _, _, err := m.Grab(); err != nil || bgr(pixels) != [3]byte{0x80, 0x40, 0x20} {
		t.Fatal(err)
	}
	m.Close()
	if _, err := Open(Options{Display: display, Monitor: "nope"}); !errors.Is(err, screens.ErrNoMonitor) {
		t.Fatal(err)
	}

	stop() // the server dies: an error, not the end of the process
	if _, _, _, err := c.Grab(); err == nil {
		t.Fatal("a picture of a dead server")
	}
}

func TestNoDisplayAndWayland(t *testing.T) {
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("XDG_SESSION_TYPE", "")
	if _, err := Open(Options{}); !errors.Is(err, ErrNoDisplay) {
		t.Fatal(err)
	}
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	if _, err := Open(Options{}); !errors.Is(err, ErrWayland) {
		t.Fatal(err)
	}
	if _, err := Sources(":4711"); !errors.Is(err, ErrNoDisplay) {
		t.Fatal(err)
	}
}
