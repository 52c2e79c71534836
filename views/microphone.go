package views

import "context"

// microphoneSwitch mutes and unmutes. Every press counts at once, also while an earlier one is on its way: a person who
// presses twice wants to be back where he was, and never to be heard without knowing.
type microphoneSwitch struct {
	env    *Env
	on     func() bool // as the connector says
	failed func(error)

	wanted bool
	flying int // actions on their way
}

// toggle switches to the other of what was wanted last.
func (m *microphoneSwitch) toggle() {
	now := m.on()
	if m.flying > 0 {
		now = m.wanted
	}
	m.set(!now)
}

func (m *microphoneSwitch) set(on bool) {
	m.wanted = on
	m.flying++
	m.env.run(func(ctx context.Context) error { return m.env.Actions.SetMicrophone(ctx, on) }, func(err error) {
		m.flying--
		switch {
		case err != nil:
			m.failed(err)
		case m.flying == 0 && on != m.wanted:
			m.set(m.wanted) // two went out at once and arrived the other way round
		}
	})
}
