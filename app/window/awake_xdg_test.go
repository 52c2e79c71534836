//go:build linux || freebsd || openbsd || netbsd

package window

import (
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
