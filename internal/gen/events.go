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

// event is one that the connector emits somewhere.
type event struct{ name, payload, where string }

// events lists what the connector emits: every call of an Emit function and every value of an event type, with the type
// of its payload. A name that can not be resolved is an error, so that the page never misses one.
func events(root string) (string, error) {
	packages, err := load(root)
	if err != nil {
		return "", err
	}
	prefixes := prefixesOf(packages)
	var found []event
	for _, p := range packages {
		list, err := p.events(prefixes)
		if err != nil {
			return "", err
		}
		found = append(found, list...)
	}
	return eventsPage(merge(found)), nil
}

// prefixesOf finds which package emits under which prefix: the façade hands each its function.
func prefixesOf(packages []*pkg) map[string]string {
	prefixes := map[string]string{"parley/connector": "", "parley/connector/api": "api:"}
	for _, p := range packages {
		for _, file := range p.files {
			var above []ast.Node
			ast.Inspect(file, func(n ast.Node) bool {
				if n == nil {
					above = above[:len(above)-1]
					return true
				}
				if call, ok := n.(*ast.CallExpr); ok && calledName(call) == "prefixed" && len(call.Args) == 1 {
					if v := p.info.Types[call.Args[0]].Value; v != nil {
						prefixes[p.receiverOf(above)] = constant.StringVal(v)
					}
				}
				above = append(above, n)
				return true
			})
		}
	}
	return prefixes
}

// receiverOf is the package that the innermost call or composite value above belongs to.
func (p *pkg) receiverOf(above []ast.Node) string {
	for i := len(above) - 1; i >= 0; i-- {
		var of types.Type
		switch n := above[i].(type) {
		case *ast.CompositeLit:
			of = p.info.TypeOf(n)
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok {
				if object := p.info.Uses[s.Sel]; object != nil && object.Pkg() != nil {
					return object.Pkg().Path()
				}
			}
		}
		if named, ok := of.(*types.Named); ok {
			return named.Obj().Pkg().Path()
		}
	}
	return ""
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

func (p *pkg) events(prefixes map[string]string) (list []event, err error) {
	prefix, told := prefixes[p.path]
	add := func(where string, name, data ast.Expr) {
		if strings.HasSuffix(where, ".emit") { // the function that every event passes through
			return
		}
		p.at = name.Pos()
		names := p.texts(name)
		if len(names) == 0 {
			if !p.handsOn(name) {
				err = fmt.Errorf("%s: %s: the name of an event can not be told", p.path, where)
			}
			return
		}
		if !told {
			err = fmt.Errorf("%s emits without a prefix of its own", p.path)
		}
		for _, n := range names {
			list = append(list, event{prefix + n, p.payload(data), where})
		}
	}
	for _, file := range p.files {
		for _, decl := range file.Decls {
			where := strings.TrimPrefix(p.path, "parley/") + p.declared(decl)
			ast.Inspect(decl, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					if name := calledName(n); (name == "Emit" || name == "emit") && len(n.Args) == 2 {
						add(where, n.Args[0], n.Args[1])
					}
				case *ast.CompositeLit:
					if name, data := p.eventValue(n); name != nil {
						add(where, name, data)
					}
				}
				return true
			})
		}
	}
	return list, err
}

// eventValue takes name and payload out of a value of api.Event or connector.Event.
func (p *pkg) eventValue(lit *ast.CompositeLit) (name, data ast.Expr) {
	named, ok := p.info.TypeOf(lit).(*types.Named)
	if !ok || named.Obj().Name() != "Event" || len(lit.Elts) < 2 {
		return nil, nil
	}
	switch named.Obj().Pkg().Path() {
	case "parley/connector/api", "parley/connector":
	default:
		return nil, nil
	}
	if _, keyed := lit.Elts[0].(*ast.KeyValueExpr); !keyed {
		return lit.Elts[0], lit.Elts[1]
	}
	for _, e := range lit.Elts {
		pair := e.(*ast.KeyValueExpr)
		switch pair.Key.(*ast.Ident).Name {
		case "Name":
			name = pair.Value
		case "Data":
			data = pair.Value
		}
	}
	return name, data
}

func (p *pkg) declared(decl ast.Decl) string {
	f, ok := decl.(*ast.FuncDecl)
	if !ok {
		return ""
	}
	if f.Recv == nil {
		return "." + f.Name.Name
	}
	of := types.TypeString(p.info.TypeOf(f.Recv.List[0].Type), func(*types.Package) string { return "" })
	return "." + strings.TrimPrefix(of, "*") + "." + f.Name.Name
}

