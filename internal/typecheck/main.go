// Command typecheck checks the types of Parley's packages as another system compiles them, where it cannot be compiled for
// here because its C compiler and headers are missing: what comes from C is taken on trust, everything else is checked, the
// tests and packages which only that system has included.
//
//	typecheck -os darwin -arch arm64 -tags nolibopusfile ./...
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	system := flag.String("os", "darwin", "GOOS")
	arch := flag.String("arch", "arm64", "GOARCH")
	tags := flag.String("tags", "", "build tags")
	flag.Parse()
	problems, err := check(*system, *arch, *tags, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "typecheck:", err)
		os.Exit(2)
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// listed is what go list tells of a package.
type listed struct {
	Dir, ImportPath   string
	GoFiles, CgoFiles []string
	ImportMap         map[string]string
	Module            *struct{ Main bool }
	Error             *struct{ Err string }
}

// check returns what is wrong with the main module's packages among patterns and what they import.
func check(system, arch, tags string, patterns []string) ([]string, error) {
	list := exec.Command("go", append([]string{"list", "-deps", "-test", "-json=Dir,ImportPath,GoFiles,CgoFiles,ImportMap,Module,Error", "-tags", tags},
		patterns...)...)
	list.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=1")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	c := checker{packages: map[string]*types.Package{"unsafe": types.Unsafe}, set: token.NewFileSet(), sizes: types.SizesFor("gc", arch)}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; { // what is imported comes before what imports it
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if err := c.add(p); err != nil {
			return nil, err
		}
	}
	if c.ours == 0 {
		return nil, errors.New("no package of ours was checked")
	}
	return c.problems, nil
}

type checker struct {
	set      *token.FileSet
	sizes    types.Sizes
	packages map[string]*types.Package
	ours     int
	problems []string
}

func (c *checker) add(p listed) error {
	if p.Error != nil {
		return errors.New(p.Error.Err)
	}
	if p.ImportPath == "unsafe" || strings.HasSuffix(p.ImportPath, ".test") { // the program of a test is generated
		return nil
	}
	var files []*ast.File
	for _, name := range append(p.GoFiles, p.CgoFiles...) {
		f, err := parser.ParseFile(c.set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	ours := p.Module != nil && p.Module.Main
	config := types.Config{
		Importer: lookup{c.packages, p.ImportMap}, Sizes: c.sizes, FakeImportC: true,
		IgnoreFuncBodies: !ours, // of others only what they offer counts
		Error: func(err error) {
			// An invalid type is one that C defines, seen through another package.
			if ours && !strings.Contains(err.Error(), "invalid type") {
				c.problems = append(c.problems, err.Error())
			}
		},
	}
	if ours {
		c.ours++
	}
	// Errors came through Error; those of others follow from C that is not there.
	c.packages[p.ImportPath], _ = config.Check(p.ImportPath, c.set, files, nil)
	return nil
}

// lookup finds packages that were checked before.
type lookup struct {
	packages map[string]*types.Package
	vendored map[string]string
}

// Import as types.Importer.
func (l lookup) Import(path string) (*types.Package, error) {
	if vendored, ok := l.vendored[path]; ok {
		path = vendored
	}
	if p := l.packages[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%s is not listed", path)
}
