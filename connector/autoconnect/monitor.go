package autoconnect

// monitor pings every interval, beginning now; two failures in a row reconnect.
func (m *Manager) monitor() {
	m.pingFailures = 0
	m.ping()
	if m.registration && !m.deps.InCall() {
		m.registration = false
	}
}

func (m *Manager) ping() {
	m.deps.Connection.Ping(m.guarded(func(err error) {
		if err == nil {
			m.pingFailures = 0
		} else if m.pingFailures++; m.pingFailures >= maxPingFailures {
			m.request(ReasonPeriodicPingFailed)
			return
		}
		m.timer = m.deps.Loop.After(m.deps.Options.PingInterval, m.ping)
	}))
}

// HandleEvent follows the connector's stream.
func (m *Manager) HandleEvent(name string) {
	switch name {
	case "connection:registrationFailed":
		switch {
		case m.machine.State() != ConnectedMonitoring:
		case m.deps.InCall():
			m.registration = true
		default:
			m.request(ReasonRegistrationFailed)
		}
	case "connection:registered":
		m.registration = false
	case "call:ended", "call:failed":
		if m.deps.InCall() {
			return // another call takes this one's place: what waits for the end of calls goes on waiting
		}
		m.watcher.callOver()
		if m.sparing() {
			m.resume = false
			m.connectDone(errCallOver) // nothing is left to spare: connect in the ordinary way
			return
		}
		if m.registration {
			m.registration = false
			if m.machine.State() == ConnectedMonitoring {
				m.request(ReasonRegistrationFailed)
			}
		}
	}
}
