package views

import (
	"context"
	"time"
)

// microphoneSwitch mutes and unmutes. Every press counts at once, also while an earlier one is on its way: a person who
// presses twice wants to be back where he was, and never to be heard without knowing. What is wanted is shown at once; the
// track itself follows within a turn of the connector's loop.
type microphoneSwitch struct {
	env    *Env
	on     func() bool // as the connector says
	show   func()      // what is wanted has changed
	failed func(error)

	wanted  bool
	pending bool // wanted is shown, the connector has not said so yet
	flying  int  // actions on their way
}

// doubtful is how long what is wanted is shown without the connector saying so.
const doubtful = 2 * time.Second

// toggle switches to the other of what was wanted last.
func (m *microphoneSwitch) toggle() { m.set(!m.shown(m.on())) }

// shown is what a person is to see, where the connector says on or off.
func (m *microphoneSwitch) shown(on bool) bool {
	if m.pending {
		return m.wanted
	}
	return on
}

// heard takes what the connector says.
func (m *microphoneSwitch) heard(on bool) {
	if on == m.wanted {
		m.pending = false
	}
}

func (m *microphoneSwitch) set(on bool) {
	m.wanted, m.pending = on, true
	m.flying++
	m.show()
	m.env.run(func(ctx context.Context) error { return m.env.Actions.SetMicrophone(ctx, on) }, func(err error) {
		m.flying--
		switch {
		case err != nil:
			m.settle()
			m.failed(err)
		case m.flying == 0 && on != m.wanted:
			m.set(m.wanted) // two went out at once and arrived the other way round
		case m.flying == 0 && m.pending:
			m.env.after(doubtful, m.settle)
		}
	})
}

// settle shows what the connector says again.
func (m *microphoneSwitch) settle() {
	if m.flying == 0 && m.pending {
		m.pending = false
		m.show()
	}
}
