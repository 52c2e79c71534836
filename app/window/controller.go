package window

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"parley/connector/call"
	"parley/connector/incoming"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/views"
	"parley/views/kept"
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
	demo     *Demo         // nil: there is none, or the program was started with one
	applying sync.Mutex    // held while devices are applied: the last choice must be the last to arrive
	applied  kept.Devices  // what the link was told
	form     views.SignIn  // of the link; holds the password, in memory only
	used     kept.Settings // what the link was made with (lasting)
	renewing bool
	forgets  bool // there is no keyring
	stream   rtc.LocalStream
	dialing  bool
	// takingUp: a device that was connected is being looked at; lookAgain: another one came meanwhile.
	takingUp, lookAgain bool
	// chose: a person has chosen a device in a call without, and wants to know when it cannot be used.
	chose  struct{ camera, microphone bool }
	shared *shared
	told   views.Told
	// lasting is told until the call is over: each kind once. numbers counts what was told.
	lasting []views.Told
	numbers int
	// speakerAway: another speaker, or none, stands in for the wanted one.
	speakerAway bool
	history     history
	cut         session.Call // the call as it was when it was established last
	unwatch     func()
	closed      bool

	// What the connector's events tell beside the snapshot, and what became of the devices.
	conference  views.Conference
	quality     views.Quality
	meter       qualityMeter
	trouble     views.Trouble
	mutedSpeech bool
	refusing    map[views.News]bool // refusals on their way
	previews    map[*views.Preview]bool
	untrusted   error // why the server's certificate was not taken last

	// background is what runs without anybody waiting for it, until ctx ends.
	background sync.WaitGroup
	ctx        context.Context
	cancel     context.CancelFunc
}

var _ views.Actions = (*controller)(nil)

func newController(o Options, store *Store, media Media, open Opener, changed func()) *controller {
	c := &controller{store: store, media: media, open: open, options: o, logger: o.Logger, changed: changed, now: time.Now,
		snapshot: session.Initial(), refusing: map[views.News]bool{}, previews: map[*views.Preview]bool{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// settings as they count: the command line goes before what is kept.
func (c *controller) settings() kept.Settings {
	s := c.store.Settings()
	s.Theme, s.Language = first(c.options.Theme, s.Theme), first(c.options.Lang, s.Language)
	s.Camera, s.Microphone = first(c.options.Camera, s.Camera), first(c.options.Microphone, s.Microphone)
	return s
}

// Model is what the window shows now.
func (c *controller) Model() views.Model {
	account := c.store.Settings().Account
	servers := c.store.Servers()
	m := views.Model{
		Recent:   c.store.Calls(),
		Contacts: c.store.Contacts(),
		Servers:  servers,
		Settings: c.settings(),
		Locks:    c.store.Locks(),
		Codecs:   videoCodecs(),
		Demo:     c.options.Demo,
		First:    len(servers) == 0 && c.options.Server == "" && c.options.StartDemo != nil,
		Remembered: views.SignIn{
			Server: first(c.options.Server, append(servers, "")[0]),
			Name:   first(c.options.Name, account.Name),
			User:   account.User,
			Guest:  account.Guest, Remember: account.Remember,
		},
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m.Snapshot, m.Status = c.snapshot, c.snapshot.SystemStatus()
	m.Demo = m.Demo || c.inDemo()
	m.SignedIn, m.Account, m.Told, m.Lasting = c.signedIn, c.account, c.told, c.lasting
	if c.shared != nil {
		m.Sharing = c.shared.name
	}
	if c.snapshot.Redial.State.Reconnecting() {
		c.keepTruth(&m.Snapshot)
	}
	if c.renewing {
		m.Status = session.StatusConnecting
	}
	m.Conference, m.Quality, m.Trouble, m.MutedSpeech = c.conference, c.quality, c.trouble, c.mutedSpeech
	m.ForgetsPasswords, m.Untrusted = c.forgets, c.untrusted
	return m
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

// ignore marks an error that must not hide the one before it.
func ignore(error) error { return nil }

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
	c.cancel()
	err := errors.Join(c.leave(), c.endDemo())
	c.background.Wait()
	return err
}

// watch takes a new snapshot; on a goroutine of the connector.
func (c *controller) watch(s session.Snapshot) {
	c.mu.Lock()
	if !c.signedIn {
		c.mu.Unlock()
		return
	}
	begun := !c.snapshot.Call.State.Active() && s.Call.State.Active()
	stopped := c.snapshot.Presentation != presentation.Idle && s.Presentation == presentation.Idle
	before := c.snapshot
	c.snapshot = s
	// Between two attempts to restore a call it is idle, and the next attempt sends the same tracks.
	over := s.Call.State == call.Idle && !c.dialing && !s.Redial.State.Reconnecting()
	if s.Call.State.Active() {
		c.cut = s.Call
	}
	ended := c.history.follow(s, c.now())
	if c.inDemo() {
		ended = nil // nothing of it is kept
	}
	renew := over && before.Call.State != call.Idle && c.stale()
	c.mu.Unlock()
	if over {
		c.forgetCall()
	}
	if begun {
		c.tryChosen()
	}
	if renew {
		c.later(func(ctx context.Context) {
			if err := c.Renew(ctx); err != nil {
				c.logger.Warn("connect with the new settings", "error", err)
			}
		})
	}
	if stopped {
		c.dropScreen() // by the server's command, too
	}
	for _, done := range ended {
		if err := c.store.AddCall(done); err != nil {
			c.logger.Warn("keep the call in the history", "error", err)
		}
	}
	c.changed()
}

// later runs fn on a goroutine that Close waits for.
func (c *controller) later(fn func(context.Context)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.background.Go(func() { fn(c.ctx) })
}

// forgetCall ends what lasts as long as a call.
func (c *controller) forgetCall() {
	c.mu.Lock()
	c.cut = session.Call{}
	c.lasting = nil
	c.chose.camera, c.chose.microphone = false, false
	c.mu.Unlock()
	c.dropTracks()
}

// ringing tells whether a call rings.
func ringing(s session.Snapshot) bool { return s.Incoming.State == incoming.Ringing }
