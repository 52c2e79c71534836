package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// block is a place in a page that shows an example, or another declaration of the examples' package.
var block = regexp.MustCompile(`(?s)<!-- code: (\w+) -->\n.*?<!-- end -->`)

// recipes fills the examples into the pages of docs/recipes.
func recipes(root string) (map[string]string, error) {
	code, err := declarations(filepath.Join(root, "connector", "examples"))
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(root, "docs", "recipes", "*.md"))
	if err != nil {
		return nil, err
	}
	shown, made := map[string]bool{}, map[string]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		name := "docs/recipes/" + filepath.Base(file)
		text := block.ReplaceAllStringFunc(string(raw), func(found string) string {
			wanted := block.FindStringSubmatch(found)[1]
			source, there := code[wanted]
			if !there {
				err = fmt.Errorf("%s: connector/examples has no %s", name, wanted)
				return found
			}
			shown[wanted] = true
			return "<!-- code: " + wanted + " -->\n" + source + "<!-- end -->"
		})
		if err != nil {
			return nil, err
		}
		made[name] = text
	}
	for wanted := range code {
		if strings.HasPrefix(wanted, "Example") && !shown[wanted] {
			return nil, fmt.Errorf("connector/examples: no recipe shows %s", wanted)
		}
	}
	return made, nil
}

// declarations are the functions of a folder as markdown: an example's body with its output, any other one whole.
func declarations(folder string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		return nil, err
	}
	code := map[string]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, raw, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil {
				continue
			}
			at := func(p token.Pos) int { return set.Position(p).Offset }
			if !strings.HasPrefix(f.Name.Name, "Example") {
				begin := f.Pos()
				if f.Doc != nil {
					begin = f.Doc.Pos()
				}
				code[f.Name.Name] = fenced(string(raw[at(begin):at(f.End())]))
				continue
			}
			body, err := dedent(raw[at(f.Body.Lbrace)+1 : at(f.Body.Rbrace)])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name.Name, err)
			}
			source, output, told := strings.Cut(body, "// Output:")
			if !told {
				return nil, fmt.Errorf("%s tells no output: it would not be run", f.Name.Name)
			}
			code[f.Name.Name] = fenced(source) + "\nIt prints:\n\n```\n" + uncomment(output) + "```\n"
		}
	}
	return code, nil
}

func fenced(source string) string { return "```go\n" + strings.TrimSpace(source) + "\n```\n" }

func dedent(body []byte) (string, error) {
	lines := bytes.Split(bytes.Trim(body, "\n"), []byte("\n"))
	for i, line := range lines {
		lines[i] = bytes.TrimPrefix(line, []byte("\t"))
	}
	out, err := format.Source(bytes.Join(lines, []byte("\n")))
	return string(out), err
}

func uncomment(text string) string {
	var b strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		b.WriteString(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "//"), " ") + "\n")
	}
	return b.String()
}
