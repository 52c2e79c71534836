package connection

import (
	"parley/connector/signal"
)

func (m *Manager) handler(generation int) signal.Handler {
	post := func(fn func()) {
		m.deps.Loop.Post(func() {
			if m.generation == generation {
				fn()
			}
		})
	}
	return signal.Handler{
		OnConnecting:   func(n int) { post(func() { m.onConnecting(n) }) },
		OnReopen:       func() { post(m.onReopen) },
		OnConnected:    func() { post(m.onConnected) },
		OnDisconnected: func(d signal.Disconnect) { post(func() { m.onDisconnected(d) }) },
		OnRegistered:   func() { post(m.onRegistered) },
		OnUnregistered: func() { post(func() { m.deps.Emit("unregistered", nil) }) },
		OnRegistrationFailed: func(err *signal.ResponseError) {
			post(func() { m.onRegistrationFailed(err) })
		},
		OnSession: m.deps.OnSession,
		OnMessage: func(msg signal.Message) {
			post(func() {
				m.deps.Emit("newMessage", messageData{msg.From.User, msg.ContentType, len(msg.Body)})
				if m.deps.OnMessage != nil {
					m.deps.OnMessage(msg)
				}
			})
		},
		OnNotify: func(headers []signal.Header, body []byte) {
			post(func() {
				m.deps.Emit("sipEvent", nil)
				m.deps.OnNotify(headers, body)
			})
		},
	}
}

type messageData struct {
	From        string `json:"from"`
	ContentType string `json:"contentType"`
	Size        int    `json:"size"` // bytes
}

func (m *Manager) onConnecting(attempt int) {
	m.cutting = false
	m.deps.Emit("connecting", map[string]int{"attempt": attempt})
}

func (m *Manager) onReopen() {
	m.reopens--
	m.cutting = true
}

func (m *Manager) onConnected() {
	m.heal()
	m.deps.Emit("connected", nil)
	if configuration := m.machine.Configuration(); configuration != nil {
		m.deps.Emit("connected-with-configuration", configuration.Public())
	}
	switch {
	case m.attempt == nil && m.params != nil && !m.params.Register:
		m.resumed(nil)
	case m.attempt != nil && !m.attempt.params.Register:
		m.succeed()
	}
}

func (m *Manager) onRegistered() {
	m.heal()
	m.deps.Emit("registered", nil)
	switch {
	case m.attempt == nil:
		m.resumed(nil)
	case m.attempt.params.Register:
		m.succeed()
	}
}

// heal lets the machine follow an agent that came back by itself: from disconnected only "connecting" leads out.
func (m *Manager) heal() {
	if m.machine.State() == Disconnected {
		m.machine.Send(EventUAConnecting, nil)
	}
}

func (m *Manager) onRegistrationFailed(err *signal.ResponseError) {
	m.deps.Emit("registrationFailed", ErrorData(err))
	if m.resuming != nil {
		m.resumed(err)
	}
	if m.attempt != nil && m.attempt.params.Register {
		m.failed(err)
	}
}

func (m *Manager) onDisconnected(d signal.Disconnect) {
	m.back, m.cutting = false, false
	err := &DisconnectError{d}
	m.deps.Emit("disconnected", disconnectData{d.Code, d.Reason, d.Clean, errorText(d.Err)})
	if m.attempt != nil {
		m.failed(err)
	}
}

type disconnectData struct {
	Code   int    `json:"code"`
	Reason string `json:"reason,omitempty"`
	Clean  bool   `json:"clean"`
	Error  string `json:"error,omitempty"`
}
