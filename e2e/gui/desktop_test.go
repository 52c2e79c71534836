package gui

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"parley/internal/testbus"
)

// The names by which programs find what shows icons and notifications (freedesktop.org: StatusNotifierItem, Desktop
// Notifications).
const (
	trayWatcher   = "org.kde.StatusNotifierWatcher"
	notifications = "org.freedesktop.Notifications"
	screenSaver   = "org.freedesktop.ScreenSaver"
	menuPath      = "/StatusNotifierItem/menu"
)

// desktop shows icons with their menus, and notifications: a session bus of the test's own, and both services in the test's
// hands.
type desktop struct {
	s       *session
	address string
	bus     *dbus.Conn
	icons   chan string   // the bus names of whoever registers one
	notes   chan notified // what programs notify of
	gone    chan uint32   // which of them they took away
	awake   chan bool     // whether they want the screen to stay on
	icon    string        // the one that registered last
}

type notified struct{ title, content string }

// trayService is what programs call to register an icon; its methods are the interface's.
type trayService struct{ d *desktop }

// RegisterStatusNotifierItem is told the icon's bus name, or its path where it is the caller's.
func (t trayService) RegisterStatusNotifierItem(sender dbus.Sender, _ string) *dbus.Error {
	t.d.icons <- string(sender)
	return nil
}

// notesService is what programs call to notify.
type notesService struct{ d *desktop }

// Notify shows a notification.
func (n notesService) Notify(_ string, _ uint32, _, title, content string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	n.d.notes <- notified{title, content}
	return 1, nil
}

// CloseNotification takes one away.
func (n notesService) CloseNotification(number uint32) *dbus.Error {
	n.d.gone <- number
	return nil
}

// idleService is what programs call to keep the screen on.
type idleService struct{ d *desktop }

// Inhibit keeps it on.
func (i idleService) Inhibit(string, string) (uint32, *dbus.Error) {
	i.d.awake <- true
	return 1, nil
}

// UnInhibit lets it go dark.
func (i idleService) UnInhibit(uint32) *dbus.Error {
	i.d.awake <- false
	return nil
}

func startDesktop(s *session) *desktop {
	s.t.Helper()
	d := &desktop{s: s, address: testbus.Start(s.t), icons: make(chan string, 8), notes: make(chan notified, 8),
		gone: make(chan uint32, 8), awake: make(chan bool, 8)}
	var err error
	d.bus, err = dbus.Connect(d.address)
	s.must(err)
	s.t.Cleanup(func() { _ = d.bus.Close() })
	s.must(d.bus.Export(trayService{d}, "/StatusNotifierWatcher", trayWatcher))
	s.must(d.bus.Export(notesService{d}, "/org/freedesktop/Notifications", notifications))
	s.must(d.bus.Export(idleService{d}, "/org/freedesktop/ScreenSaver", screenSaver))
	for _, name := range []string{trayWatcher, notifications, screenSaver} {
		_, err := d.bus.RequestName(name, dbus.NameFlagDoNotQueue)
		s.must(err)
	}
	return d
}

// appears waits for an icon.
func (d *desktop) appears() {
	d.s.t.Helper()
	select {
	case d.icon = <-d.icons:
	case <-time.After(patience):
		d.s.t.Fatal("no icon was registered")
	}
}

// entry is one line of an icon's menu.
type entry struct {
	id       int32
	disabled bool
}

// menu asks for the icon's menu, as the desktop does when a person clicks on it.
func (d *desktop) menu(ctx context.Context) (map[string]entry, error) {
	var revision uint32
	var layout struct {
		ID         int32
		Properties map[string]dbus.Variant
		Children   []dbus.Variant
	}
	call := d.bus.Object(d.icon, menuPath).CallWithContext(ctx, "com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{})
	if err := call.Store(&revision, &layout); err != nil {
		return nil, err
	}
	entries := map[string]entry{}
	for _, child := range layout.Children {
		var id int32
		var properties map[string]dbus.Variant
		var below []dbus.Variant
		if err := dbus.Store(child.Value().([]any), &id, &properties, &below); err != nil {
			return nil, err
		}
		label, _ := properties["label"].Value().(string)
		enabled, known := properties["enabled"].Value().(bool)
		if label != "" {
			entries[label] = entry{id, known && !enabled}
		}
	}
	return entries, nil
}

// offers waits until the menu has all these lines, and none of the others.
func (d *desktop) offers(wanted []string, others ...string) map[string]entry {
	d.s.t.Helper()
	ctx, cancel := context.WithTimeout(d.s.ctx, patience)
	defer cancel()
	for {
		entries, err := d.menu(ctx)
		has := func(words string) bool { _, there := entries[words]; return there }
		if err == nil && !slices.ContainsFunc(wanted, func(w string) bool { return !has(w) }) && !slices.ContainsFunc(others, has) {
			return entries
		}
		select {
		case <-ctx.Done():
			d.s.t.Fatalf("the icon's menu has %q, want %q and none of %q (%v)", slices.Collect(maps.Keys(entries)), wanted, others, err)
		case <-time.After(lookAgain):
		}
	}
}

// click chooses a line of the menu, once it is there.
func (d *desktop) click(words string) {
	d.s.t.Helper()
	line := d.offers([]string{words})[words]
	if line.disabled {
		d.s.t.Fatalf("%q cannot be chosen", words)
	}
	call := d.bus.Object(d.icon, menuPath).CallWithContext(d.s.ctx, "com.canonical.dbusmenu.Event", 0, line.id, "clicked",
		dbus.MakeVariant(""), uint32(0))
	d.s.must(call.Err)
}

// notifies waits for a notification.
func (d *desktop) notifies(title, content string) {
	d.s.t.Helper()
	select {
	case got := <-d.notes:
		if got.title != title || !strings.Contains(got.content, content) {
			d.s.t.Fatalf("notified of %q, want %q and %q", fmt.Sprint(got), title, content)
		}
	case <-time.After(patience):
		d.s.t.Fatalf("not notified of %q", title)
	}
}

// withdraws waits until a notification is taken away.
func (d *desktop) withdraws() {
	d.s.t.Helper()
	select {
	case <-d.gone:
	case <-time.After(patience):
		d.s.t.Fatal("a notification stays")
	}
}

// keeps waits until the screen is to stay on, or may go dark.
func (d *desktop) keeps(on bool) {
	d.s.t.Helper()
	select {
	case got := <-d.awake:
		if got != on {
			d.s.t.Fatalf("the screen is to stay on: %v", got)
		}
	case <-time.After(patience):
		d.s.t.Fatalf("the desktop is not asked to keep the screen on: %v", on)
	}
}
