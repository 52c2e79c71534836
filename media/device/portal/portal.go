// Package portal asks the desktop to let a person choose a screen or window to capture, and for its pictures
// (org.freedesktop.portal.ScreenCast). Under Wayland there is no other way.
package portal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// Errors of this package.
var (
	// ErrMissing means that the desktop has no portal for captures.
	ErrMissing = errors.New("the desktop has no portal for sharing the screen (xdg-desktop-portal with ScreenCast)")
	// ErrCancelled means that the person closed the desktop's dialogue.
	ErrCancelled = errors.New("cancelled in the desktop's dialogue")
	// ErrRefused means that the desktop said no, or answered something that is no answer.
	ErrRefused = errors.New("the desktop refused to share the screen")
)

const (
	service    = "org.freedesktop.portal.Desktop"
	object     = dbus.ObjectPath("/org/freedesktop/portal/desktop")
	screenCast = "org.freedesktop.portal.ScreenCast"
	request    = "org.freedesktop.portal.Request"
	session    = "org.freedesktop.portal.Session"
)

// What can be asked for (ScreenCast, SelectSources).
const (
	sourceMonitor = 1
	sourceWindow  = 2

	pointerHidden   = 1
	pointerEmbedded = 2
)

// answerTime bounds what needs no person: the portal may have to be started first.
const answerTime = 25 * time.Second

// Options of Open.
type Options struct {
	Bus string // address of the session bus; "" is the session's own
	// Pointer draws the mouse pointer into the pictures, where the desktop can.
	Pointer bool
}

// Session is what a person let be captured, until it is closed on either side.
type Session struct {
	// Node is the PipeWire node with the pictures.
	Node uint32
	// Size of the source where the desktop tells it, pixels.
	Size image.Point

	conn   *dbus.Conn
	path   dbus.ObjectPath
	closed chan struct{}
	once   sync.Once
}

// Available tells whether the desktop has the portal; it says why not with ErrMissing. bus as Options.Bus.
func Available(ctx context.Context, bus string) error {
	conn, err := connect(ctx, bus)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = property(ctx, conn, "version")
	return err
}

func connect(ctx context.Context, bus string) (*dbus.Conn, error) {
	var conn *dbus.Conn
	var err error
	if bus == "" {
		conn, err = dbus.ConnectSessionBus(dbus.WithContext(context.WithoutCancel(ctx)))
	} else {
		conn, err = dbus.Connect(bus, dbus.WithContext(context.WithoutCancel(ctx)))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: no session bus: %w", ErrMissing, err)
	}
	return conn, nil
}

func property(ctx context.Context, conn *dbus.Conn, name string) (uint32, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var v dbus.Variant
	call := conn.Object(service, object).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, screenCast, name)
	if err := call.Store(&v); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	n, ok := v.Value().(uint32)
	if !ok {
		return 0, fmt.Errorf("%w: %s is a %s", ErrMissing, name, v.Signature())
	}
	return n, nil
}

// Open shows the desktop's dialogue and returns when the person has chosen. Errors: ErrMissing, ErrCancelled, ErrRefused,
// ctx's.
func Open(ctx context.Context, o Options) (*Session, error) {
	conn, err := connect(ctx, o.Bus)
	if err != nil {
		return nil, err
	}
	s := &Session{conn: conn, closed: make(chan struct{})}
	if err := s.open(ctx, o); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Session) open(ctx context.Context, o Options) error {
	types, err := property(ctx, s.conn, "AvailableSourceTypes")
	if err != nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	created, err := s.ask(asking, "CreateSession", nil, options{"session_handle_token": dbus.MakeVariant(token())})
	if err != nil {
		return err
	}
	handle, _ := created["session_handle"].Value().(string) // a string by the specification's mistake
	if s.path = dbus.ObjectPath(handle); !s.path.IsValid() {
		return fmt.Errorf("%w: no session", ErrRefused)
	}
	s.watch()
	choose := options{"types": dbus.MakeVariant(types & (sourceMonitor | sourceWindow)), "multiple": dbus.MakeVariant(false)}
	if mode := s.pointerMode(asking, o.Pointer); mode != 0 {
		choose["cursor_mode"] = dbus.MakeVariant(mode)
	}
	if _, err := s.ask(asking, "SelectSources", []any{s.path}, choose); err != nil {
		return err
	}
	// From here on a person thinks: only ctx bounds it.
	started, err := s.ask(ctx, "Start", []any{s.path, ""}, options{})
	if err != nil {
		return err
	}
	return s.accept(started["streams"])
}

// pointerMode is the wanted one, if the desktop has it; 0 leaves it to the desktop.
func (s *Session) pointerMode(ctx context.Context, pointer bool) uint32 {
	modes, err := property(ctx, s.conn, "AvailableCursorModes")
	if err != nil {
		return 0 // came with version 2
	}
	mode := uint32(pointerHidden)
	if pointer {
		mode = pointerEmbedded
	}
	return modes & mode
}

