package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
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
