package machine_test

import (
	"slices"
	"testing"

	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/connectcall"
	"parley/connector/connection"
	"parley/connector/incoming"
	"parley/connector/machine"
	"parley/connector/presentation"
	"parley/connector/redial"
)

type state string

// An event that is not accepted changes nothing; immediate transitions are taken before anyone is told; effects are those
// of the state entered last, and a state that is not left has none.
func TestEngine(t *testing.T) {
	table := machine.Table[state, int, int]{Name: "test", Initial: "a", States: []state{"a", "b", "c"},
		Transitions: []machine.Transition[state, int, int]{
			{From: []state{"a"}, On: "go", If: func(_, e int) bool { return e > 0 }, To: "b", Do: func(c, e int) int { return c + e }},
			{From: []state{"c"}, On: "stay"},
		},
		Always: []machine.Transition[state, int, int]{{From: []state{"b"}, To: "c"}},
		Entry:  map[state][]string{"b": {"never"}, "c": {"ring"}}}
	m := machine.New(&table, nil)
	told := []state{}
	m.OnChange(func(_, to state) { told = append(told, to) })
	if ok, _ := m.Send("go", 0); ok || m.State() != "a" {
		t.Error("a refused event was taken")
	}
	if ok, effects := m.Send("go", 2); !ok || m.State() != "c" || m.Context() != 2 || !slices.Equal(effects, []string{"ring"}) {
		t.Errorf("state %s, context %d, effects %v", m.State(), m.Context(), effects)
	}
	if ok, effects := m.Send("stay", 0); !ok || effects != nil {
		t.Errorf("effects %v", effects)
	}
	if !slices.Equal(told, []state{"c", "c"}) {
		t.Errorf("told %v", told)
	}
}

// walk checks that a table names known states only and that every state can be reached.
func walk[S ~string, C, E any](t *testing.T, table machine.Table[S, C, E]) {
	t.Helper()
	reached := map[S]bool{table.Initial: true}
	for _, row := range append(slices.Clone(table.Transitions), table.Always...) {
		for _, s := range append(slices.Clone(row.From), row.To) {
			if s != "" && !slices.Contains(table.States, s) {
				t.Errorf("%s: unknown state %q", table.Name, s)
			}
		}
		if row.To != "" {
			reached[row.To] = true
		}
		if row.Choose != nil {
			return // the context decides
		}
	}
	for _, s := range table.States {
		if !reached[s] {
			t.Errorf("%s: no way to %q", table.Name, s)
		}
	}
}

// Every table of the connector is complete: states can be reached, events are known.
func TestTables(t *testing.T) {
	walk(t, connection.Table)
	walk(t, call.Table)
	walk(t, call.ContentTable)
	walk(t, incoming.Table)
	walk(t, presentation.Table)
	walk(t, autoconnect.Table)
	walk(t, redial.Table)
	walk(t, connectcall.Table)
}
