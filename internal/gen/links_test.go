package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// Every link between pages leads somewhere, and the index names every page of its folder and the recipes.
func TestLinks(t *testing.T) {
	docs := filepath.Join(projectRoot(), "docs")
	index, err := os.ReadFile(filepath.Join(docs, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(docs, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range link.FindAllStringSubmatch(string(raw), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), filepath.FromSlash(found[1]))); err != nil {
				t.Errorf("%s: %v", filepath.Base(path), err)
			}
		}
		name, err := filepath.Rel(docs, path)
		if err != nil {
			return err
		}
		if name = filepath.ToSlash(name); name != "README.md" && !strings.HasPrefix(name, "decisions/") &&
			!strings.Contains(string(index), "("+name+")") {
			t.Errorf("the index does not name %s", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
