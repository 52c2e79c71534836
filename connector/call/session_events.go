package call

import (
	"parley/connector/signal"
)

func (m *Manager) handler(l *leg) signal.SessionHandler {
	return signal.SessionHandler{
		OnSending: func() { m.post(l, func() { m.deps.Emit("sending", nil) }) },
		OnProgress: func(code int, sdp string) {
			m.post(l, func() { m.gate(l, func() { m.onProgress(l, code, sdp) }) })
		},
		OnAnswer:    func(sdp string) error { return m.onAnswer(l, sdp) },
		OnAccepted:  func() { m.post(l, func() { m.gate(l, m.unlessEnding(l, m.onAccepted)) }) },
		OnConfirmed: func() { m.post(l, func() { m.gate(l, m.unlessEnding(l, m.onConfirmed)) }) },
		OnEnded:     func(e signal.End) { m.post(l, func() { m.gate(l, func() { m.over(l, e) }) }) },
		OnFailed:    func(e signal.End) { m.post(l, func() { m.gate(l, func() { m.over(l, e) }) }) },
		OnInfo: func(contentType string, headers []signal.Header, body []byte) {
			m.post(l, func() { m.gate(l, func() { m.onInfo(contentType, headers, body) }) })
		},
		OnOffer: func(o signal.InDialogOffer) {
			if !m.deps.Loop.Post(func() { m.onOffer(l, o) }) {
				o.Reject(480, "Temporarily Unavailable")
			}
		},
		OnRefer: func(to string) bool {
			return m.onRefer(func(fn func(*leg)) { m.post(l, func() { fn(l) }) }, to)
		},
		OnRefresh: func() { m.post(l, func() { m.refresh(l) }) },
	}
}

// unlessEnding drops what would bring a call up that we are ending: an answer that could not be applied, say, is no
// confirmed call although the dialog exists.
func (m *Manager) unlessEnding(l *leg, fn func(*leg)) func() {
	return func() {
		if !l.ending {
			fn(l)
		}
	}
}

// gate keeps what the session reports in order: while the answer is being applied, later events wait for it.
func (m *Manager) gate(l *leg, fn func()) {
	if l.applying {
		l.gated = append(l.gated, fn)
		return
	}
	fn()
}

func (m *Manager) openGate(l *leg) {
	l.applying = false
	gated := l.gated
	l.gated = nil
	for i, fn := range gated {
		if m.leg != l {
			return
		}
		if l.applying { // by what ran just now: the rest waits for that
			l.gated = append(gated[i:], l.gated...)
			return
		}
		fn()
	}
}

// HandlerFor is what an incoming session reports to, once it is handed over by Answer. Before that only its end and
// INFO matter; before carries them.
func (m *Manager) HandlerFor(session signal.Session, before func(signal.End)) signal.SessionHandler {
	// The leg does not exist yet; every call looks it up on the loop, by the session.
	with := func(fn func(l *leg)) {
		m.deps.Loop.Post(func() {
			if l := m.leg; l != nil && l.session == session {
				fn(l)
			}
		})
	}
	end := func(e signal.End) {
		m.deps.Loop.Post(func() {
			if l := m.leg; l != nil && l.session == session {
				m.gate(l, func() { m.over(l, e) })
				return
			}
			before(e)
		})
	}
	return signal.SessionHandler{
		OnAnswer: func(sdp string) error {
			if sdp == "" {
				return errMissingSDP
			}
			with(func(l *leg) { m.applyAnswer(l, sdp) })
			return nil
		},
		OnAccepted:  func() { with(func(l *leg) { m.gate(l, m.unlessEnding(l, m.onAccepted)) }) },
		OnConfirmed: func() { with(func(l *leg) { m.gate(l, m.unlessEnding(l, m.onConfirmed)) }) },
		OnEnded:     end,
		OnFailed:    end,
		OnInfo: func(contentType string, headers []signal.Header, body []byte) {
			with(func(l *leg) { m.gate(l, func() { m.onInfo(contentType, headers, body) }) })
		},
		OnOffer: func(o signal.InDialogOffer) {
			posted := m.deps.Loop.Post(func() {
				if l := m.leg; l != nil && l.session == session {
					m.onOffer(l, o)
					return
				}
				o.Reject(480, "Temporarily Unavailable")
			})
			if !posted {
				o.Reject(480, "Temporarily Unavailable")
			}
		},
		OnRefer:   func(to string) bool { return m.onRefer(with, to) },
		OnRefresh: func() { with(m.refresh) },
	}
}