// handsOn tells a name that only passes through: a parameter of a function that emits, or an event's own name.
func (p *pkg) handsOn(name ast.Expr) bool {
	switch e := name.(type) {
	case *ast.BinaryExpr:
		return p.handsOn(e.X) || p.handsOn(e.Y)
	case *ast.SelectorExpr:
		return e.Sel.Name == "Name"
	case *ast.CallExpr: // strings.TrimPrefix(name, …)
		return len(e.Args) > 0 && p.handsOn(e.Args[0])
	case *ast.Ident:
		v, ok := p.info.Uses[e].(*types.Var)
		return ok && p.isParameter(v)
	}
	return false
}

func (p *pkg) isParameter(v *types.Var) (yes bool) {
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncType); ok {
				for _, field := range f.Params.List {
					yes = yes || slices.ContainsFunc(field.Names, func(id *ast.Ident) bool { return p.info.Defs[id] == v })
				}
			}
			return true
		})
	}
	return yes
}

// texts are the values that an expression can have, as far as constants decide.
func (p *pkg) texts(e ast.Expr) []string {
	if v := p.info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return []string{constant.StringVal(v)}
	}
	switch e := e.(type) {
	case *ast.Ident:
		if v, ok := p.info.Uses[e].(*types.Var); ok {
			return append(p.assigned(v), p.passed(v)...)
		}
	case *ast.IndexExpr:
		if id, ok := e.X.(*ast.Ident); ok {
			return p.valuesOfMap(p.info.Uses[id])
		}
	}
	return nil
}

// assigned are the constants that a variable gets anywhere.
func (p *pkg) assigned(v *types.Var) (values []string) {
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool {
			assignment, ok := n.(*ast.AssignStmt)
			if !ok {
				return true
			}
			for i, left := range assignment.Lhs {
				id, ok := left.(*ast.Ident)
				if !ok || p.info.Defs[id] != v && p.info.Uses[id] != v {
					continue
				}
				right := assignment.Rhs[0]
				if len(assignment.Rhs) == len(assignment.Lhs) {
					right = assignment.Rhs[i]
				} else if i > 0 {
					continue
				}
				values = append(values, p.texts(right)...)
			}
			return true
		})
	}
	return values
}

// passed are the constants that a parameter gets where its function is called.
func (p *pkg) passed(v *types.Var) (values []string) {
	function, index := p.parameter(v)
	if function == nil {
		return nil
	}
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || index >= len(call.Args) {
				return true
			}
			called := call.Fun
			if s, ok := called.(*ast.SelectorExpr); ok {
				called = s.Sel
			}
			if id, ok := called.(*ast.Ident); ok && p.info.Uses[id] == function {
				values = append(values, p.texts(call.Args[index])...)
			}
			return true
		})
	}
	return values
}

// parameter finds the declared function that a variable is a parameter of, and its place.
func (p *pkg) parameter(v *types.Var) (function types.Object, index int) {
	for _, file := range p.files {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			signature := p.info.Defs[f.Name].Type().(*types.Signature)
			for i := range signature.Params().Len() {
				if signature.Params().At(i) == v {
					return p.info.Defs[f.Name], i
				}
			}
		}
	}
	return nil, 0
}

// valuesOfMap are a map's values that can be meant where the name is used: in a case of a switch over its keys those of
// the case, after such cases those of the keys that no case had.
func (p *pkg) valuesOfMap(object types.Object) (values []string) {
	byKey := map[string][]string{}
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || p.info.Defs[spec.Names[0]] != object {
				return true
			}
			if lit, ok := spec.Values[0].(*ast.CompositeLit); ok {
				for _, e := range lit.Elts {
					pair := e.(*ast.KeyValueExpr)
					for _, key := range p.texts(pair.Key) {
						byKey[key] = p.texts(pair.Value)
					}
				}
			}
			return true
		})
	}
	here, elsewhere := p.cases(byKey)
	for key, of := range byKey {
		if here[key] || len(here) == 0 && !elsewhere[key] {
			values = append(values, of...)
		}
	}
	return values
}

// cases are the keys that a case around the name has, and those that other cases of its function have.
func (p *pkg) cases(byKey map[string][]string) (here, elsewhere map[string]bool) {
	here, elsewhere = map[string]bool{}, map[string]bool{}
	for _, file := range p.files {
		for _, decl := range file.Decls {
			if p.at < decl.Pos() || p.at > decl.End() {
				continue
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				clause, ok := n.(*ast.CaseClause)
				if !ok {
					return true
				}
				for _, e := range clause.List {
					v := p.info.Types[e].Value
					if v == nil || v.Kind() != constant.String || byKey[constant.StringVal(v)] == nil {
						continue
					}
					if clause.Pos() <= p.at && p.at <= clause.End() {
						here[constant.StringVal(v)] = true
						continue
					}
					elsewhere[constant.StringVal(v)] = true
				}
				return true
			})
		}
	}
	return here, elsewhere
}

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
