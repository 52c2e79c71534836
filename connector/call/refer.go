package call

import (
	"parley/connector/signal"
)

// onRefer tells of a transfer that the peer asks for and whether it is taken. It runs on the user agent's goroutine.
func (m *Manager) onRefer(post func(func(*leg)), to string) bool {
	accepted := m.deps.AcceptRefer != nil && m.deps.AcceptRefer(to)
	post(func(l *leg) {
		if accepted {
			m.referred = l.session
		}
		m.deps.Emit("refer", referData{to, accepted})
	})
	return accepted
}

// Referred is the session, perhaps over by now, whose peer asked for a transfer last that was accepted; nil: none did.
func (m *Manager) Referred() signal.Session { return m.referred }

type referData struct {
	ReferTo  string `json:"referTo"`
	Accepted bool   `json:"accepted"`
}
