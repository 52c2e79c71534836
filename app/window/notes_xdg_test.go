//go:build linux || freebsd || openbsd || netbsd

package window

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/godbus/dbus/v5"

	"parley/internal/testbus"
)

// notesService is a desktop that shows notifications.
type notesService struct{ calls chan []any }

func (n notesService) Notify(app string, replaces uint32, _, title, content string, actions []string, hints map[string]dbus.Variant,
	expires int32) (uint32, *dbus.Error) {
	_, urgent := hints[hintUrgency]
	_, icon := hints[hintPicture]
	n.calls <- []any{app, replaces, title, content, strings.Join(actions, " "), urgent, icon, expires}
	return 7, nil
}

func (n notesService) CloseNotification(number uint32) *dbus.Error {
	n.calls <- []any{number}
	return nil
}

// startBus runs a session bus of the test's own and connects to it.
func startBus(t *testing.T) *dbus.Conn {
	t.Helper()
	conn, _ := startBusAt(t)
	return conn
}

// startBusAt is startBus, with the bus's address.
func startBusAt(t *testing.T) (*dbus.Conn, string) {
	t.Helper()
	address := testbus.Start(t)
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, address
}

// A call that rings has one notification that stays until it rings no more; a missed call's goes when the desktop says.
func TestNotesGo(t *testing.T) {
	bus := startBus(t)
	service := notesService{make(chan []any, 8)}
	if err := bus.Export(service, notesPath, notesName); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.RequestName(notesName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	plain := 0
	pressedNotes := make(chan struct{}, 8)
	b := &board{plain: func(*fyne.Notification) { plain++ }, words: boardWords{app: "Parley", show: "Show"}, icon: noteIconHint(),
		pressed: func() { pressedNotes <- struct{}{} }}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, c := range []struct {
		n    note
		want []any
	}{
		{note{title: "Incoming call", content: "Ann", rings: true},
			[]any{"Parley", uint32(0), "Incoming call", "Ann", "default Show", true, true, int32(0)}},
		{note{title: "Incoming call", content: "Bob", rings: true},
			[]any{"Parley", uint32(7), "Incoming call", "Bob", "default Show", true, true, int32(0)}},
		{note{rings: true}, []any{uint32(7)}},
		{note{title: "Missed call", content: "Bob"},
			[]any{"Parley", uint32(0), "Missed call", "Bob", "default Show", false, true, int32(-1)}},
	} {
		b.show(ctx, bus, c.n)
		if got := <-service.calls; !slices.Equal(got, c.want) {
			t.Errorf("%v instead of %v", got, c.want)
		}
	}
	b.show(ctx, bus, note{rings: true}) // nothing rings
	if len(service.calls) != 0 || plain != 0 {
		t.Errorf("%v, %d past the bus", <-service.calls, plain)
	}

	listening := make(chan struct{})
	go func() {
		defer close(listening)
		b.listen(ctx, bus)
	}()
	pressing := time.NewTicker(20 * time.Millisecond) // until somebody listens
	defer pressing.Stop()
	for heard := false; !heard; {
		for _, number := range []uint32{8, 7} { // 8 is of another program
			if err := bus.Emit(notesPath, notesName+".ActionInvoked", number, pressed); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-pressedNotes:
			heard = true
		case <-pressing.C:
		case <-ctx.Done():
			t.Fatal("a pressed notification does nothing")
		}
	}
	cancel()
	<-listening
	if n := len(pressedNotes); n != 0 {
		t.Errorf("%d presses too many", n)
	}
}

// The desktop tells everybody which note was pressed, whoever it is of.
func TestOnlyOurNotesAreHeard(t *testing.T) {
	presses := 0
	b := &board{pressed: func() { presses++ }}
	press := func(what string, number uint32, action string, want int) {
		t.Helper()
		presses = 0
		b.heard(&dbus.Signal{Path: notesPath, Name: notesName + ".ActionInvoked", Body: []any{number, action}})
		if presses != want {
			t.Errorf("%s: heard %d times, want %d", what, presses, want)
		}
	}
	press("none is ours", 7, pressed, 0)
	b.ours.add(7)
	press("another program's", 8, pressed, 0)
	press("another action", 7, "reply", 0)
	press("ours", 7, pressed, 1)
	press("ours again", 7, pressed, 0)

	b.ours.add(9)
	b.heard(&dbus.Signal{Path: notesPath, Name: notesName + ".NotificationClosed", Body: []any{"nine", uint32(2)}}) // not as it should be
	b.heard(&dbus.Signal{Path: notesPath, Name: notesName + ".NotificationClosed", Body: []any{uint32(9), uint32(2)}})
	press("gone", 9, pressed, 0)

	b.ours.add(100)
	for i := range uint32(2 * maxNotes) {
		b.ours.add(101 + i%maxNotes)
	}
	press("the oldest of too many", 100, pressed, 0)
	press("the next", 101, pressed, 1)
	press("the newest", 100+maxNotes, pressed, 1)
}

// Where nobody shows notifications on the bus, Fyne may know a way.
func TestWithoutADesktopNotesGoPastTheBus(t *testing.T) {
	bus := startBus(t)
	var plain []string
	b := &board{plain: func(n *fyne.Notification) { plain = append(plain, n.Title) }}
	b.show(t.Context(), bus, note{title: "Missed call"})
	b.show(t.Context(), bus, note{rings: true})
	if !slices.Equal(plain, []string{"Missed call"}) {
		t.Errorf("past the bus: %q", plain)
	}
}

// hungNotes is a desktop that takes a note and never says that it did.
type hungNotes struct{ taken, release chan struct{} }

func (n hungNotes) Notify(string, uint32, string, string, string, []string, map[string]dbus.Variant, int32) (uint32, *dbus.Error) {
	n.taken <- struct{}{}
	<-n.release
	return 1, nil
}

// The end of the program, and that of a desktop's time, is no reason to ask the desktop another way, which has no end.
func TestTheEndDoesNotGoPastTheBus(t *testing.T) {
	bus := startBus(t)
	service := hungNotes{make(chan struct{}), make(chan struct{})}
	defer close(service.release)
	if err := bus.Export(service, notesPath, notesName); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.RequestName(notesName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	b := &board{plain: func(n *fyne.Notification) { t.Errorf("past the bus: %q", n.Title) }, icon: noteIconHint()}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-service.taken
		cancel()
	}()
	b.show(ctx, bus, note{title: "Missed call"})
	b.show(ctx, bus, note{title: "Another"}) // after the end
}
