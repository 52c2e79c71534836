// Package machine is the one engine behind every state machine of the connector: a table of transitions, a state and a
// context. It does no I/O and knows no time; entering a state yields effects, which are values that the owner runs.
//
// A machine belongs to one goroutine.
package machine

import (
	"context"
	"log/slog"
)

// Transition is one row: in one of From (any state when empty), on event On, when If holds (nil always does), the context
// becomes Do's result (nil keeps it) and the state becomes To; Choose, when set, names the state from the new context.
// An empty To without Choose stays. The first matching row wins.
type Transition[S ~string, C, E any] struct {
	From   []S
	On     string
	If     func(ctx C, event E) bool
	Do     func(ctx C, event E) C
	To     S
	Choose func(ctx C) S
}

// Table is a machine's definition. Always lists the transitions taken without an event as soon as a state is entered;
// Entry lists the effects of entering a state.
type Table[S ~string, C, E any] struct {
	Name        string
	Initial     S
	States      []S
	Transitions []Transition[S, C, E]
	Always      []Transition[S, C, E]
	Entry       map[S][]string
}

// Machine is a running instance of a table.
type Machine[S ~string, C, E any] struct {
	table   *Table[S, C, E]
	state   S
	context C
	logger  *slog.Logger
	changed []func(from, to S)
}

// New starts in the initial state with a zero context. A nil logger discards.
func New[S ~string, C, E any](table *Table[S, C, E], logger *slog.Logger) *Machine[S, C, E] {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Machine[S, C, E]{table: table, state: table.Initial, logger: logger}
}

// State now.
func (m *Machine[S, C, E]) State() S { return m.state }

// Context now; a copy as deep as C's own copying.
func (m *Machine[S, C, E]) Context() C { return m.context }

// OnChange is told of every transition taken, self-transitions included.
func (m *Machine[S, C, E]) OnChange(fn func(from, to S)) { m.changed = append(m.changed, fn) }

// Can tells whether the state accepts the event.
func (m *Machine[S, C, E]) Can(on string, event E) bool {
	return m.find(m.table.Transitions, on, event) != nil
}

// Send handles one event. An event that the state does not accept is logged and ignored. The effects are those of the
// state entered last.
func (m *Machine[S, C, E]) Send(on string, event E) (accepted bool, effects []string) {
	row := m.find(m.table.Transitions, on, event)
	if row == nil {
		m.logger.LogAttrs(context.Background(), slog.LevelDebug, "event not accepted",
			slog.String("machine", m.table.Name), slog.String("state", string(m.state)), slog.String("event", on))
		return false, nil
	}
	from := m.state
	m.take(row, event)
	for range m.table.States { // a chain of immediate transitions is no longer than the number of states
		next := m.find(m.table.Always, "", event)
		if next == nil {
			break
		}
		m.take(next, event)
	}
	if m.state != from {
		effects = m.table.Entry[m.state]
		m.logger.LogAttrs(context.Background(), slog.LevelDebug, "state changed",
			slog.String("machine", m.table.Name), slog.String("from", string(from)), slog.String("to", string(m.state)),
			slog.String("event", on))
	}
	for _, fn := range m.changed {
		fn(from, m.state)
	}
	return true, effects
}

func (m *Machine[S, C, E]) take(row *Transition[S, C, E], event E) {
	if row.Do != nil {
		m.context = row.Do(m.context, event)
	}
	switch {
	case row.Choose != nil:
		m.state = row.Choose(m.context)
	case row.To != "":
		m.state = row.To
	}
}

func (m *Machine[S, C, E]) find(rows []Transition[S, C, E], on string, event E) *Transition[S, C, E] {
	for i := range rows {
		row := &rows[i]
		if row.On != on || !in(row.From, m.state) {
			continue
		}
		if row.If == nil || row.If(m.context, event) {
			return row
		}
	}
	return nil
}

func in[S comparable](states []S, state S) bool {
	if len(states) == 0 {
		return true
	}
	for _, s := range states {
		if s == state {
			return true
		}
	}
	return false
}
