package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
)

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
