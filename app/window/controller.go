package window

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/incoming"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/views"
)

// errNotConnected means an action that needs a server while there is none.
var errNotConnected = errors.New("not connected to a server")

// controller does what the views ask for (views.Actions) and keeps the model they show. It owns the link to the server
// and the local tracks of the call. Its methods may be called from any goroutine.
type controller struct {
	store   *Store
	media   Media
	open    Opener
	options Options
	logger  *slog.Logger
	changed func() // the model is another one; called from any goroutine, never with the lock held
	now     func() time.Time

	mu       sync.Mutex
	link     *Link
	account  views.Account
	snapshot session.Snapshot
	signedIn bool
	settings views.Settings
	stream   rtc.LocalStream
	dialing  bool
	shared   *shared
	told     views.Told
	history  history
	unwatch  func()
	closed   bool
}

var _ views.Actions = (*controller)(nil)

func newController(o Options, store *Store, media Media, open Opener, changed func()) *controller {
	kept := store.read()
	c := &controller{store: store, media: media, open: open, options: o, logger: o.Logger, changed: changed, now: time.Now,
		settings: kept.Settings, snapshot: session.Initial()}
	if o.Theme != "" {
		c.settings.Theme = o.Theme
	}
	if o.Lang != "" {
		c.settings.Language = o.Lang
	}
	return c
}

// Model is what the window shows now.
func (c *controller) Model() views.Model {
	kept := c.store.read()
	c.mu.Lock()
	defer c.mu.Unlock()
	sharing := ""
	if c.shared != nil {
		sharing = c.shared.name
	}
	return views.Model{
		Sharing:  sharing,
		Told:     c.told,
		Snapshot: c.snapshot,
		Status:   c.snapshot.SystemStatus(),
		SignedIn: c.signedIn,
		Account:  c.account,
		Recent:   kept.Calls,
		Demo:     c.options.Demo,
		Settings: c.settings,
		Servers:  kept.Servers,
		Remembered: views.SignIn{
			Server: first(c.options.Server, append(kept.Servers, "")[0]),
			Name:   first(c.options.Name, kept.Name),
			User:   kept.User,
			Guest:  kept.Guest, Remember: kept.Name != "",
		},
	}
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (c *controller) current() (*Link, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil {
		return nil, errNotConnected
	}
	return c.link, nil
}

// Connect implements views.Actions.
func (c *controller) Connect(ctx context.Context, form views.SignIn) error {
	trusted := c.store.Trusted(form.Server)
	if trusted == "" && serverKey(form.Server) == serverKey(c.options.Server) {
		trusted = c.options.Fingerprint
	}
	link, err := c.open(form, clientTLS(form.Server, c.options.Roots, trusted))
	if err != nil {
		return err
	}
	if c.options.OnConnector != nil {
		c.options.OnConnector(link.Connector)
	}
	if err := link.Connect(ctx); err != nil {
		return errors.Join(err, ignore(c.closeLink(link)))
	}
	c.mu.Lock()
	if c.closed || c.link != nil {
		c.mu.Unlock()
		return c.closeLink(link)
	}
	c.link = link
	c.account = views.Account{Server: form.Server, Name: form.Name, User: form.User, Guest: form.Guest}
	c.signedIn = true
	c.mu.Unlock()
	unwatch := link.Connector.Watch(c.watch)
	c.mu.Lock()
	c.unwatch = unwatch
	c.mu.Unlock()
	if err := c.store.SignedIn(form); err != nil {
		c.logger.Warn("keep who signed in", "error", err)
	}
	c.changed()
	return nil
}

// ignore marks an error that must not hide the one before it.
func ignore(error) error { return nil }

// Disconnect implements views.Actions.
func (c *controller) Disconnect(context.Context) error {
	c.mu.Lock()
	link, unwatch := c.link, c.unwatch
	c.link, c.unwatch, c.signedIn = nil, nil, false
	c.mu.Unlock()
	c.changed()
	if unwatch != nil {
		unwatch()
	}
	var err error
	if link != nil {
		err = c.closeLink(link)
	}
	c.mu.Lock()
	c.snapshot = session.Initial()
	c.mu.Unlock()
	c.dropTracks()
	c.changed()
	return err
}

// closeTime bounds what a person waits for when signing out or closing.
const closeTime = 5 * time.Second

func (c *controller) closeLink(link *Link) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	return link.Close(ctx)
}

// Close ends everything.
func (c *controller) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	return c.Disconnect(context.Background())
}

// watch takes a new snapshot; on a goroutine of the connector.
func (c *controller) watch(s session.Snapshot) {
	c.mu.Lock()
	if !c.signedIn {
		c.mu.Unlock()
		return
	}
	stopped := c.snapshot.Presentation != presentation.Idle && s.Presentation == presentation.Idle
	c.snapshot = s
	// Between two attempts to restore a call it is idle, and the next attempt sends the same tracks.
	over := s.Call.State == call.Idle && !c.dialing && !s.Redial.State.Reconnecting()
	done := c.history.follow(s, c.now())
	c.mu.Unlock()
	if over {
		c.dropTracks()
	}
	if stopped {
		c.dropScreen() // by the server's command, too
	}
	if done != nil {
		if err := c.store.AddCall(*done); err != nil {
			c.logger.Warn("keep the call in the history", "error", err)
		}
	}
	c.changed()
}

