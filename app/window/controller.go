package window

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"parley/app/settings"
	"parley/connector"
	"parley/connector/call"
	"parley/connector/incoming"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/audio"
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
	shared              *shared
	told                views.Told
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
	m.SignedIn, m.Account, m.Told = c.signedIn, c.account, c.told
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

// keepTruth shows, while a call is being restored, what it was before it was cut off: between two attempts the connector has
// no call and no tracks, but the next attempt takes the same. With the lock held.
func (c *controller) keepTruth(s *session.Snapshot) {
	if c.cut.State != "" {
		state, started := s.Call.State, s.Call.Started
		s.Call = c.cut
		s.Call.State, s.Call.Started = state, started
		s.Call.OnHold, s.Call.Held = false, false // a new call begins without
	}
	audio, video := c.stream.Audio, c.stream.Video
	s.Media.HasMicrophone, s.Media.HasCamera = audio != nil, video != nil
	s.Media.MicrophoneOn = audio != nil && audio.Enabled()
	s.Media.CameraOn = video != nil && video.Enabled()
	s.Media.Camera = video
}

// switchTrack has the connector switch a track. While the call is being restored it may have none: then it is switched
// here, and the next attempt sends it so.
func (c *controller) switchTrack(kind rtc.Kind, on bool, connectors func() error) error {
	err := connectors()
	if !errors.Is(err, call.ErrNone) {
		return err
	}
	c.mu.Lock()
	track := c.stream.Audio
	if kind == rtc.Video {
		track = c.stream.Video
	}
	restoring := c.snapshot.Redial.State.Reconnecting()
	c.mu.Unlock()
	if !restoring || track == nil {
		return err
	}
	track.SetEnabled(on)
	c.changed()
	return nil
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
	c.mu.Unlock()
	c.dropTracks()
}

// dropTracks gives the devices back.
func (c *controller) dropTracks() {
	c.mu.Lock()
	tracks := []rtc.LocalTrack{c.stream.Audio, c.stream.Video}
	if c.shared != nil {
		tracks = append(tracks, c.shared.track)
	}
	c.stream, c.shared = rtc.LocalStream{}, nil
	c.mutedSpeech = false
	c.mu.Unlock()
	for _, t := range tracks {
		if t != nil {
			t.Stop()
		}
	}
}

// Dial implements views.Actions.
func (c *controller) Dial(ctx context.Context, number string, video bool) error {
	redial := c.store.Settings().Redial
	return c.talk(ctx, video, func(link *Link, stream rtc.LocalStream) error {
		return link.Connector.Call(ctx, connector.CallParameters{Number: number, Stream: stream, NoRedial: !redial})
	})
}

// Accept implements views.Actions: the call that is shown as ringing. In a call, or while one is being restored, that ends
// the running one.
func (c *controller) Accept(ctx context.Context, video bool) error {
	c.mu.Lock()
	id := c.snapshot.Incoming.ID
	talking := !c.dialing && (c.snapshot.Call.State != call.Idle || c.snapshot.Redial.State.Reconnecting())
	c.mu.Unlock()
	if talking {
		return c.acceptInstead(ctx, id, video)
	}
	return c.talk(ctx, video, func(link *Link, stream rtc.LocalStream) error {
		return link.Connector.Answer(ctx, connector.AnswerParameters{ID: id, Stream: stream})
	})
}

