package main

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"sort"
	"strings"
)

type testsOfFolder struct {
	folder string
	tests  []test
}

type test struct{ name, about string }

// testsOf finds the tests of the connector and of the end-to-end tests.
func testsOf(root string) ([]testsOfFolder, error) {
	found := map[string][]test{}
	for _, top := range []string{"connector", "e2e"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			folder, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			for _, decl := range parsed.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if !ok || !strings.HasPrefix(f.Name.Name, "Test") || f.Name.Name == "TestMain" {
					continue
				}
				about := strings.TrimPrefix(new(doc.Package).Synopsis(f.Doc.Text()), f.Name.Name+" ")
				found[filepath.ToSlash(folder)] = append(found[filepath.ToSlash(folder)], test{f.Name.Name, about})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var list []testsOfFolder
	for folder, tests := range found {
		list = append(list, testsOfFolder{folder, tests})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].folder < list[j].folder })
	return list, nil
}
