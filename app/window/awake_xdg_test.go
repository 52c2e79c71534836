//go:build linux || freebsd || openbsd || netbsd

package window

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"testing"

	"github.com/godbus/dbus/v5"
)

// idleService is a desktop that would let its screen go dark.
type idleService struct{ calls chan []any }

func (s idleService) Inhibit(app, reason string) (uint32, *dbus.Error) {
	s.calls <- []any{app, reason}
	return 9, nil
}

func (s idleService) UnInhibit(cookie uint32) *dbus.Error {
	s.calls <- []any{cookie}
	return nil
}

func TestTheDesktopIsAskedOnce(t *testing.T) {
	bus := startBus(t)
	i := &idle{app: "Parley", reason: "a call", logger: discard()}
	i.ask(t.Context(), bus, true) // nobody is there to be asked: no harm
	service := idleService{make(chan []any, 8)}
	if err := bus.Export(service, idlePath, idleName); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.RequestName(idleName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	for _, on := range []bool{false, true, true, false, false} {
		i.ask(t.Context(), bus, on)
	}
	for _, want := range [][]any{{"Parley", "a call"}, {uint32(9)}} {
		if got := <-service.calls; !slices.Equal(got, want) {
			t.Errorf("%v instead of %v", got, want)
		}
	}
	if len(service.calls) != 0 {
		t.Errorf("and %v", <-service.calls)
	}
}

// hungIdle is a desktop that never answers.
type hungIdle struct {
	asked   func()
	release chan struct{}
}

func (s hungIdle) Inhibit(string, string) (uint32, *dbus.Error) {
	s.asked()
	<-s.release
	return 9, nil
}

// A desktop that hangs keeps nobody from the X server, and is let go of when its time is over.
func TestTheXServerDoesNotWaitForTheDesktop(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	t.Setenv("DISPLAY", fmt.Sprintf("127.0.0.1:%d", server.Addr().(*net.TCPAddr).Port-6000)) // X11: TCP port 6000 + N
	t.Setenv("XAUTHORITY", filepath.Join(t.TempDir(), "none"))
	bus, address := startBusAt(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	asked := make(chan string, 8)
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			asked <- "X server"
			_ = c.Close() // it keeps nothing on, which is no reason not to ask the desktop
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	service := hungIdle{func() { asked <- "desktop"; cancel() }, make(chan struct{})}
	defer close(service.release)
	if err := bus.Export(service, idlePath, idleName); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.RequestName(idleName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	i := &idle{app: "Parley", reason: "a call", logger: discard()}
	i.set(ctx, true)
	for _, want := range []string{"X server", "desktop"} {
		if got := <-asked; got != want {
			t.Errorf("asked the %s instead of the %s", got, want)
		}
	}
}

// Without a display, and without one that answers, there is nothing to keep on.
func TestWithoutADisplayNothingIsKeptOn(t *testing.T) {
	i := &idle{logger: discard()}
	for _, display := range []string{"", ":4711"} {
		t.Setenv("DISPLAY", display)
		i.suspend(true)
		i.suspend(false)
		if i.display != nil {
			t.Error("a display is held")
		}
	}
}
