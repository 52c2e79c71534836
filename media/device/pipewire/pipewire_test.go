//go:build linux && cgo

package pipewire

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// server is a PipeWire of the test's own, without a session manager: the test links what it wants linked.
type server struct {
	t           *testing.T
	socket      string
	environment []string
	stop        func()
}

func startServer(t *testing.T) *server {
	t.Helper()
	for _, name := range []string{"pipewire", "pw-link", "gst-launch-1.0"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed (scripts/packages.sh test installs it)", name)
		}
	}
	if exec.Command("gst-inspect-1.0", "pipewiresink").Run() != nil {
		t.Skip("GStreamer's PipeWire sink is not installed (scripts/packages.sh test installs it)")
	}
	dir := t.TempDir()
	s := &server{t: t, socket: filepath.Join(dir, "pipewire-0")}
	s.environment = append(os.Environ(), "XDG_RUNTIME_DIR="+dir, "PIPEWIRE_RUNTIME_DIR="+dir, "HOME="+dir,
		"DBUS_SESSION_BUS_ADDRESS=disabled:")
	s.stop = s.run("pipewire")
	s.until("PipeWire's socket", func() bool {
		conn, err := net.Dial("unix", s.socket)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return s
}

// run a program until the test ends, or stop is called.
func (s *server) run(name string, arguments ...string) (stop func()) {
	s.t.Helper()
	command := exec.Command(name, arguments...)
	command.Env = s.environment
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			_ = command.Process.Kill()
			_ = command.Wait()
		}
	}
	s.t.Cleanup(stop)
	return stop
}

// until asks again and again: PipeWire's programs tell nobody when they are ready.
func (s *server) until(what string, done func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: not in time", what)
		}
	}
}

// screen is a source of pictures of one colour.
func (s *server) screen(format, pattern string, width, height int) (stop func()) {
	return s.run("gst-launch-1.0", "videotestsrc", "is-live=true", "pattern="+pattern, "!",
		fmt.Sprintf("video/x-raw,format=%s,width=%d,height=%d,framerate=20/1", format, width, height), "!",
		"pipewiresink", "mode=provide", "stream-properties=props,node.name=screen,media.class=Video/Source")
}

func (s *server) open() *Stream {
	s.t.Helper()
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	socket, err := conn.(*net.UnixConn).File()
	if err != nil {
		s.t.Fatal(err)
	}
	stream, err := Open(socket, 0xFFFFFFFF) // any node: there is no session manager, which would link it
	if err != nil {
		s.t.Fatal(err)
	}
	return stream
}

func (s *server) link() {
	s.t.Helper()
	var said []byte
	s.until("link", func() bool {
		link := exec.Command("pw-link", "screen:out_0", "parley-screen:in_0")
		link.Env = s.environment
		var err error
		said, err = link.CombinedOutput()
		return err == nil || strings.Contains(string(said), "exists")
	})
}

func TestPicturesOfANode(t *testing.T) {
	s := startServer(t)
	for _, c := range []struct {
		format, pattern string
		colour          [3]byte // B, G, R
		width, height   int
	}{
		{"BGRx", "red", [3]byte{0, 0, 255}, 320, 240},
		{"RGBA", "blue", [3]byte{255, 0, 0}, 642, 362}, // the colours exchanged; rows that are no multiple of 16
	} {
		stop := s.screen(c.format, c.pattern, c.width, c.height)
		stream := s.open()
		if pixels, _, _ := stream.Take(); pixels != nil {
			t.Error("a picture before there is one: it would be black")
		}
		s.link()
		s.until("the first picture", func() bool {
			changed, err := stream.Changed()
			if err != nil {
				t.Fatal(err)
			}
			return changed
		})
		pixels, width, height := stream.Take()
		if width != c.width || height != c.height || len(pixels) != width*height*4 {
			t.Fatalf("%s: %d×%d, %d bytes", c.format, width, height, len(pixels))
		}
		for _, at := range []int{0, width - 1, (height - 1) * width, width*height - 1} {
			if got := [3]byte(pixels[at*4:]); got != c.colour {
				t.Errorf("%s: pixel %d is %v instead of %v", c.format, at, got, c.colour)
			}
		}
		if changed, err := stream.Changed(); err != nil {
			t.Error(changed, err)
		}
		s.until("another picture", func() bool { changed, _ := stream.Changed(); return changed })
		stop()
		stream.Close()
	}
}

func TestTheServerGoes(t *testing.T) {
	s := startServer(t)
	stream := s.open()
	defer stream.Close()
	if changed, err := stream.Changed(); changed || err != nil {
		t.Fatalf("%v %v", changed, err)
	}
	s.stop()
	s.until("the end", func() bool { _, err := stream.Changed(); return errors.Is(err, ErrEnded) })
}

func TestASocketThatIsNotPipeWire(t *testing.T) {
	if err := Available(); err != nil {
		t.Skip(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	stream, err := Open(r, 1)
	if err == nil {
		s := &server{t: t}
		s.until("the end", func() bool { _, err := stream.Changed(); return errors.Is(err, ErrEnded) })
		stream.Close()
	} else if !errors.Is(err, ErrEnded) {
		t.Error(err)
	}
}
