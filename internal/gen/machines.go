package main

import (
	"fmt"
	"strings"

	"parley/connector/diagrams"
	"parley/connector/machine"
)

// stateMachines draws every machine from its own table.
func stateMachines(string) (string, error) {
	var b strings.Builder
	b.WriteString("# State machines\n\n" + notice)
	b.WriteString(`Every machine of the connector is a table for one engine (` + "`connector/machine`" + `); the diagrams are
drawn from those tables. A label is the event, then in brackets the condition under which the row holds, by the name of its
function; "at once" is a transition that needs no event. An event that a state does not accept is logged at debug and ignored.
Where a row's target follows from what is known (the call's room, say), the table's own functions were run with samples of
everything that tells states apart, and what they led to is drawn.

Below each diagram are the effects of entering a state: what the manager beside the machine then does.
`)
	for _, d := range diagrams.All() {
		draw(&b, d)
	}
	return b.String(), nil
}

// draw one diagram in mermaid's words.
func draw(b *strings.Builder, d machine.Diagram) {
	fmt.Fprintf(b, "\n## %s\n\n```mermaid\nstateDiagram-v2\n", d.Title)
	for _, s := range d.States {
		fmt.Fprintf(b, "    state %q as %s\n", s, stateID(s))
	}
	fmt.Fprintf(b, "    [*] --> %s\n", stateID(d.Initial))
	for _, e := range d.Edges {
		fmt.Fprintf(b, "    %s --> %s: %s\n", stateID(e.From), stateID(e.To), e.Label)
	}
	b.WriteString("```\n")
	if len(d.Entry) == 0 {
		return
	}
	b.WriteString("\n| On entering | Effect |\n|---|---|\n")
	for _, s := range d.States {
		if effects := d.Entry[s]; len(effects) > 0 {
			fmt.Fprintf(b, "| `%s` | %s |\n", s, strings.Join(effects, ", "))
		}
	}
}

// stateID is a state's name as mermaid takes it.
func stateID(name string) string {
	return strings.ReplaceAll(name[strings.LastIndex(name, ":")+1:], "-", "_")
}
