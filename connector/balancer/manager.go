package balancer

import (
	"time"

	"parley/connector/loop"
)

// StartDelay after the call is confirmed.
const StartDelay = 10 * time.Second

// Manager starts and stops balancing with the call. Its methods are called on the loop.
type Manager struct {
	Balancer *Balancer
	Emit     func(name string, data any) // name without prefix

	active    bool
	receiving bool // a spectator's session runs: we send as little as we can
	timer     *loop.Timer
}

type delayData struct {
	Delay int64 `json:"delay"` // milliseconds
}

func (m *Manager) delay() time.Duration {
	if d := m.Balancer.Options.Delay; d > 0 {
		return d
	}
	return StartDelay
}

// Active tells whether balancing runs, Scheduled whether it will.
func (m *Manager) Active() bool { return m.active }

// Scheduled tells whether balancing will start.
func (m *Manager) Scheduled() bool { return m.timer != nil }

// HandleEvent follows the call's events (without prefix).
func (m *Manager) HandleEvent(name string) {
	switch name {
	case "peerconnection:confirmed":
		m.schedule()
	case "recv-session-started":
		m.receiving = true
		m.Stop()
	case "recv-session-ended":
		m.receiving = false
		m.schedule()
	case "recv-quality-changed":
		m.Stop()
		if !m.receiving { // sending goes on, so does balancing
			m.schedule()
		}
	case "ended", "failed":
		m.receiving = false
		m.Stop()
	}
}

func (m *Manager) schedule() {
	m.timer.Stop()
	m.Emit("balancing-scheduled", delayData{m.delay().Milliseconds()})
	m.timer = m.Balancer.Loop.After(m.delay(), func() {
		m.timer = nil
		m.Start(func(error) {})
	})
}

// Start balancing now.
func (m *Manager) Start(done func(error)) {
	m.timer.Stop()
	m.timer = nil
	if m.active {
		done(nil)
		return
	}
	m.active = true
	m.Balancer.Balance(func(_ Result, err error) {
		if err != nil {
			m.active = false
			done(err)
			return
		}
		if !m.active {
			done(nil)
			return
		}
		m.Balancer.Subscribe()
		m.Emit("balancing-started", delayData{m.delay().Milliseconds()})
		done(nil)
	})
}

// Stop balancing and restore what is sent.
func (m *Manager) Stop() {
	m.timer.Stop()
	m.timer, m.active = nil, false
	m.Emit("balancing-stopped", struct{}{})
	m.Balancer.Unsubscribe()
}
