package diagrams_test

import (
	"slices"
	"testing"

	"parley/connector/diagrams"
)

// Every machine's diagram is whole: edges join states of it, every state can be reached, and what leads out of a state is
// found.
func TestDiagrams(t *testing.T) {
	all := diagrams.All()
	if len(all) < 8 {
		t.Fatalf("%d machines", len(all))
	}
	for _, d := range all {
		reached := map[string]bool{d.Initial: true}
		leaving := 0
		for _, e := range d.Edges {
			if !slices.Contains(d.States, e.From) || !slices.Contains(d.States, e.To) || e.Label == "" {
				t.Errorf("%s: edge %+v", d.Name, e)
			}
			reached[e.To] = true
		}
		for _, s := range d.States {
			if !reached[s] {
				t.Errorf("%s: nothing leads to %s", d.Name, s)
			}
			leaving += len(d.Leaving(s))
		}
		if leaving != len(d.Edges) {
			t.Errorf("%s: %d of %d edges leave a state", d.Name, leaving, len(d.Edges))
		}
	}
}