// acceptInstead ends the running call and takes the one that rings with the same devices: what is muted stays muted. When
// it does not ring any more the running call goes on.
func (c *controller) acceptInstead(ctx context.Context, id string, video bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.dialing {
		c.mu.Unlock()
		return call.ErrActive
	}
	c.dialing = true
	stream := c.stream
	c.mu.Unlock()
	shown := stream.Video != nil && stream.Video.Enabled()
	if shown && !video {
		stream.Video.SetEnabled(false)
	}
	err = link.Connector.Answer(ctx, connector.AnswerParameters{ID: id, Stream: stream, HangUp: true})
	c.mu.Lock()
	c.dialing = false
	c.mu.Unlock()
	if err == nil {
		return nil
	}
	if link.Connector.Snapshot().Call.State == call.Idle {
		c.dropTracks()
	} else if shown {
		stream.Video.SetEnabled(true) // the running call goes on as it was
	}
	return err
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
	c.closePreviews()
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

// openStream opens camera and microphone. A call works without either: what cannot be opened is left out, and told.
func (c *controller) openStream(video bool) rtc.LocalStream {
	s := c.settings()
	var stream rtc.LocalStream
	wish := c.cameraOptions(s, video && !s.CameraOff)
	camera, err := c.media.Camera(s.Camera, wish)
	c.mu.Lock()
	pattern := c.inDemo() && s.Camera == "" && missing(err)
	c.mu.Unlock()
	if pattern {
		camera, err = c.media.Camera("pattern", wish)
	}
	if err != nil {
		c.missing(views.TroubleCamera, err)
	} else if camera != nil {
		stream.Video = camera
	}
	if err := c.process(s.Sound); err != nil {
		c.logger.Warn("improve the microphone's sound", "error", err)
	}
	microphone, err := c.media.Microphone(s.Microphone, c.microphoneOptions())
	if err != nil {
		c.missing(views.TroubleMicrophone, err)
	} else if microphone != nil {
		microphone.SetEnabled(!s.Muted)
		c.listen(microphone)
		stream.Audio = microphone
	}
	return stream
}

// speechDetector is a microphone that hears when somebody speaks although it is off.
type speechDetector interface {
	OnSpeakingWhileMuted(fn func(speaking bool))
}

// speaking notes that somebody speaks while the microphone is off; from any goroutine.
func (c *controller) speaking(on bool) {
	c.mu.Lock()
	changed := c.mutedSpeech != on
	c.mutedSpeech = on
	c.mu.Unlock()
	if changed {
		c.changed()
	}
}

// missing notes a device that could not be opened, but not where there is none of its kind: a computer without a camera
// needs no telling of it in every call.
func (c *controller) missing(device views.TroubleDevice, err error) {
	devices, chosen := c.media.Devices().Cameras, c.settings().Camera
	if device == views.TroubleMicrophone {
		devices, chosen = c.media.Devices().Microphones, c.settings().Microphone
	}
	if chosen == "" && len(devices) == 0 {
		c.logger.Info("no device", "device", device, "error", err)
		return
	}
	c.lost(device, err)
}

// lost notes a device that failed in a call; from any goroutine.
func (c *controller) lost(device views.TroubleDevice, err error) {
	c.logger.Warn("device failed", "device", device, "error", err)
	c.mu.Lock()
	c.trouble = views.Trouble{Device: device, Err: err}
	c.mu.Unlock()
	c.changed()
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
	c.mu.Lock()
	id := c.snapshot.Incoming.ID
	c.mu.Unlock()
	return link.Connector.DeclineCall(ctx, id, busy)
}

// SetMicrophone implements views.Actions.
func (c *controller) SetMicrophone(ctx context.Context, on bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	c.settle(func(v *views.Conference) { v.AskedMicrophone = false })
	return c.switchTrack(rtc.Audio, on, func() error { return link.Connector.SetMicrophone(ctx, on) })
}

// SetCamera implements views.Actions.
func (c *controller) SetCamera(ctx context.Context, on bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	c.settle(func(v *views.Conference) { v.AskedCamera = false })
	return c.switchTrack(rtc.Video, on, func() error { return link.Connector.SetCamera(ctx, on) })
}

// Hold implements views.Actions.
func (c *controller) Hold(ctx context.Context, on bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	return link.Connector.Hold(ctx, on)
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

// Change implements views.Actions. Language, theme, scale, speaker and what is done to the sound count at once, the camera
// from the next call on, the rest with the next connection (Renew).
func (c *controller) Change(_ context.Context, edit func(*views.Settings)) error {
	before := c.store.Settings()
	err := c.store.Change(edit)
	s := c.store.Settings()
	c.applyDevices()
	err = errors.Join(err, c.switchDevices(before, s))
	if before.Sound != s.Sound {
		err = errors.Join(err, c.process(s.Sound))
	}
	if before.WithSystem != s.WithSystem && c.media.StartWithSystem != nil {
		err = errors.Join(err, c.media.StartWithSystem(s.WithSystem))
	}
	c.changed()
	return err
}

// process has the microphone's sound improved as the settings say, in a call that runs, too.
func (c *controller) process(s kept.Sound) error {
	if c.options.Processor == nil {
		return nil
	}
	return c.options.Processor.SetProcessing(audio.Processing{Echo: s.Echo, Noise: s.Noise, Gain: s.Gain})
}

// RefuseMicrophone implements views.Actions.
func (c *controller) RefuseMicrophone(ctx context.Context) error {
	return c.answer(ctx, func(v *views.Conference) { v.AskedMicrophone = false }, Connector.RefuseMicrophone)
}

// RefuseCamera implements views.Actions.
func (c *controller) RefuseCamera(ctx context.Context) error {
	return c.answer(ctx, func(v *views.Conference) { v.AskedCamera = false }, Connector.RefuseCamera)
}

// answer takes a question away at once and sends the refusal.
func (c *controller) answer(ctx context.Context, settle func(*views.Conference), refuse func(Connector, context.Context) error) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	c.settle(settle)
	return refuse(link.Connector, ctx)
}

func (c *controller) settle(edit func(*views.Conference)) {
	c.mu.Lock()
	edit(&c.conference)
	c.mu.Unlock()
	c.changed()
}

// SaveContact implements views.Actions.
func (c *controller) SaveContact(_ context.Context, old string, contact views.Contact) error {
	err := c.store.SaveContact(old, contact)
	c.changed()
	return err
}

// DeleteContact implements views.Actions.
func (c *controller) DeleteContact(_ context.Context, number string) error {
	err := c.store.DeleteContact(number)
	c.changed()
	return err
}

// ClearCalls implements views.Actions.
func (c *controller) ClearCalls(context.Context) error {
	err := c.store.ClearCalls()
	c.changed()
	return err
}

// KeepCredential implements views.Actions.
func (c *controller) KeepCredential(ctx context.Context, url, user, password string) error {
	if password == "" {
		return c.store.Secrets.Delete(ctx, settings.CredentialOf(url, user))
	}
	return c.store.Secrets.Set(ctx, settings.CredentialOf(url, user), password)
}

// MoveCredential implements views.Actions.
func (c *controller) MoveCredential(ctx context.Context, from, to kept.ICEServer) error {
	old := settings.CredentialOf(from.URL, from.User)
	if to.User != "" {
		password, err := c.store.Secrets.Get(ctx, old)
		if errors.Is(err, settings.ErrNoSecret) {
			return nil
		}
		if err == nil {
			err = c.store.Secrets.Set(ctx, settings.CredentialOf(to.URL, to.User), password)
		}
		if err != nil {
			return err
		}
	}
	return c.store.Secrets.Delete(ctx, old)
}

// Forget implements views.Actions.
func (c *controller) Forget(ctx context.Context) error {
	err := c.store.Forget(ctx)
	c.changed()
	return err
}

// ringing tells whether a call rings.
func ringing(s session.Snapshot) bool { return s.Incoming.State == incoming.Ringing }
