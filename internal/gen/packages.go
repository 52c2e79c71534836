package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// pkg is one type-checked package of the connector.
type pkg struct {
	path  string
	files []*ast.File
	info  *types.Info
	types *types.Package
	at    token.Pos // of the name that is resolved
}

// load type-checks the connector's packages. Types of what they import come from the go command's build cache.
func load(root string) ([]*pkg, error) {
	list := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export,Dir,GoFiles", "./connector/...")
	list.Dir = root
	list.Stderr = os.Stderr
	raw, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	type entry struct {
		ImportPath, Export, Dir string
		GoFiles                 []string
	}
	exports, set := map[string]string{}, token.NewFileSet()
	var ours []entry
	for d := json.NewDecoder(bytes.NewReader(raw)); ; {
		var e entry
		if err := d.Decode(&e); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		exports[e.ImportPath] = e.Export
		if (e.ImportPath == "parley/connector" || strings.HasPrefix(e.ImportPath, "parley/connector/")) &&
			!strings.HasPrefix(e.ImportPath, "parley/connector/sip") && !strings.Contains(e.ImportPath, "/internal/") {
			ours = append(ours, e)
		}
	}
	from := importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	var packages []*pkg
	for _, e := range ours {
		p := &pkg{path: e.ImportPath, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{},
			Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}}
		for _, name := range e.GoFiles {
			file, err := parser.ParseFile(set, filepath.Join(e.Dir, name), nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			p.files = append(p.files, file)
		}
		config := types.Config{Importer: from}
		if p.types, err = config.Check(e.ImportPath, set, p.files, p.info); err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	sort.Slice(packages, func(i, j int) bool { return packages[i].path < packages[j].path })
	return packages, nil
}
