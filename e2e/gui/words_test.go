package gui

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
)

// data fills the gaps of words.
type data = map[string]any

// words are what the window says in one language, by key.
type words map[string]string

// wordsOf reads a language's words from where the program has them.
func wordsOf(t *testing.T, language string) words {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "assets", "translations", language+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(content, &raw); err != nil {
		t.Fatal(err)
	}
	w := words{}
	for key, value := range raw {
		if s, ok := value.(string); ok {
			w[key] = s
		}
	}
	return w
}

// word is what the window says for a key.
func (s *session) word(key string, gaps ...data) string {
	s.t.Helper()
	said, ok := s.words[key]
	if !ok {
		s.t.Fatalf("no words %q", key)
	}
	if len(gaps) == 0 {
		return said
	}
	filled, err := template.New(key).Parse(said)
	s.must(err)
	var out strings.Builder
	s.must(filled.Execute(&out, gaps[0]))
	return out.String()
}
