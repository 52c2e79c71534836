// Package window opens Parley's window: it connects the views with the connector, the devices and the settings.
//
// Everything crosses to Fyne's goroutine in one place, Window.do. Snapshots that come faster than the window takes them
// are left out, so nothing queues up.
package window

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	"parley/app/report"
	"parley/app/settings"
	"parley/assets"
	"parley/media/audio"
	"parley/media/device"
	"parley/views"
	"parley/views/look"
	"parley/views/text"
)

// AppID is the program's identity towards the desktop.
const AppID = "app.parley.desktop"

// Options of Run. The zero value opens the sign in screen.
type Options struct {
	// Demo fills in guest and number, and says so on the screen. Server must be set.
	Demo   bool
	Server string // host[:port], fills in the sign in screen
	// StartDemo starts a room server inside the program, when a person wants to try it; nil: there is none.
	StartDemo func(ctx context.Context) (*Demo, error)
	Name      string // shown to others, fills in the sign in screen
	Number    string // fills in the number to dial
	// Roots, when not nil, replaces the system's authorities. Fingerprint is a certificate of Server that is trusted
	// (SHA-256, hexadecimal pairs with colons: Fingerprint).
	Roots       *x509.CertPool
	Fingerprint string

	// AutoSignIn signs in as soon as the window is there; Demo does so too. AutoJoin then dials Number with video, and
	// AutoShare shares the screen once the call is established.
	AutoSignIn, AutoJoin, AutoShare bool
	// EndAfter closes the window so long after the call was established; 0 does not.
	EndAfter time.Duration
	// Screenshot is written as PNG right before EndAfter closes the window.
	Screenshot string
	// BeforeEnd, when not nil, runs (off the window's goroutine) right before EndAfter closes the window, in the call.
	BeforeEnd func(Connector)

	Lang  string // "en", "ru", empty: as settings and system say
	Theme string // "system", "light", "dark", empty: as the settings say
	Draw  string // DrawAuto, DrawImage, DrawShader
	// Camera and Microphone are words of device.OpenVideo and OpenAudio that go before the settings.
	Camera, Microphone string
	// Silent touches no sound card: sound is paced by a clock.
	Silent bool
	// Processor, when not nil, takes echo and noise out of the microphone's sound; its SetProcessing switches that while a
	// call runs. It stays the caller's to close.
	Processor audio.Processor

	Folder string // where settings are kept; empty keeps nothing
	// Administrator is the administrator's file of settings, and Secrets the keyring; zero values are the system's.
	Administrator string
	Secrets       settings.Secrets
	Version       string
	Logs          func(io.Writer) error // writes what was logged, nil for none
	Crash         *report.Crash         // of an earlier run, nil for none
	Link          string                // to open at once, "" for none
	// Visits are the links that later starts hand over, "" for a start without one; nil when there can be none.
	Visits     <-chan string
	InstanceID string
	UserAgent  string
	Logger     *slog.Logger
	// OnConnector is told of each connector that is made, before it connects.
	OnConnector func(Connector)

	// Open and Media replace the real parts (tests).
	Open  Opener
	Media *Media
}

// ErrAutomatic means that what should have happened by itself (AutoSignIn, AutoJoin) failed.
var ErrAutomatic = errors.New("could not join by itself")

// Window is the running window.
type Window struct {
	options    Options
	logger     *slog.Logger
	ctx        context.Context
	cancel     context.CancelFunc
	app        *calmApp
	window     fyne.Window
	controller *controller
	plugs      *device.Plugs // nil when devices are the tests'
	unplug     func()
	pump       *Pump
	root       *views.Root
	incoming   *incomingWindow
	inspector  *inspector
	diagnosing *diagnosticsWindow
	tray       *tray
	notifier   *notifier
	awake      *awake
	renderer   atomic.Value   // its name
	shown      views.Settings // what is on the screen
	startError error          // of reading what is kept
	size       atomic.Pointer[fyne.Size]

	refresh   atomic.Bool // a refresh is on its way
	automatic automatic
	closing   atomic.Bool
	looping   atomic.Bool // the window's loop has begun: its scale is known
	ended     atomic.Bool // the loop has ended
	running   sync.WaitGroup
	err       error
}

// Run shows the window until it is closed or ctx ends. It must be called on the main goroutine.
func Run(ctx context.Context, o Options) error {
	if o.Logger == nil {
		o.Logger = discard()
	}
	store, err := openStore(o)
	if err != nil {
		o.Logger.Warn("settings", "error", err)
	}
	w := &Window{options: o, logger: o.Logger, app: newApp(), startError: err}
	w.ctx, w.cancel = context.WithCancel(ctx)
	defer w.cancel()
	w.app.SetIcon(assets.AppIcon())
	w.build(store)
	w.app.Lifecycle().SetOnStarted(w.started)
	w.running.Add(1)
	go func() {
		defer w.running.Done()
		<-w.ctx.Done()
		w.shutdown()
	}()
	w.window.ShowAndRun()
	w.ended.Store(true)
	w.cancel()
	w.pump.Close()
	w.running.Wait()
	w.unplug()
	if w.plugs != nil {
		w.plugs.Close()
	}
	return w.err
}

// openStore opens what is kept; nothing where there is no folder.
func openStore(o Options) (*Store, error) {
	secrets := o.Secrets
	if o.Folder == "" {
		return OpenStore("", "", settings.NoSecrets{})
	}
	if secrets == nil {
		secrets = settings.Keyring{}
	}
	return OpenStore(o.Folder, first(o.Administrator, settings.AdministratorPath()), secrets)
}

