package presentation

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"parley/connector/loop"
	"parley/connector/rtc"
)

// MaxBitrate of a presentation, bit/s.
const MaxBitrate = 1_000_000

// The errors of a presentation.
var (
	ErrNoCall   = errors.New("presentation: there is no call")
	ErrStarted  = errors.New("presentation: one is running already")
	ErrNone     = errors.New("presentation: none is running")
	ErrDeclined = errors.New("presentation: declined by the server")
	ErrStopped  = errors.New("presentation: stopped before it had started")
	ErrCallOver = errors.New("presentation: the call ended")
)

// Options of a start; zero values are the defaults.
type Options struct {
	ContentHint           string // "detail" when empty, "none" for none
	DegradationPreference string
	MaxBitrate            int     // bit/s
	ScaleDown             float64 // divides width and height
	MaxFrameRate          float64 // frames a second
	NoReinvite            bool
	Attempts              int // how often a start that fails is tried in all, RetryDelay apart; 1 when 0 (callLimit)
}

// RetryDelay lies between two attempts of a start.
const RetryDelay = 300 * time.Millisecond

// Call is what a presentation needs of the call.
type Call interface {
	Confirmed() bool
	Peer() rtc.PeerConnection
	// Present sends a track as the presentation, nil none; done, on the loop, tells whether that has to be negotiated. What is
	// asked for first is done first.
	Present(track rtc.LocalTrack, done func(renegotiate bool, err error))
	Renegotiate(done func(error))
	Context() context.Context
}

// Deps of a Manager.
type Deps struct {
	Loop *loop.Loop
	Emit func(name string, data any) // name without prefix
	Call Call
	// Permission asks the server, Announce tells the end; both block and run outside the loop. Permission returns
	// ErrDeclined when the server says no.
	Permission func() func(ctx context.Context) error
	Announce   func() func(ctx context.Context) error
	Logger     *slog.Logger
}

// Manager is the screen share. Its methods are called on the loop.
type Manager struct {
	deps    Deps
	machine *Machine
	run     *run
}

// run is one presentation from the request to its end.
type run struct {
	track    rtc.LocalTrack
	options  Options
	peer     rtc.PeerConnection
	ctx      context.Context
	cancel   context.CancelFunc
	started  func(error) // outcome of the start, once
	attached bool
	stopping bool
	stopped  []func(error)
	tries    int
	retry    *loop.Timer // of the next attempt, nil when none waits
	watched  bool        // the track's end is
}

// NewManager makes a manager without a presentation.
func NewManager(deps Deps) *Manager { return &Manager{deps: deps, machine: NewMachine(deps.Logger)} }

// Machine for readers.
func (m *Manager) Machine() *Machine { return m.machine }

// Running tells whether a presentation is active or under way.
func (m *Manager) Running() bool { return m.run != nil }

// Track that is presented, nil when there is none.
func (m *Manager) Track() rtc.LocalTrack {
	if m.run == nil || !m.run.attached {
		return nil
	}
	return m.run.track
}

