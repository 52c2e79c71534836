package presentation

import (
	"context"

	"parley/connector/rtc"
)

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
