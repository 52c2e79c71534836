package main

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sort"
	"strings"

	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/connectcall"
	"parley/connector/connection"
	"parley/connector/incoming"
	"parley/connector/machine"
	"parley/connector/presentation"
	"parley/connector/redial"
	"parley/connector/signal"
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
	draw(&b, "Connection", &connection.Table, nil)
	draw(&b, "Auto-connector", &autoconnect.Table, map[string][]autoconnect.Input{autoconnect.EventStart: {{}, {Busy: true}}})
	draw(&b, "Call", &call.Table, callSamples())
	draw(&b, "Remote presentation", &call.ContentTable, nil)
	draw(&b, "Incoming call", &incoming.Table, nil)
	draw(&b, "Presentation", &presentation.Table, nil)
	draw(&b, "Redial", &redial.Table, nil)
	draw(&b, "Connect-and-call session", &connectcall.Table, nil)
	return b.String(), nil
}

// callSamples holds, by event, everything that the call machine tells apart.
func callSamples() map[string][]call.Event {
	yes := true
	room := func(name string) call.Event { return call.Event{Room: name, ParticipantName: "Bob"} }
	direct, withToken := room("Room"), room("Room")
	direct.DirectP2P, withToken.Token = &yes, "token"
	return map[string][]call.Event{
		call.EventConnecting: {{Number: "2001"},
			{Number: "2001", ExtraHeaders: []signal.Header{{Name: "x-vinteo-presentation-call", Value: "yes"}}}},
		call.EventEnterRoom:   {room("Room"), room("purgatory"), room("p2p1001to2001"), direct, withToken},
		call.EventTokenIssued: {{Token: "token", ConferenceOfToken: "Room", ParticipantName: "Bob"}},
	}
}

type edge struct{ from, to, label string }

// draw one table; samples are what the events say, by event; an event without samples says nothing.
func draw[S ~string, C, E any](b *strings.Builder, title string, table *machine.Table[S, C, E], samples map[string][]E) {
	fmt.Fprintf(b, "\n## %s\n\n```mermaid\nstateDiagram-v2\n", title)
	for _, s := range table.States {
		fmt.Fprintf(b, "    state %q as %s\n", string(s), stateID(s))
	}
	fmt.Fprintf(b, "    [*] --> %s\n", stateID(table.Initial))
	for _, e := range edges(table, samples) {
		fmt.Fprintf(b, "    %s --> %s: %s\n", e.from, e.to, e.label)
	}
	b.WriteString("```\n")
	if len(table.Entry) == 0 {
		return
	}
	b.WriteString("\n| On entering | Effect |\n|---|---|\n")
	for _, s := range table.States {
		if effects := table.Entry[s]; len(effects) > 0 {
			fmt.Fprintf(b, "| `%s` | %s |\n", s, strings.Join(effects, ", "))
		}
	}
}

func edges[S ~string, C, E any](table *machine.Table[S, C, E], samples map[string][]E) []edge {
	var list []edge
	add := func(rows []machine.Transition[S, C, E], label func(machine.Transition[S, C, E]) string) {
		for _, row := range rows {
			from := row.From
			if len(from) == 0 {
				from = table.States
			}
			for _, s := range from {
				switch {
				case row.Choose != nil:
				case row.To == "":
					list = append(list, edge{stateID(s), stateID(s), label(row)})
				default:
					list = append(list, edge{stateID(s), stateID(row.To), label(row)})
				}
			}
		}
	}
	add(table.Transitions, func(r machine.Transition[S, C, E]) string { return r.On + condition(r.If) })
	add(table.Always, func(r machine.Transition[S, C, E]) string { return "at once" + condition(r.If) })
	if slices.ContainsFunc(table.Transitions, func(r machine.Transition[S, C, E]) bool { return r.Choose != nil }) {
		list = append(list, explored(table, samples)...)
	}
	seen, unique := map[edge]bool{}, list[:0]
	for _, e := range list {
		if !seen[e] {
			seen[e] = true
			unique = append(unique, e)
		}
	}
	order := map[string]int{}
	for i, s := range table.States {
		order[stateID(s)] = i
	}
	sort.SliceStable(unique, func(i, j int) bool { return order[unique[i].from] < order[unique[j].from] })
	return unique
}

// explored runs the machine's own functions with every sample from every situation they lead to, and keeps what the rows
// with a chosen target did.
func explored[S ~string, C, E any](table *machine.Table[S, C, E], samples map[string][]E) (list []edge) {
	type situation struct {
		state   S
		context C
	}
	var nothing C
	waiting := []situation{{table.Initial, nothing}}
	known := map[string]bool{}
	for len(waiting) > 0 {
		now := waiting[0]
		waiting = waiting[1:]
		key := fmt.Sprintf("%s %+v", now.state, deref(now.context))
		if known[key] {
			continue
		}
		known[key] = true
		for _, row := range table.Transitions {
			if !accepts(row.From, now.state) {
				continue
			}
			inputs := samples[row.On]
			if inputs == nil {
				inputs = make([]E, 1)
			}
			for _, sample := range inputs {
				if row.If != nil && !row.If(now.context, sample) {
					continue
				}
				next := now
				if row.Do != nil {
					next.context = row.Do(now.context, sample)
				}
				switch {
				case row.Choose != nil:
					next.state = row.Choose(next.context)
					list = append(list, edge{stateID(now.state), stateID(next.state), row.On})
				case row.To != "":
					next.state = row.To
				}
				waiting = append(waiting, next)
			}
		}
	}
	return list
}

func accepts[S comparable](from []S, state S) bool {
	for _, s := range from {
		if s == state {
			return true
		}
	}
	return len(from) == 0
}

// deref makes a context printable as a key.
func deref(v any) any {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && !r.IsNil() {
		return r.Elem().Interface()
	}
	return v
}

// condition is the name of a row's function.
func condition(fn any) string {
	v := reflect.ValueOf(fn)
	if v.IsNil() {
		return ""
	}
	name := runtime.FuncForPC(v.Pointer()).Name()
	return " [" + name[strings.LastIndex(name, ".")+1:] + "]"
}

// stateID is a state's name as mermaid takes it.
func stateID[S ~string](s S) string {
	name := string(s)
	return strings.ReplaceAll(name[strings.LastIndex(name, ":")+1:], "-", "_")
}