// accept the first of the streams, a(ua{sv}).
func (s *Session) accept(streams dbus.Variant) error {
	list, _ := streams.Value().([][]any)
	if len(list) == 0 || len(list[0]) != 2 {
		return fmt.Errorf("%w: no stream", ErrRefused)
	}
	node, ok := list[0][0].(uint32)
	if !ok {
		return fmt.Errorf("%w: no node", ErrRefused)
	}
	s.Node = node
	about, _ := list[0][1].(map[string]dbus.Variant)
	if size, ok := about["size"].Value().([]any); ok && len(size) == 2 {
		w, _ := size[0].(int32)
		h, _ := size[1].(int32)
		s.Size = image.Pt(int(w), int(h))
	}
	return nil
}

// watch closes the session when the desktop ends it: its own "stop sharing" was pressed.
func (s *Session) watch() {
	if s.conn.AddMatchSignal(dbus.WithMatchObjectPath(s.path), dbus.WithMatchInterface(session), dbus.WithMatchMember("Closed")) != nil {
		return // then the stream's end tells
	}
	signals := make(chan *dbus.Signal, 8)
	s.conn.Signal(signals)
	go func() {
		for signal := range signals { // closed with the connection
			if signal.Path == s.path && signal.Name == session+".Closed" {
				break
			}
		}
		s.end()
	}()
}

func (s *Session) end() { s.once.Do(func() { close(s.closed) }) }

// Closed is closed when the session is over, on whichever side.
func (s *Session) Closed() <-chan struct{} { return s.closed }

// Remote opens a socket to PipeWire through which the node can be reached.
func (s *Session) Remote(ctx context.Context) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var fd dbus.UnixFD
	call := s.conn.Object(service, object).CallWithContext(ctx, screenCast+".OpenPipeWireRemote", 0, s.path, options{})
	if err := call.Store(&fd); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return os.NewFile(uintptr(fd), "pipewire"), nil
}

// Close ends the session. Idempotent.
func (s *Session) Close() {
	if s.path != "" {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		s.conn.Object(service, s.path).CallWithContext(ctx, session+".Close", dbus.FlagNoReplyExpected)
		cancel()
	}
	_ = s.conn.Close()
	s.end()
}

type options map[string]dbus.Variant

// token names a request or session; it must be unique and unpredictable.
func token() string { return "parley" + strings.ToLower(rand.Text()) }

// ask calls a method whose answer comes as a signal of a Request object, and waits for it.
func (s *Session) ask(ctx context.Context, method string, arguments []any, o options) (map[string]dbus.Variant, error) {
	name := token()
	o["handle_token"] = dbus.MakeVariant(name)
	sender := strings.ReplaceAll(strings.TrimPrefix(s.conn.Names()[0], ":"), ".", "_")
	path := object + "/request/" + dbus.ObjectPath(sender+"/"+name)
	// The answer may come before the call returns: listen first.
	match := []dbus.MatchOption{dbus.WithMatchInterface(request), dbus.WithMatchMember("Response")}
	if err := s.conn.AddMatchSignalContext(ctx, match...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	defer func() { _ = s.conn.RemoveMatchSignal(match...) }()
	signals := make(chan *dbus.Signal, 16)
	s.conn.Signal(signals)
	defer s.conn.RemoveSignal(signals)

	var handle dbus.ObjectPath
	call := s.conn.Object(service, object).CallWithContext(ctx, screenCast+"."+method, 0, append(arguments, o)...)
	if err := call.Store(&handle); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %s: %w", ErrRefused, method, err)
	}
	for {
		select {
		case signal, open := <-signals:
			if !open {
				return nil, fmt.Errorf("%w: the session bus is gone", ErrRefused)
			}
			// Portals before 0.9 name the request as they like.
			if signal.Name == request+".Response" && (signal.Path == path || signal.Path == handle) {
				return answer(method, signal.Body)
			}
		case <-ctx.Done():
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			s.conn.Object(service, handle).CallWithContext(closing, request+".Close", dbus.FlagNoReplyExpected)
			cancel()
			return nil, ctx.Err()
		}
	}
}

// answer reads a Response: 0 granted, 1 cancelled, 2 ended otherwise.
func answer(method string, body []any) (map[string]dbus.Variant, error) {
	if len(body) != 2 {
		return nil, fmt.Errorf("%w: %s: no answer", ErrRefused, method)
	}
	code, ok := body[0].(uint32)
	results, ok2 := body[1].(map[string]dbus.Variant)
	switch {
	case !ok || !ok2:
		return nil, fmt.Errorf("%w: %s: no answer", ErrRefused, method)
	case code == 1:
		return nil, ErrCancelled
	case code != 0:
		return nil, fmt.Errorf("%w: %s: code %d", ErrRefused, method, code)
	}
	return results, nil
}
