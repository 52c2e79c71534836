package views_test

import (
	"context"
	"errors"
	"image"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/session"
	"parley/views"
	"parley/views/gallery"
	"parley/views/kept"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// asked is one action that a view asked for; the test ends it.
type asked struct {
	name string
	args []any
	ctx  context.Context
	end  chan error
}

// actions records what is asked for (views.Actions). Every action waits until the test ends it or its context ends.
type actions struct {
	devices   *views.Devices // nil: those of the gallery
	level     atomic.Int64   // of the call's microphone, percent
	calls     chan *asked
	sources   []views.ShareSource
	previews  chan *preview
	plugged   atomic.Pointer[func()] // tells that devices came or went
	cameraErr error
	// thumbnails are those that were asked for, for the test to draw.
	thumbnails chan *thumbnails
}

// thumbnails are live pictures in the test's hands (views.Thumbnails).
type thumbnails struct {
	width, height int
	show          func(string, image.Image)
	shown         chan []string
	closed        chan struct{}
}

func (t *thumbnails) Show(ids []string) { t.shown <- ids }
func (t *thumbnails) Close()            { close(t.closed) }

func (a *actions) do(ctx context.Context, name string, args ...any) error {
	c := &asked{name: name, args: args, ctx: ctx, end: make(chan error, 1)}
	a.calls <- c
	select {
	case err := <-c.end:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *actions) Connect(ctx context.Context, s views.SignIn) error { return a.do(ctx, "connect", s) }
func (a *actions) TryDemo(ctx context.Context, name string) (string, error) {
	return "2001", a.do(ctx, "demo", name)
}
func (a *actions) Disconnect(ctx context.Context) error { return a.do(ctx, "disconnect") }
func (a *actions) Dial(ctx context.Context, number string, video bool) error {
	return a.do(ctx, "dial", number, video)
}
func (a *actions) HangUp(ctx context.Context) error               { return a.do(ctx, "hang up") }
func (a *actions) Accept(ctx context.Context, video bool) error   { return a.do(ctx, "accept", video) }
func (a *actions) Decline(ctx context.Context) error              { return a.do(ctx, "decline") }
func (a *actions) Busy(ctx context.Context) error                 { return a.do(ctx, "busy") }
func (a *actions) SetMicrophone(c context.Context, on bool) error { return a.do(c, "microphone", on) }
func (a *actions) SetCamera(ctx context.Context, on bool) error   { return a.do(ctx, "camera", on) }
func (a *actions) Hold(ctx context.Context, on bool) error        { return a.do(ctx, "hold", on) }
func (a *actions) ShareScreen(ctx context.Context, s views.Share) error {
	return a.do(ctx, "share", s)
}
func (a *actions) Thumbnails(width, height int, show func(string, image.Image)) views.Thumbnails {
	t := &thumbnails{width: width, height: height, show: show, shown: make(chan []string, 8), closed: make(chan struct{})}
	a.thumbnails <- t
	return t
}
func (a *actions) StopSharing(ctx context.Context) error            { return a.do(ctx, "stop sharing") }
func (a *actions) SendDTMF(ctx context.Context, tones string) error { return a.do(ctx, "tones", tones) }
func (a *actions) Change(ctx context.Context, edit func(*views.Settings)) error {
	s := kept.Defaults()
	edit(&s)
	return a.do(ctx, "change", s)
}
func (a *actions) Renew(context.Context) error                { return nil } // asked for at every end of the settings
func (a *actions) Reconnect(ctx context.Context) error        { return a.do(ctx, "reconnect") }
func (a *actions) RefuseMicrophone(ctx context.Context) error { return a.do(ctx, "refuse microphone") }
func (a *actions) RefuseCamera(ctx context.Context) error     { return a.do(ctx, "refuse camera") }
func (a *actions) ClearCalls(ctx context.Context) error       { return a.do(ctx, "clear calls") }
func (a *actions) SaveContact(ctx context.Context, old string, c views.Contact) error {
	return a.do(ctx, "save contact", old, c)
}
func (a *actions) DeleteContact(ctx context.Context, number string) error {
	return a.do(ctx, "delete contact", number)
}
func (a *actions) KeepCredential(ctx context.Context, url, user, password string) error {
	return a.do(ctx, "keep credential", url, user, password)
}
func (a *actions) MoveCredential(ctx context.Context, from, to kept.ICEServer) error {
	return a.do(ctx, "move credential", from, to)
}
func (a *actions) Forget(ctx context.Context) error { return a.do(ctx, "forget") }
func (a *actions) TrustCertificate(ctx context.Context, server, print string) error {
	return a.do(ctx, "trust", server, print)
}
func (a *actions) ShareSources(context.Context) ([]views.ShareSource, error) { return a.sources, nil }
func (a *actions) Devices(context.Context) (views.Devices, error) {
	if a.devices != nil {
		return *a.devices, nil
	}
	return gallery.Actions{}.Devices(context.Background())
}
func (a *actions) WatchDevices(changed func()) func() {
	a.plugged.Store(&changed)
	return func() { a.plugged.Store(nil) }
}
func (a *actions) Preview(_ context.Context, camera, microphone string) *views.Preview {
	p := &preview{camera: camera, microphone: microphone, closed: make(chan struct{})}
	a.previews <- p
	made := &views.Preview{Level: func() float64 { return float64(p.level.Load()) / 100 }, CameraErr: a.cameraErr,
		Close: func() { close(p.closed) }}
	if camera != views.NoDevice && a.cameraErr == nil {
		made.Camera = gallery.NewTrack("preview", 64, 36, 1)
	}
	return made
}
func (a *actions) MicrophoneLevel() float64 { return float64(a.level.Load()) / 100 }
func (a *actions) TestSound(ctx context.Context, speaker string, volume int) error {
	return a.do(ctx, "test sound", speaker, volume)
}

// preview is what was opened to be looked at.
type preview struct {
	camera, microphone string
	level              atomic.Int64 // percent
	closed             chan struct{}
}

// stage is a window without a display, with a root in it.
type stage struct {
	t        *testing.T
	window   fyne.Window
	root     *views.Root
	env      *views.Env
	actions  *actions
	pictures *gallery.Pictures
	queue    chan func() // what is to run on the window's goroutine
	now      time.Time
	timers   []timer
}

type timer struct {
	at   time.Time
	fn   func()
	dead *bool
}

func newStage(t *testing.T) *stage {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(look.New(look.Light))
	text.Use("en")
	t.Cleanup(func() { text.Use(text.System) })
	s := &stage{
		t: t, window: test.NewTempWindow(t, nil), pictures: &gallery.Pictures{}, now: gallery.Now,
		actions: &actions{calls: make(chan *asked, 16), thumbnails: make(chan *thumbnails, 4), previews: make(chan *preview, 8)}, queue: make(chan func(), 64),
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	s.env = &views.Env{
		Context: ctx, Actions: s.actions, Pictures: s.pictures, Window: s.window,
		Do:  func(fn func()) { s.queue <- fn },
		Now: func() time.Time { return s.now },
		After: func(d time.Duration, fn func()) func() {
			dead := false
			s.timers = append(s.timers, timer{s.now.Add(d), fn, &dead})
			return func() { dead = true }
		},
	}
	s.root = views.NewRoot(s.env)
	s.window.Resize(fyne.NewSize(1024, 640))
	return s
}

// advance moves the clock and runs the timers that are due.
func (s *stage) advance(d time.Duration) {
	s.now = s.now.Add(d)
	due := s.timers
	s.timers = nil
	for _, t := range due {
		switch {
		case *t.dead:
		case t.at.After(s.now):
			s.timers = append(s.timers, t)
		default:
			t.fn()
		}
	}
}

// next waits for an action to be asked for.
func (s *stage) next(name string) *asked {
	s.t.Helper()
	select {
	case c := <-s.actions.calls:
		if c.name != name {
			s.t.Fatalf("action %q %v, want %q", c.name, c.args, name)
		}
		return c
	case <-time.After(5 * time.Second):
		s.t.Fatalf("action %q was not asked for", name)
		return nil
	}
}

func (s *stage) none() {
	s.t.Helper()
	select {
	case c := <-s.actions.calls:
		s.t.Fatalf("unexpected action %q %v", c.name, c.args)
	default:
	}
}

// settle runs what an ended action brings back.
func (s *stage) settle() {
	s.t.Helper()
	select {
	case fn := <-s.queue:
		fn()
	case <-time.After(5 * time.Second):
		s.t.Fatal("nothing came back to the window")
	}
}

func (s *stage) finish(c *asked, err error) {
	s.t.Helper()
	c.end <- err
	s.settle()
}

// walk visits all visible objects, those of widgets too, the window's overlays first.
func (s *stage) walk(visit func(fyne.CanvasObject) bool) {
	roots := append([]fyne.CanvasObject{}, s.window.Canvas().Overlays().List()...)
	for _, o := range append(roots, s.window.Content()) {
		if walk(o, visit) {
			return
		}
	}
}

func walk(o fyne.CanvasObject, visit func(fyne.CanvasObject) bool) bool {
	if !o.Visible() {
		return false
	}
	if visit(o) {
		return true
	}
	switch c := o.(type) {
	case *fyne.Container:
		for _, child := range c.Objects {
			if walk(child, visit) {
				return true
			}
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(c).Objects() {
			if walk(child, visit) {
				return true
			}
		}
	}
	return false
}

// words is all visible text, one a line.
func (s *stage) words() string {
	var b strings.Builder
	s.walk(func(o fyne.CanvasObject) bool {
		switch w := o.(type) {
		case *fynewidget.Label:
			b.WriteString(w.Text + "\n")
		case *widget.Button:
			b.WriteString(w.Text + "\n")
		case *widget.BarButton:
			b.WriteString(w.State().Caption + "\n")
		case *widget.Check:
			b.WriteString(w.Text + "\n")
		case *widget.Field:
			b.WriteString(w.Text + w.PlaceHolder + "\n")
		case interface{ AccessibilityLabel() string }:
			b.WriteString(w.AccessibilityLabel() + "\n")
		}
		if t, ok := o.(*canvas.Text); ok {
			b.WriteString(t.Text + "\n")
		}
		return false
	})
	return b.String()
}

func (s *stage) says(want ...string) {
	s.t.Helper()
	all := s.words()
	for _, w := range want {
		if !strings.Contains(all, w) {
			s.t.Errorf("the window does not say %q; it says:\n%s", w, all)
		}
	}
}

func (s *stage) silent(unwanted string) {
	s.t.Helper()
	if all := s.words(); strings.Contains(all, unwanted) {
		s.t.Errorf("the window says %q:\n%s", unwanted, all)
	}
}

// tap taps the button with these words.
func (s *stage) tap(words string) {
	s.t.Helper()
	found := false
	s.walk(func(o fyne.CanvasObject) bool {
		switch b := o.(type) {
		case *widget.Button:
			if b.Text == words {
				test.Tap(b)
				found = true
			}
		case *widget.BarButton:
			if b.State().Caption == words {
				b.Tapped(nil)
				found = true
			}
		}
		return found
	})
	if !found {
		s.t.Fatalf("no button %q in:\n%s", words, s.words())
	}
}

// field is the visible entry with that hint.
func (s *stage) field(hint string) *widget.Field {
	s.t.Helper()
	var f *widget.Field
	s.walk(func(o fyne.CanvasObject) bool {
		if e, ok := o.(*widget.Field); ok && e.PlaceHolder == hint {
			f = e
		}
		return f != nil
	})
	if f == nil {
		s.t.Fatalf("no field %q", hint)
	}
	return f
}

// fieldThatSays is the visible entry with that text in it.
func (s *stage) fieldThatSays(words string) *widget.Field {
	s.t.Helper()
	var f *widget.Field
	s.walk(func(o fyne.CanvasObject) bool {
		if e, ok := o.(*widget.Field); ok && e.Text == words {
			f = e
		}
		return f != nil
	})
	if f == nil {
		s.t.Fatalf("no field says %q", words)
	}
	return f
}

func (s *stage) sample(name string) views.Model {
	s.t.Helper()
	for _, x := range gallery.Samples() {
		if x.Name == name {
			return x.Model
		}
	}
	s.t.Fatalf("no sample %q", name)
	return views.Model{}
}

func signedOut() views.Model {
	return views.Model{Snapshot: session.Initial(), Status: session.StatusDisconnected,
		Remembered: views.SignIn{Guest: true}}
}

// choose selects an option in the nth select that shows something now.
func (s *stage) choose(shows, option string, nth int) {
	s.t.Helper()
	var found *widget.Select
	s.walk(func(o fyne.CanvasObject) bool {
		if c, ok := o.(*widget.Select); ok && c.Selected == shows {
			if nth == 0 {
				found = c
			}
			nth--
		}
		return found != nil
	})
	if found == nil {
		s.t.Fatalf("no choice that shows %q", shows)
	}
	found.SetSelected(option)
}

// fyneObject shortens what walk visits.
type fyneObject = fyne.CanvasObject

var errNoKeyring = errors.New("no keyring runs")

// tapLabelled taps the button that screen readers call so.
func (s *stage) tapLabelled(words string) {
	s.t.Helper()
	found := false
	s.walk(func(o fyne.CanvasObject) bool {
		if b, ok := o.(*widget.Button); ok && b.AccessibilityLabel() == words {
			test.Tap(b)
			found = true
		}
		return found
	})
	if !found {
		s.t.Fatalf("no button called %q", words)
	}
}
