//go:build linux

package device

import (
	"bufio"
	"errors"
	"image"
	"os"
	"os/exec"
	"strings"
	"testing"

	"parley/media/video"
)

func TestScreenDeliversWhatIsOnIt(t *testing.T) {
	xvfb, err := exec.LookPath("Xvfb")
	if err != nil {
		t.Skip("Xvfb is not installed")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	server := exec.Command(xvfb, "-displayfd", "3", "-screen", "0", "320x200x24", "-nolisten", "tcp", "-noreset")
	server.ExtraFiles = []*os.File{w}
	err = server.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	stop := func() { _ = server.Process.Kill(); _ = server.Wait() }
	defer stop()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	display := ":" + strings.TrimSpace(line)
	t.Setenv("DISPLAY", display)
	if out, err := exec.Command("xsetroot", "-solid", "#ff0000").CombinedOutput(); err != nil {
		t.Skipf("xsetroot: %v %s", err, out)
	}

	list, err := ShareSources()
	if err != nil || len(list) != 1 || list[0].Kind != ShareMonitor || list[0].Bounds != image.Rect(0, 0, 320, 200) {
		t.Fatalf("sources %+v %v", list, err)
	}
	if _, err := OpenVideo("screen:nope", VideoOptions{}); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	for _, word := range []string{"screen", list[0].Word} {
		s, err := OpenVideo(word, VideoOptions{FPS: 50})
		if err != nil {
			t.Fatal(err)
		}
		got, ended := make(chan [5]int, 1), make(chan error, 1)
		err = s.Start(func(f *video.Frame) {
			select {
			case got <- [5]int{f.Width, f.Height, int(f.Y[0]), int(f.U[0]), int(f.V[0])}:
			default:
			}
		}, func(err error) { ended <- err })
		if err != nil {
			t.Fatal(err)
		}
		if f := <-got; f[0] != 320 || f[1] != 200 || f[2] < 80 || f[2] > 84 || f[3] < 88 || f[3] > 92 || f[4] < 238 {
			t.Errorf("%s: red is %v", word, f)
		}
		if word != "screen" {
			stop() // the desktop goes away
			if err := <-ended; !errors.Is(err, ErrUnavailable) {
				t.Errorf("ended: %v", err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	// Never a black picture: without the desktop's portal it is said why.
	for _, word := range []string{"screen", "portal"} {
		if _, err := OpenVideo(word, VideoOptions{}); !errors.Is(err, ErrNoPortal) || !strings.Contains(err.Error(), "Wayland") {
			t.Errorf("%s: %v", word, err)
		}
	}
	if list, err := ShareSources(); len(list) > 0 || !errors.Is(err, ErrNoPortal) {
		t.Errorf("sources %v %v", list, err)
	}
}
