package connection

import (
	"context"
	"time"

	"parley/connector/signal"
)

// requestTimeout bounds a request of the person's: longer than a SIP transaction (RFC 3261 17.1, 64·T1) with its answers
// to challenges.
const requestTimeout = 70 * time.Second

// Ping sends OPTIONS to the own URI, limited to PingTimeout or what Deps say. The result comes on the loop.
func (m *Manager) Ping(done func(error)) {
	limit := m.deps.PingTimeout
	if limit <= 0 {
		limit = PingTimeout
	}
	m.PingWithin(limit, done)
}

// PingWithin is Ping with a limit of the caller's.
func (m *Manager) PingWithin(limit time.Duration, done func(error)) {
	m.request(limit, func(ctx context.Context, agent signal.UserAgent) error { return agent.Options(ctx, "") }, done)
}

// Options sends OPTIONS to a target.
func (m *Manager) Options(target string, done func(error)) {
	m.request(requestTimeout, func(ctx context.Context, agent signal.UserAgent) error {
		return agent.Options(ctx, target)
	}, done)
}

// Message sends a MESSAGE (RFC 3428) to a target.
func (m *Manager) Message(target, contentType string, body []byte, done func(error)) {
	m.request(requestTimeout, func(ctx context.Context, agent signal.UserAgent) error {
		return agent.SendMessage(ctx, target, contentType, body)
	}, done)
}

// Register registers, or refreshes the registration.
func (m *Manager) Register(done func(error)) {
	m.request(requestTimeout, func(ctx context.Context, agent signal.UserAgent) error { return agent.Register(ctx) }, done)
}

// Unregister takes the registration back; the socket stays.
func (m *Manager) Unregister(done func(error)) {
	m.request(requestTimeout, func(ctx context.Context, agent signal.UserAgent) error { return agent.Unregister(ctx) }, done)
}

// TryRegister unregisters, whatever comes of it, and registers.
func (m *Manager) TryRegister(done func(error)) {
	m.request(requestTimeout, func(ctx context.Context, agent signal.UserAgent) error {
		_ = agent.Unregister(ctx)
		return agent.Register(ctx)
	}, done)
}

// request makes a request outside the loop; a disconnect ends it. The result comes on the loop.
func (m *Manager) request(limit time.Duration, send func(context.Context, signal.UserAgent) error, done func(error)) {
	agent := m.agent
	if agent == nil {
		m.deps.Loop.Later(func() { done(ErrNotConnected) })
		return
	}
	m.nextRequest++
	id := m.nextRequest
	ctx, cancel := context.WithTimeout(m.deps.Loop.Context(), limit)
	m.requests[id] = cancel
	m.deps.Loop.Go(func(context.Context) func() {
		err := send(ctx, agent)
		return func() {
			delete(m.requests, id)
			cancel()
			done(err)
		}
	})
}
