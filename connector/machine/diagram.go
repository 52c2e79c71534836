package machine

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sort"
	"strings"
)

// Edge is a transition as a diagram shows it. Label is the event, then in brackets the condition by its function's name;
// "at once" is a transition that needs no event.
type Edge struct{ From, To, Label string }

// Diagram is a table as plain values, for what draws it.
type Diagram struct {
	Name, Title string
	Initial     string
	States      []string
	Edges       []Edge
	Entry       map[string][]string
}

// Draw makes a table's diagram. Where a row's target follows from what is known, the table's own functions are run with
// samples, by event, of everything that tells states apart; an event without samples says nothing.
func Draw[S ~string, C, E any](title string, table *Table[S, C, E], samples map[string][]E) Diagram {
	d := Diagram{Name: table.Name, Title: title, Initial: string(table.Initial), Entry: map[string][]string{}}
	for _, s := range table.States {
		d.States = append(d.States, string(s))
	}
	for s, effects := range table.Entry {
		d.Entry[string(s)] = effects
	}
	d.Edges = edges(table, samples)
	return d
}

// Leaving are the edges that lead out of a state, or back to it.
func (d Diagram) Leaving(state string) (list []Edge) {
	for _, e := range d.Edges {
		if e.From == state {
			list = append(list, e)
		}
	}
	return list
}

func edges[S ~string, C, E any](table *Table[S, C, E], samples map[string][]E) []Edge {
	var list []Edge
	add := func(rows []Transition[S, C, E], label func(Transition[S, C, E]) string) {
		for _, row := range rows {
			from := row.From
			if len(from) == 0 {
				from = table.States
			}
			for _, s := range from {
				switch {
				case row.Choose != nil:
				case row.To == "":
					list = append(list, Edge{string(s), string(s), label(row)})
				default:
					list = append(list, Edge{string(s), string(row.To), label(row)})
				}
			}
		}
	}
	add(table.Transitions, func(r Transition[S, C, E]) string { return r.On + condition(r.If) })
	add(table.Always, func(r Transition[S, C, E]) string { return "at once" + condition(r.If) })
	if slices.ContainsFunc(table.Transitions, func(r Transition[S, C, E]) bool { return r.Choose != nil }) {
		list = append(list, explored(table, samples)...)
	}
	seen, unique := map[Edge]bool{}, list[:0]
	for _, e := range list {
		if !seen[e] {
			seen[e] = true
			unique = append(unique, e)
		}
	}
	order := map[string]int{}
	for i, s := range table.States {
		order[string(s)] = i
	}
	sort.SliceStable(unique, func(i, j int) bool { return order[unique[i].From] < order[unique[j].From] })
	return unique
}

// explored runs the machine's own functions with every sample from every situation they lead to, and keeps what the rows
// with a chosen target did.
func explored[S ~string, C, E any](table *Table[S, C, E], samples map[string][]E) (list []Edge) {
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
			if !in(row.From, now.state) {
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
					list = append(list, Edge{string(now.state), string(next.state), row.On})
				case row.To != "":
					next.state = row.To
				}
				waiting = append(waiting, next)
			}
		}
	}
	return list
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