// dropTracks gives the devices back.
func (c *controller) dropTracks() {
	c.mu.Lock()
	tracks := []rtc.LocalTrack{c.stream.Audio, c.stream.Video}
	if c.shared != nil {
		tracks = append(tracks, c.shared.track)
	}
	c.stream, c.shared = rtc.LocalStream{}, nil
	c.mu.Unlock()
	for _, t := range tracks {
		if t != nil {
			t.Stop()
		}
	}
}

// Dial implements views.Actions.
func (c *controller) Dial(ctx context.Context, number string, video bool) error {
	return c.talk(ctx, video, func(link *Link, stream rtc.LocalStream) error {
		return link.Connector.Call(ctx, connector.CallParameters{Number: number, Stream: stream})
	})
}

// Accept implements views.Actions.
func (c *controller) Accept(ctx context.Context, video bool) error {
	return c.talk(ctx, video, func(link *Link, stream rtc.LocalStream) error {
		return link.Connector.Accept(ctx, stream)
	})
}

// talk opens the devices and begins a call with them.
func (c *controller) talk(ctx context.Context, video bool, begin func(*Link, rtc.LocalStream) error) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	// One call at a time: a second would take the first one's devices out of our hands.
	c.mu.Lock()
	if c.dialing || c.snapshot.Call.State != call.Idle || c.snapshot.Redial.State.Reconnecting() {
		c.mu.Unlock()
		return call.ErrActive
	}
	c.dialing = true
	c.mu.Unlock()
	stream := c.openStream(video)
	c.mu.Lock()
	c.stream = stream
	c.mu.Unlock()
	if err = ctx.Err(); err == nil {
		err = begin(link, stream)
	}
	c.mu.Lock()
	c.dialing = false
	c.mu.Unlock()
	if err != nil {
		c.dropTracks()
	}
	return err
}

// openStream opens camera and microphone. A call works without either: what cannot be opened is left out.
func (c *controller) openStream(video bool) rtc.LocalStream {
	c.mu.Lock()
	settings := c.settings
	c.mu.Unlock()
	var stream rtc.LocalStream
	camera, err := c.media.Camera(first(c.options.Camera, settings.Camera), video)
	if err != nil {
		c.logger.Warn("open the camera", "error", err)
	} else if camera != nil {
		stream.Video = camera
	}
	microphone, err := c.media.Microphone(first(c.options.Microphone, settings.Microphone))
	if err != nil {
		c.logger.Warn("open the microphone", "error", err)
	} else if microphone != nil {
		stream.Audio = microphone
	}
	return stream
}

// HangUp implements views.Actions.
func (c *controller) HangUp(ctx context.Context) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	err = link.Connector.HangUp(ctx)
	if errors.Is(err, call.ErrNone) {
		return nil // over already
	}
	return err
}

// Decline implements views.Actions.
func (c *controller) Decline(ctx context.Context) error { return c.decline(ctx, false) }

// Busy implements views.Actions.
func (c *controller) Busy(ctx context.Context) error { return c.decline(ctx, true) }

func (c *controller) decline(ctx context.Context, busy bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	return link.Connector.Decline(ctx, busy)
}

// SetMicrophone implements views.Actions.
func (c *controller) SetMicrophone(ctx context.Context, on bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	return link.Connector.SetMicrophone(ctx, on)
}

// SetCamera implements views.Actions.
func (c *controller) SetCamera(ctx context.Context, on bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	return link.Connector.SetCamera(ctx, on)
}

// SendDTMF implements views.Actions.
func (c *controller) SendDTMF(ctx context.Context, tones string) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	return link.Connector.SendDTMF(ctx, tones)
}

// TrustCertificate implements views.Actions.
func (c *controller) TrustCertificate(_ context.Context, server, fingerprint string) error {
	return c.store.Trust(server, fingerprint)
}

// Devices implements views.Actions.
func (c *controller) Devices(context.Context) (views.Devices, error) { return c.media.Devices(), nil }

// Apply implements views.Actions. Language and theme count at once, devices from the next call on, the speaker at once.
func (c *controller) Apply(_ context.Context, s views.Settings) error {
	c.mu.Lock()
	before := c.settings
	c.settings = s
	link := c.link
	c.mu.Unlock()
	if link != nil && link.SetSpeaker != nil && before.Speaker != s.Speaker {
		link.SetSpeaker(s.Speaker)
	}
	err := c.store.change(func(k *kept) { k.Settings = s })
	c.changed()
	return err
}

func (c *controller) speaker() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.settings.Speaker
}

// ringing tells whether a call rings.
func ringing(s session.Snapshot) bool { return s.Incoming.State == incoming.Ringing }
