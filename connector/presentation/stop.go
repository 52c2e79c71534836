package presentation

import "context"

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
