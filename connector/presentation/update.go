package presentation

import (
	"context"

	"parley/connector/rtc"
)

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
