package text

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/assets"
)

// words reads a translation file: each key with its plural forms ("" for a plain one).
func words(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	data, err := assets.Translations.ReadFile("translations/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for key, value := range raw {
		var one string
		if json.Unmarshal(value, &one) == nil {
			out[key] = map[string]string{"": one}
			continue
		}
		forms := map[string]string{}
		if err := json.Unmarshal(value, &forms); err != nil {
			t.Fatalf("%s: %s: %v", lang, key, err)
		}
		out[key] = forms
	}
	return out
}

var place = regexp.MustCompile(`{{\.(\w+)}}`)

func places(s string) []string {
	found := place.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestBothLanguagesHaveTheSameKeysAndPlaces(t *testing.T) {
	en, ru := words(t, "en"), words(t, "ru")
	for key, forms := range en {
		other, ok := ru[key]
		if !ok {
			t.Errorf("%s has no Russian words", key)
			continue
		}
		if _, plural := forms["other"]; plural {
			for _, form := range []string{"one", "other"} {
				if forms[form] == "" {
					t.Errorf("%s: English form %q is missing", key, form)
				}
			}
			for _, form := range []string{"one", "few", "many", "other"} {
				if other[form] == "" {
					t.Errorf("%s: Russian form %q is missing", key, form)
				}
			}
		}
		var want []string
		for _, s := range forms {
			want = places(s)
		}
		for form, s := range other {
			if got := places(s); !slices.Equal(got, want) {
				t.Errorf("%s %s: Russian fills %v, English %v", key, form, got, want)
			}
			if strings.TrimSpace(s) == "" {
				t.Errorf("%s: empty Russian words", key)
			}
		}
	}
	for key := range ru {
		if _, ok := en[key]; !ok {
			t.Errorf("%s has no English words", key)
		}
	}
}

// literal is a string in the code of the window.
type literal struct {
	value string
	at    token.Position
	key   bool // argument of T or N
}

// literals of all code that shows text.
func literals(t *testing.T) []literal {
	t.Helper()
	var out []literal
	files := token.NewFileSet()
	for _, root := range []string{"..", "../../app/window"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
				strings.Contains(path, "gallery") || strings.Contains(path, "golden") {
				return err
			}
			f, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			out = append(out, inFile(files, f)...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 100 {
		t.Fatalf("only %d texts found in the code: the test looks in the wrong place", len(out))
	}
	return out
}

func inFile(files *token.FileSet, f *ast.File) []literal {
	var out []literal
	keys := map[*ast.BasicLit]bool{}
	quiet := map[*ast.BasicLit]bool{} // not for people: errors, logs, tags, imports
	ast.Inspect(f, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			if x.Tag != nil {
				quiet[x.Tag] = true
			}
		case *ast.CallExpr:
			s, ok := x.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			owner, _ := s.X.(*ast.Ident)
			switch {
			case owner != nil && owner.Name == "text" && (s.Sel.Name == "T" || s.Sel.Name == "N"):
				if l, ok := x.Args[0].(*ast.BasicLit); ok {
					keys[l] = true
				}
			case owner != nil && (owner.Name == "fmt" || owner.Name == "errors"), s.Sel.Name == "Warn", s.Sel.Name == "Info",
				s.Sel.Name == "Debug", s.Sel.Name == "Error":
				for _, a := range x.Args {
					if l, ok := a.(*ast.BasicLit); ok {
						quiet[l] = true
					}
				}
			}
		case *ast.BasicLit:
			if x.Kind == token.STRING && !quiet[x] {
				v, err := strconv.Unquote(x.Value)
				if err == nil {
					out = append(out, literal{v, files.Position(x.Pos()), keys[x]})
				}
			}
		}
		return true
	})
	return out
}

func TestEveryKeyInTheCodeHasWordsAndEveryKeyIsUsed(t *testing.T) {
	known := words(t, "en")
	used := map[string]bool{}
	for _, l := range literals(t) {
		used[l.value] = true
		if _, ok := known[l.value]; l.key && !ok {
			t.Errorf("%s: no words for %q", l.at, l.value)
		}
	}
	for key := range known {
		if !used[key] {
			t.Errorf("%s is used nowhere", key)
		}
	}
}

// forPeople is what looks like words: two words in a row, or one that begins with a capital letter.
var forPeople = regexp.MustCompile(`\p{L}{2,} +\p{L}{2,}|^\p{Lu}\p{Ll}{2,}[.!?…:]?$|\p{Cyrillic}`)

// notShown are texts that look like words and are none: shader code, names of renderers and fields of templates and types,
// and what is printed on keys.
var notShown = regexp.MustCompile(`gl_FragColor|^#version|^precision|^#else|^microsoft basic render$|^gdi generic$|^(Ctrl|Alt|Shift)$|^Content$`)

// fields of words: the names of places in translations.
func TestNoWordsOutsideTheTranslations(t *testing.T) {
	fields := map[string]bool{}
	for _, forms := range words(t, "en") {
		for _, s := range forms {
			for _, p := range place.FindAllStringSubmatch(s, -1) {
				fields[p[1]] = true
			}
		}
	}
	for _, l := range literals(t) {
		if !l.key && !fields[l.value] && forPeople.MatchString(l.value) && !notShown.MatchString(l.value) {
			t.Errorf("%s: %q is not in the translations", l.at, l.value)
		}
	}
}
