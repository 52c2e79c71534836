//go:build linux

package portal

import (
	"context"
	"errors"
	"image"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
	"go.uber.org/goleak"

	"parley/internal/testbus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desktop is a portal in the test's hands.
type desktop struct {
	t      *testing.T
	conn   *dbus.Conn
	asked  chan map[string]dbus.Variant // options of SelectSources
	closed chan dbus.ObjectPath

	mu       sync.Mutex
	code     map[string]uint32 // of the answers, by method
	oldNames bool              // requests are named as portals before 0.9 did
	streams  any
	session  dbus.ObjectPath
	silent   bool // Start is not answered
}

type stream struct {
	Node  uint32
	About map[string]dbus.Variant
}

func startDesktop(t *testing.T, address string) *desktop {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	d := &desktop{t: t, conn: conn, code: map[string]uint32{}, asked: make(chan map[string]dbus.Variant, 16),
		closed:  make(chan dbus.ObjectPath, 16),
		streams: []stream{{42, map[string]dbus.Variant{"size": dbus.MakeVariant(struct{ W, H int32 }{800, 600})}}}}
	if err := conn.Export(screenCastMethods{d}, object, screenCast); err != nil {
		t.Fatal(err)
	}
	_, err = prop.Export(conn, object, prop.Map{screenCast: {
		"version":              {Value: uint32(4)},
		"AvailableSourceTypes": {Value: uint32(7)},
		"AvailableCursorModes": {Value: uint32(3)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := conn.RequestName(service, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
	return d
}

func (d *desktop) set(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fn()
}

func (d *desktop) open() (path dbus.ObjectPath) {
	d.set(func() { path = d.session })
	return path
}

// screenCastMethods are the portal's methods.
type screenCastMethods struct{ d *desktop }

// respond sends a request's answer, even before the call returns.
func (d *desktop) respond(sender dbus.Sender, method string, o map[string]dbus.Variant, results map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name, _ := o["handle_token"].Value().(string)
	path := object + dbus.ObjectPath("/request/"+strings.ReplaceAll(strings.TrimPrefix(string(sender), ":"), ".", "_")+"/"+name)
	if d.oldNames {
		path = object + "/request/old/" + dbus.ObjectPath(name)
	}
	if method == "Start" && d.silent {
		if err := d.conn.Export(closer{d, path}, path, request); err != nil {
			d.t.Error(err)
		}
		return path, nil
	}
	if results == nil {
		results = map[string]dbus.Variant{}
	}
	if err := d.conn.Emit(path, request+".Response", d.code[method], results); err != nil {
		d.t.Error(err)
	}
	return path, nil
}

type closer struct {
	d    *desktop
	path dbus.ObjectPath
}

func (c closer) Close() *dbus.Error {
	c.d.closed <- c.path
	return nil
}

func (m screenCastMethods) CreateSession(sender dbus.Sender, o map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	name, _ := o["session_handle_token"].Value().(string)
	path := object + "/session/x/" + dbus.ObjectPath(name)
	m.d.set(func() { m.d.session = path })
	if err := m.d.conn.Export(closer{m.d, path}, path, session); err != nil {
		m.d.t.Error(err)
	}
	return m.d.respond(sender, "CreateSession", o, map[string]dbus.Variant{"session_handle": dbus.MakeVariant(string(path))})
}

func (m screenCastMethods) SelectSources(sender dbus.Sender, _ dbus.ObjectPath, o map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	m.d.asked <- o
	return m.d.respond(sender, "SelectSources", o, nil)
}

func (m screenCastMethods) Start(sender dbus.Sender, _ dbus.ObjectPath, _ string, o map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	var streams any
	m.d.set(func() { streams = m.d.streams })
	return m.d.respond(sender, "Start", o, map[string]dbus.Variant{"streams": dbus.MakeVariant(streams)})
}

func (m screenCastMethods) OpenPipeWireRemote(dbus.ObjectPath, map[string]dbus.Variant) (dbus.UnixFD, *dbus.Error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	if _, err := io.WriteString(w, "pictures"); err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	w.Close()
	m.d.t.Cleanup(func() { r.Close() }) // the bus has copied it
	return dbus.UnixFD(r.Fd()), nil
}

func (d *desktop) sessionClosed() {
	d.t.Helper()
	select {
	case path := <-d.closed:
		if path != d.open() {
			d.t.Errorf("%s was closed instead of the session", path)
		}
	case <-time.After(5 * time.Second):
		d.t.Error("the session was left open at the desktop")
	}
}

func TestSessionWithTheDesktop(t *testing.T) {
	for _, old := range []bool{false, true} {
		address := testbus.Start(t)
		d := startDesktop(t, address)
		d.set(func() { d.oldNames = old })
		if err := Available(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), Options{Bus: address, Pointer: true})
		if err != nil {
			t.Fatal(err)
		}
		if s.Node != 42 || s.Size != image.Pt(800, 600) {
			t.Errorf("node %d of %v", s.Node, s.Size)
		}
		o := <-d.asked
		if o["types"].Value() != uint32(3) || o["cursor_mode"].Value() != uint32(2) || o["multiple"].Value() != false {
			t.Errorf("asked for %v", o)
		}
		f, err := s.Remote(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(f); string(got) != "pictures" {
			t.Errorf("through the socket: %q %v", got, err)
		}
		f.Close()
		select {
		case <-s.Closed():
			t.Error("closed by itself")
		default:
		}
		s.Close()
		d.sessionClosed()
		<-s.Closed()
	}
}

func TestTheDesktopEndsTheSession(t *testing.T) {
	address := testbus.Start(t)
	d := startDesktop(t, address)
	s, err := Open(t.Context(), Options{Bus: address})
	if err != nil {
		t.Fatal(err)
	}
	if o := <-d.asked; o["cursor_mode"].Value() != uint32(1) {
		t.Errorf("asked for %v", o)
	}
	if err := d.conn.Emit(d.open(), session+".Closed", map[string]dbus.Variant{}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Closed():
	case <-time.After(5 * time.Second):
		t.Error("not noticed")
	}
	s.Close()
}

func TestCancelledRefusedOrNonsense(t *testing.T) {
	address := testbus.Start(t)
	d := startDesktop(t, address)
	fails := func(what string, want error) {
		t.Helper()
		if _, err := Open(t.Context(), Options{Bus: address}); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	d.set(func() { d.code["Start"] = 1 })
	fails("cancelled", ErrCancelled)
	d.sessionClosed()
	d.set(func() { d.code["Start"] = 2 })
	fails("refused", ErrRefused)
	d.sessionClosed()
	d.set(func() { d.code["Start"] = 0 })
	for what, streams := range map[string]any{"no streams": []stream{}, "a word": "streams", "numbers": []uint32{1}} {
		d.set(func() { d.streams = streams })
		fails(what, ErrRefused)
		d.sessionClosed()
	}
	d.set(func() { d.code["CreateSession"] = 2 })
	fails("no session", ErrRefused)
}

func TestGivenUpWhileThePersonThinks(t *testing.T) {
	address := testbus.Start(t)
	d := startDesktop(t, address)
	d.set(func() { d.silent = true })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-d.asked
		cancel()
	}()
	if _, err := Open(ctx, Options{Bus: address}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	d.sessionClosed2()
}

// sessionClosed2 waits until the session was closed, and perhaps the dialogue before it.
func (d *desktop) sessionClosed2() {
	d.t.Helper()
	for {
		select {
		case path := <-d.closed:
			if path == d.open() {
				return
			}
		case <-time.After(5 * time.Second):
			d.t.Error("the session was left open at the desktop")
			return
		}
	}
}

func TestNoPortal(t *testing.T) {
	address := testbus.Start(t)
	if err := Available(t.Context(), address); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
	if _, err := Open(t.Context(), Options{Bus: address}); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
	if err := Available(t.Context(), "unix:path=/nonexistent"); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
}
