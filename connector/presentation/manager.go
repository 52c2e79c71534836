package presentation

import (
	"context"
	"log/slog"

	"parley/connector/loop"
	"parley/connector/rtc"
)

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
