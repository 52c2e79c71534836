package connection

import (
	"context"
	"errors"
)

// Reopen replaces the socket and keeps the user agent, so that a call goes on. Done runs when the old one is cut.
func (m *Manager) Reopen(done func()) {
	m.back = false
	agent := m.agent
	if agent != nil {
		m.reopens++
	}
	m.deps.Loop.Go(func(context.Context) func() {
		if agent != nil {
			agent.Reopen()
		}
		return done
	})
}

// Resume waits for the socket that follows a Reopen to be connected and, where asked to, registered.
func (m *Manager) Resume(done func(*Configuration, error)) {
	switch {
	case m.agent == nil:
		m.deps.Loop.Later(func() { done(nil, ErrNotConnected) })
	case m.back:
		m.deps.Loop.Later(func() { done(m.machine.Configuration(), nil) })
	default:
		m.resuming = done
	}
}

// resumed ends the wait of Resume, unless what happened is still of the socket that a Reopen cuts: the answer to a refresh of
// the registration, say.
func (m *Manager) resumed(err error) {
	if !errors.Is(err, ErrCanceled) && (m.reopens > 0 || m.cutting) {
		return
	}
	m.back = err == nil
	if done := m.resuming; done != nil {
		m.resuming = nil
		done(m.machine.Configuration(), err)
	}
}
