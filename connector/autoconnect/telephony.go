package autoconnect

import "time"

type failureData struct {
	Count     int    `json:"failCount"`
	Level     Level  `json:"escalationLevel"`
	Reconnect bool   `json:"shouldRequestReconnect"`
	Delay     int64  `json:"nextRetryDelayMs"`
	Error     string `json:"error"`
}

// checkTelephony asks at once and then periodically whether a connection can be had at all.
func (m *Manager) checkTelephony() {
	m.cancelCheck = m.deps.Connection.CheckTelephony(*m.params, m.guarded(func(err error) {
		m.cancelCheck = nil
		if err == nil {
			m.telephonyUp()
			return
		}
		d := m.policy.Fail(time.Now())
		data := failureData{d.Count, d.Level, d.Reconnect, d.NextDelay.Milliseconds(), err.Error()}
		m.deps.Emit("telephony-check-failure", data)
		if d.Escalated {
			m.deps.Emit("telephony-check-escalated", data)
		}
		if d.Reconnect {
			m.request(ReasonTelephonyCheckFailed)
		}
		if m.machine.State() == TelephonyChecking {
			m.timer = m.deps.Loop.After(m.deps.Options.TelephonyInterval, m.checkTelephony)
		}
	}))
}

func (m *Manager) telephonyUp() {
	m.policy.Reset()
	if !m.connected() {
		m.request(ReasonTelephonyDisconnected)
		return
	}
	m.succeeded()
	m.send(EventStillUp)
}