// do is the one place where anything crosses to the window's goroutine. After the window's end it does nothing.
func (w *Window) do(fn func()) {
	if !w.ended.Load() {
		fyne.Do(fn)
	}
}

func (w *Window) build(store *Store) {
	o := w.options
	media := o.Media
	if media == nil {
		w.plugs = device.NewPlugs()
		m := realMedia(o, w.plugs)
		media = &m
	}
	media.StartWithSystem = orAutostart(media.StartWithSystem)
	w.pump = NewPump(w.do, drawingFor(o.Draw, ""))
	events := newRecorder()
	o.OnConnector = recordWith(events, o.OnConnector)
	w.controller = newController(o, store, *media, o.Open, w.schedule)
	w.unplug = w.controller.WatchDevices(w.controller.devicesChanged)
	w.inspector = &inspector{Recorder: events, controller: w.controller, options: o, renderer: w.rendererName}
	w.diagnosing = &diagnosticsWindow{w: w}
	if w.controller.open == nil {
		w.controller.open = openLink(o, w.controller.speakerChanged, w.controller.codecFailed)
	}
	model := w.controller.Model()
	w.dress(model.Settings)
	w.window = w.app.NewWindow(text.T("app.name"))
	w.resize(w.window, fyne.NewSize(float32(model.Settings.Window.Width), float32(model.Settings.Window.Height)))
	w.window.SetMaster()
	env := &views.Env{Context: w.ctx, Actions: w.controller, Pictures: w.pump, Do: w.do, Window: w.window,
		OpenDiagnostics: w.diagnosing.open}
	env.NewWindow = w.newOnTop
	w.root = views.NewRoot(env)
	w.root.SetNumber(o.Number)
	w.incoming = &incomingWindow{w: w}
	w.tray, w.notifier, w.awake = newTray(w, model), newNotifier(w), newAwake(w)
	w.window.SetCloseIntercept(w.askedToClose)
	w.root.Set(model)
	w.root.Tell(views.DescribeStart(startProblem(w.startError)))
	w.offerCrash()
}

// offerCrash shows what an earlier run left behind, once.
func (w *Window) offerCrash() {
	crash := w.options.Crash
	if crash == nil {
		return
	}
	w.root.OfferCrash(views.CrashReport{
		Text: crash.Text, Suggest: w.inspector.Suggest("parley-crash.txt"),
		Save: func(_ context.Context, path string) error {
			return saveFile(path, func(out io.Writer) error {
				_, err := io.WriteString(out, crash.Text)
				return err
			})
		},
		Forget: func() {
			if err := crash.Forget(); err != nil {
				w.logger.Warn("remove the crash report", "error", err)
			}
		},
	})
}

// newOnTop makes a window that stays above the others once it is shown.
func (w *Window) newOnTop(title string) fyne.Window {
	made := w.app.NewWindow(title)
	w.stayOnTop(made)
	return made
}

// stayOnTop asks for it when the window is there: before it is shown, there is nothing to ask for.
func (w *Window) stayOnTop(made fyne.Window) {
	w.inBackground(func(context.Context) {
		w.do(func() {
			if err := keepOnTop(made); err != nil {
				w.logger.Info("keep a window on top", "error", err)
			}
		})
	})
}

// startProblem says which of the known troubles the reading of what is kept had.
func startProblem(err error) views.StartProblem {
	switch {
	case errors.Is(err, settings.ErrSetAside):
		return views.StartSetAside
	case errors.Is(err, settings.ErrAdministrator):
		return views.StartAdministrator
	case errors.Is(err, settings.ErrCorrected):
		return views.StartCorrected
	case err != nil:
		return views.StartUnread
	}
	return views.StartFine
}

// dress puts language, theme and scale on.
func (w *Window) dress(s views.Settings) {
	before := w.shown.Scale
	w.shown = s
	text.Use(s.Language)
	w.app.scale.Store(int64(s.Scale))
	w.app.Settings().SetTheme(look.New(look.Mode(s.Theme)))
	if w.window != nil && before > 0 && before != s.Scale && !w.window.FullScreen() {
		// Fyne would keep the size in its own units: a larger scale would push the window off the screen.
		size := w.window.Canvas().Size()
		factor := float32(before) / float32(s.Scale)
		w.window.Resize(fyne.NewSize(size.Width*factor, size.Height*factor))
	}
}

// started runs when the window's loop begins.
func (w *Window) started() {
	// The window has no OpenGL context before the loop has taken its first turn.
	w.running.Add(1)
	go func() {
		defer w.running.Done()
		w.do(func() {
			name := rendererName(w.window)
			d := drawingFor(w.options.Draw, name)
			w.renderer.Store(name)
			w.refit()
			w.logger.Info("drawing", "renderer", name, "shader", d != 0)
			w.pump.SetDrawing(d)
		})
		w.visits()
		w.begin()
	}()
}

func (w *Window) rendererName() string {
	name, _ := w.renderer.Load().(string)
	return name
}

// schedule lets the window show the newest model; from any goroutine.
func (w *Window) schedule() {
	if w.refresh.CompareAndSwap(false, true) {
		w.do(func() {
			w.refresh.Store(false)
			w.show(w.controller.Model())
		})
	}
}

func (w *Window) show(m views.Model) {
	if w.closing.Load() {
		return
	}
	if m.Settings.Appearance != w.shown.Appearance {
		w.dress(m.Settings)
		w.root.Set(m)
		w.root.Rebuild()
		w.diagnosing.rebuild()
	} else {
		w.shown = m.Settings
		w.root.Set(m)
	}
	w.incoming.set(m.Snapshot)
	w.tray.set(m)
	w.notifier.set(m)
	w.awake.follow(m)
	w.automatic.follow(w, m)
}
