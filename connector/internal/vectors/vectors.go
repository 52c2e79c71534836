// Package vectors reads the conformance vectors: facts about the reference's behaviour, which tests replay.
//
// They are read from the folder in the environment variable PARLEY_VECTORS, by default the project's own copy.
package vectors

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// Case is one decoded case.
type Case map[string]any

// ID of the case: file#index.
func (c Case) ID() string { s, _ := c["id"].(string); return s }

// Kind of the case: its kind, else the function it is about.
func (c Case) Kind() string {
	if s, ok := c["kind"].(string); ok {
		return s
	}
	s, _ := c["fn"].(string)
	return s
}

// File is one file of vectors.
type File struct {
	Meta  map[string]any
	Cases []Case
}

// Folder the vectors are read from.
func Folder() string {
	if folder := os.Getenv("PARLEY_VECTORS"); folder != "" {
		return folder
	}
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "..", "..", "testdata", "vectors")
}

// Load reads one file, named without its extension.
func Load(t *testing.T, name string) File {
	t.Helper()
	f, err := os.Open(filepath.Join(Folder(), name+".json.gz"))
	if errors.Is(err, os.ErrNotExist) && os.Getenv("PARLEY_VECTORS") != "" {
		t.Skipf("%s is not in %s", name, Folder()) // a folder of another choice may hold some of the files only
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var file File
	if err := json.NewDecoder(z).Decode(&file); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return file
}

// Run replays every case of a file. A kind that handlers does not have fails. A handler returns what differs, "" when
// nothing does. A case that Excuses names is replayed with what is right in place of what the reference does; it counts as
// excused when that is something else.
func Run(t *testing.T, name string, handlers map[string]func(t *testing.T, c Case) string) {
	t.Helper()
	file := Load(t, name)
	passed, excused, failed := 0, 0, 0
	for _, c := range file.Cases {
		handler, known := handlers[c.Kind()]
		if family, _, parametric := strings.Cut(c.Kind(), "("); !known && parametric {
			handler, known = handlers[family]
		}
		if !known {
			t.Errorf("%s: unknown kind %q", c.ID(), c.Kind())
			failed++
			continue
		}
		expected := c
		if excuse := ExcuseFor(name, c); excuse != nil {
			expected = clone(c).(Case)
			excuse.Right(expected)
		}
		switch diff := handler(t, expected); {
		case diff != "":
			failed++
			if failed <= 12 {
				t.Errorf("%s: %s", c.ID(), diff)
			}
		case reflect.DeepEqual(expected, c):
			passed++
		default:
			excused++
		}
	}
	t.Logf("%s: %d cases, %d passed, %d excused, %d failed", name, len(file.Cases), passed, excused, failed)
	if len(file.Cases) == 0 {
		t.Errorf("%s: no cases", name)
	}
}

// Decode turns a decoded JSON value into a typed one.
func Decode[T any](value any) T {
	var out T
	raw, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("vector value %v: %v", value, err))
	}
	return out
}

// Plain turns a Go value into what JSON would decode to.
func Plain(value any) any {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("cannot encode: %v", err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		return err.Error()
	}
	return out
}

// Diff compares after Plain and after dropping null members of objects (null means absent). "" when equal.
func Diff(what string, got, want any) string {
	g, w := drop(Plain(got)), drop(Plain(want))
	if reflect.DeepEqual(g, w) {
		return ""
	}
	a, _ := json.Marshal(g)
	b, _ := json.Marshal(w)
	return fmt.Sprintf("%s: got %s, want %s", what, a, b)
}

// First returns the first non-empty difference.
func First(diffs ...string) string {
	for _, d := range diffs {
		if d != "" {
			return d
		}
	}
	return ""
}

func drop(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if e != nil {
				out[k] = drop(e)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = drop(e)
		}
		return out
	case float64:
		if math.Abs(v-math.Round(v)) < 1e-9 {
			return math.Round(v)
		}
		return v
	}
	return value
}
