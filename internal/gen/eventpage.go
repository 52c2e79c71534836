package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// payload describes what an event carries.
func (p *pkg) payload(e ast.Expr) string {
	if lit, ok := e.(*ast.CompositeLit); ok {
		if _, isMap := p.info.TypeOf(lit).Underlying().(*types.Map); isMap {
			var members []string
			for _, element := range lit.Elts {
				pair := element.(*ast.KeyValueExpr)
				if key := p.info.Types[pair.Key].Value; key != nil {
					members = append(members, constant.StringVal(key)+": "+describe(p.info.TypeOf(pair.Value), 0))
				}
			}
			return "{" + strings.Join(members, ", ") + "}"
		}
	}
	if call, ok := e.(*ast.CallExpr); ok && calledName(call) == "ErrorData" {
		if m, ok := p.info.TypeOf(e).Underlying().(*types.Map); ok {
			return "{error: " + describe(m.Elem(), 0) + "}"
		}
	}
	if tv, ok := p.info.Types[e]; ok && tv.IsNil() {
		return "nothing"
	}
	if id, ok := e.(*ast.Ident); ok && types.IsInterface(p.info.TypeOf(e)) {
		if v, ok := p.info.Uses[id].(*types.Var); ok && p.isParameter(v) {
			return "that of the event it follows"
		}
	}
	return describe(p.info.TypeOf(e), 0)
}

// describe writes a type as its JSON looks.
func describe(t types.Type, depth int) string {
	if named, ok := t.(*types.Named); ok {
		switch path := named.Obj().Pkg(); {
		case named.Obj().Name() == "Secret":
			return `"***"`
		case path != nil && path.Path() == "time" && named.Obj().Name() == "Time":
			return "time"
		case path != nil && path.Path() == "parley/connector/rtc" && named.Obj().Name() == "Stats":
			return "{outbound, inbound, candidatePair?, transport?} (`rtc.Stats`)"
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return describe(u.Elem(), depth)
	case *types.Basic:
		switch {
		case u.Kind() == types.UntypedNil:
			return "nothing"
		case u.Info()&types.IsString != 0:
			return "text"
		case u.Info()&types.IsBoolean != 0:
			return "bool"
		}
		return "number"
	case *types.Slice:
		return "[" + describe(u.Elem(), depth+1) + "]"
	case *types.Map:
		return "{text: " + describe(u.Elem(), depth+1) + "}"
	case *types.Struct:
		return members(u, depth)
	}
	return "any"
}

func members(u *types.Struct, depth int) string {
	var list []string
	for i := range u.NumFields() {
		f := u.Field(i)
		name, options, _ := strings.Cut(reflect.StructTag(u.Tag(i)).Get("json"), ",")
		switch {
		case name == "-" || !f.Exported() && !f.Embedded():
			continue
		case f.Embedded() && name == "":
			if inner := strings.Trim(describe(f.Type(), depth), "{}"); inner != "" {
				list = append(list, inner)
			}
			continue
		case name == "":
			name = f.Name()
		}
		if strings.Contains(options, "omitempty") {
			name += "?"
		}
		if depth > 3 {
			list = append(list, name)
			continue
		}
		list = append(list, name+": "+describe(f.Type(), depth+1))
	}
	if len(list) == 0 {
		return "nothing"
	}
	return "{" + strings.Join(list, ", ") + "}"
}

// merge joins the places of one event with one payload.
func merge(found []event) []event {
	places := map[[2]string][]string{}
	for _, e := range found {
		key := [2]string{e.name, e.payload}
		if !slices.Contains(places[key], e.where) {
			places[key] = append(places[key], e.where)
		}
	}
	var list []event
	for key, where := range places {
		sort.Strings(where)
		list = append(list, event{key[0], key[1], "`" + strings.Join(where, "`, `") + "`"})
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if a.name != b.name {
			return a.name < b.name
		}
		return a.payload < b.payload
	})
	return list
}

var parts = []struct{ prefix, title string }{
	{"connection:", "Connection"}, {"auto-connect:", "Auto-connector"}, {"call:", "Call"}, {"call-reconnect:", "Redial"},
	{"api:", "The server's messages"}, {"incoming-call:", "Incoming call"}, {"presentation:", "Presentation"},
	{"stats:", "Statistics"}, {"video-balancer:", "Video balancer"}, {"main-stream-health:", "Main stream's health"},
	{"session:", "Session"}, {"", "Without a prefix"},
}

func eventsPage(list []event) string {
	var b strings.Builder
	b.WriteString("# Events\n\n" + notice)
	b.WriteString("Everything that `Connector.Subscribe` delivers, found in the code by looking at each place that emits. A payload is a\n" +
		"Go value that encodes to the JSON shown; `?` marks members that may be absent, `\"***\"` a secret that never shows. How to\n" +
		"subscribe: [recipes/events.md](../recipes/events.md).\n")
	left := list
	for _, part := range parts {
		var mine, others []event
		for _, e := range left {
			if part.prefix != "" && strings.HasPrefix(e.name, part.prefix) || part.prefix == "" {
				mine = append(mine, e)
				continue
			}
			others = append(others, e)
		}
		left = others
		if len(mine) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n| Event | Payload | Emitted by |\n|---|---|---|\n", part.title)
		for _, e := range mine {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.name, strings.ReplaceAll(e.payload, "|", `\|`), e.where)
		}
	}
	return b.String()
}