// TrackData is the payload of the presentation's events.
type TrackData struct {
	ID     string `json:"id"`
	Label  string `json:"label,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

func dataOf(track rtc.LocalTrack) TrackData {
	if track == nil {
		return TrackData{}
	}
	s := track.Settings()
	return TrackData{track.ID(), track.Label(), s.Width, s.Height}
}

// Start asks for permission, attaches the track and renegotiates. The track belongs to the presentation from here on: it
// is stopped when the presentation ends or fails.
func (m *Manager) Start(track rtc.LocalTrack, options Options, done func(error)) {
	switch {
	case m.run != nil:
		done(ErrStarted) // the running one goes on; this track stays the caller's
		return
	case !m.deps.Call.Confirmed():
		track.Stop()
		done(ErrNoCall)
		return
	}
	r := &run{track: track, options: options, peer: m.deps.Call.Peer(), started: done}
	r.ctx, r.cancel = context.WithCancel(m.deps.Call.Context())
	m.run = r
	m.attempt(r)
}

func (m *Manager) attempt(r *run) {
	r.tries++
	permission := m.deps.Permission()
	m.deps.Loop.Go(func(context.Context) func() {
		err := permission(r.ctx)
		return func() { m.permitted(r, err) }
	})
}

func (m *Manager) permitted(r *run, err error) {
	switch {
	case m.run != r || r.stopping: // a stop wins, and reports the end
		return
	case err != nil:
		m.fail(r, err)
		return
	}
	m.machine.Send(EventStarting, Event{Track: r.track})
	m.deps.Emit("start", dataOf(r.track))
	if m.run != r {
		return
	}
	r.attached = true
	m.deps.Call.Present(r.track, func(renegotiate bool, err error) {
		switch {
		case m.run != r || r.stopping: // whoever ended it has asked for the end of this, too
		case err != nil:
			r.attached = false
			m.fail(r, err)
		default:
			m.sending(r, renegotiate)
		}
	})
}

// sending goes on when the track is attached.
func (m *Manager) sending(r *run, renegotiate bool) {
	if !r.watched {
		r.watched = true
		m.watch(r, r.track)
	}
	r.peer.SetEncoding(rtc.SlotPresentation, r.encoding())
	if !renegotiate || r.options.NoReinvite {
		m.active(r)
		return
	}
	m.deps.Call.Renegotiate(func(err error) {
		switch {
		case m.run != r || r.stopping:
		case err != nil:
			m.fail(r, &ReinviteError{err})
		default:
			m.active(r)
		}
	})
}

func (r *run) encoding() rtc.Encoding {
	e := rtc.Encoding{MaxBitrate: MaxBitrate, ContentHint: "detail", ScaleDown: r.options.ScaleDown,
		MaxFrameRate:          r.options.MaxFrameRate,
		DegradationPreference: r.options.DegradationPreference}
	if r.options.MaxBitrate > 0 {
		e.MaxBitrate = r.options.MaxBitrate
	}
	switch r.options.ContentHint {
	case "":
	case "none":
		e.ContentHint = ""
	default:
		e.ContentHint = r.options.ContentHint
	}
	return e
}

// ReinviteError is a presentation whose re-INVITE failed.
type ReinviteError struct{ Err error }

func (e *ReinviteError) Error() string {
	return "presentation: renegotiation failed: " + e.Err.Error()
}

func (e *ReinviteError) Unwrap() error { return e.Err }

func (m *Manager) active(r *run) {
	m.machine.Send(EventStarted, Event{Track: r.track})
	m.deps.Emit("started", dataOf(r.track))
	r.settle(nil)
}

func (r *run) settle(err error) {
	if started := r.started; started != nil {
		r.started = nil
		started(err)
	}
}

// watch stops the presentation when its source ends by itself: the shared window was closed, the system's own
// "stop sharing" was pressed.
func (m *Manager) watch(r *run, track rtc.LocalTrack) {
	m.deps.Loop.Go(func(context.Context) func() {
		select {
		case <-track.Ended():
			return func() {
				if m.run == r && r.track == track {
					m.Stop(func(error) {})
				}
			}
		case <-r.ctx.Done():
			return nil
		}
	})
}

// fail ends an attempt to start, and with the last one the presentation; the call stays as it was. What is reported is the
// last attempt's reason.
func (m *Manager) fail(r *run, err error) {
	m.detach(r, func() {
		if m.run == r && !r.stopping {
			m.failed(r, err)
		}
	})
}

func (m *Manager) failed(r *run, err error) {
	again := r.tries < r.options.Attempts && r.ctx.Err() == nil && !ended(r.track)
	if again {
		r.retry = m.deps.Loop.After(RetryDelay, func() {
			r.retry = nil
			m.attempt(r)
		})
	} else {
		m.run = nil
		r.cancel()
		r.track.Stop()
	}
	m.machine.Send(EventFailed, Event{Err: err})
	m.deps.Emit("failed", map[string]string{"error": err.Error()})
	if !again {
		r.settle(err)
		r.finished(nil)
	}
}

// giveUp ends a start between two of its attempts: nothing was begun that would have to be ended.
func (m *Manager) giveUp(r *run, why error) {
	m.run = nil
	r.retry.Stop()
	r.cancel()
	r.track.Stop()
	m.machine.Send(EventReset, Event{})
	r.settle(why)
	r.finished(nil)
}

func ended(track rtc.LocalTrack) bool {
	select {
	case <-track.Ended():
		return true
	default:
		return false
	}
}

func (r *run) finished(err error) {
	stopped := r.stopped
	r.stopped = nil
	for _, fn := range stopped {
		fn(err)
	}
}

// detach sends nothing any more, and goes on with then.
func (m *Manager) detach(r *run, then func()) {
	if !r.attached {
		then()
		return
	}
	r.attached = false
	m.deps.Call.Present(nil, func(_ bool, err error) {
		if err != nil && m.deps.Logger != nil {
			m.deps.Logger.Debug("detach presentation", "error", err)
		}
		then()
	})
}

// Update presents another track in place of the running one: permission again, no re-INVITE. options, when not nil, go
// before those of the start; NoReinvite means nothing here.
func (m *Manager) Update(track rtc.LocalTrack, options *Options, done func(error)) {
	r := m.run
	if r == nil || m.machine.State() != Active || r.stopping {
		done(ErrNone)
		return
	}
	permission := m.deps.Permission()
	m.deps.Loop.Go(func(context.Context) func() {
		err := permission(r.ctx)
		return func() {
			switch {
			case m.run != r || r.stopping:
				done(ErrStopped)
			case err != nil:
				done(err)
			default:
				m.replace(r, track, options, done)
			}
		}
	})
}

func (m *Manager) replace(r *run, track rtc.LocalTrack, options *Options, done func(error)) {
	m.machine.Send(EventUpdating, Event{Track: track})
	m.deps.Emit("updating", dataOf(track))
	if m.run != r {
		done(ErrStopped)
		return
	}
	m.deps.Call.Present(track, func(_ bool, err error) {
		switch {
		case m.run != r || r.stopping:
			done(ErrStopped)
		case err != nil:
			m.machine.Send(EventUpdated, Event{Track: r.track})
			done(err)
		default:
			m.replaced(r, track, options)
			done(nil)
		}
	})
}

// replaced goes on when the other track is attached.
func (m *Manager) replaced(r *run, track rtc.LocalTrack, options *Options) {
	if options != nil {
		r.options = *options
		r.peer.SetEncoding(rtc.SlotPresentation, r.encoding())
	}
	old := r.track
	r.track = track
	m.watch(r, track)
	if old != track {
		old.Stop()
	}
	m.machine.Send(EventUpdated, Event{Track: track})
	m.deps.Emit("updated", dataOf(track))
}

// Stop ends the presentation: INFO, detach; no re-INVITE. A start that is still pending ends with ErrStopped. It
// succeeds when nothing runs.
func (m *Manager) Stop(done func(error)) {
	r := m.run
	if r == nil {
		if m.machine.State() == Failed {
			m.machine.Send(EventEnded, Event{})
		}
		done(nil)
		return
	}
	r.stopped = append(r.stopped, done)
	if r.stopping {
		return
	}
	if r.retry != nil {
		m.giveUp(r, ErrStopped)
		return
	}
	r.stopping = true
	announce := m.deps.Announce()
	r.cancel() // of what is pending: permission, negotiation
	m.machine.Send(EventEnding, Event{})
	m.deps.Emit("end", dataOf(r.track))
	if m.run != r {
		return
	}
	ctx := m.deps.Call.Context()
	m.detach(r, func() {}) // the picture goes at once, whatever the server says
	r.track.Stop()
	r.settle(ErrStopped)
	m.deps.Loop.Go(func(context.Context) func() {
		err := announce(ctx)
		return func() {
			if err != nil && m.deps.Logger != nil {
				m.deps.Logger.Debug("announce end of presentation", "error", err)
			}
			if m.run == r {
				m.ended(r)
			}
		}
	})
}

func (m *Manager) ended(r *run) {
	m.run = nil
	m.machine.Send(EventEnded, Event{})
	m.deps.Emit("ended", dataOf(r.track))
	r.finished(nil)
}

// CallOver ends the presentation with its call: capture ends, every wait settles, "ended" is emitted.
func (m *Manager) CallOver(failed error) {
	r := m.run
	if r == nil {
		m.machine.Send(EventReset, Event{})
		return
	}
	if r.retry != nil {
		m.giveUp(r, ErrCallOver)
		return
	}
	m.run = nil
	r.cancel()
	r.track.Stop() // its peer connection ends with the call
	if failed != nil {
		m.machine.Send(EventCallFailed, Event{Err: failed})
		m.machine.Send(EventReset, Event{})
	} else {
		m.machine.Send(EventCallEnded, Event{})
	}
	m.deps.Emit("ended", dataOf(r.track))
	r.settle(ErrCallOver)
	r.finished(nil)
}
