// Package packaging holds what installers put in place; here its files are checked.
package packaging

import (
	"os"
	"strings"
	"testing"

	"parley/app/cli"
)

// entry reads the keys of a desktop entry (freedesktop.org Desktop Entry Specification).
func entry(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if lines[0] != "[Desktop Entry]" {
		t.Fatalf("begins with %q", lines[0])
	}
	keys := map[string]string{}
	for _, line := range lines[1:] {
		key, value, found := strings.Cut(line, "=")
		if _, twice := keys[key]; !found || twice {
			t.Errorf("line %q", line)
		}
		keys[key] = value
	}
	return keys
}

func TestDesktopEntryOpensLinks(t *testing.T) {
	keys := entry(t, "linux/app.parley.desktop.desktop")
	for _, scheme := range []string{"sip", "sips", "parley"} {
		if !strings.Contains(keys["MimeType"], "x-scheme-handler/"+scheme+";") {
			t.Errorf("does not open %s: links", scheme)
		}
	}
	// What the desktop runs for a link is understood by the program.
	line := strings.ReplaceAll(keys["Exec"], "%u", "parley://meet.example.com/2001")
	parsed, err := cli.Parse(strings.Fields(line)[1:], "", &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	if window, ok := parsed.Command.(*cli.Window); !ok || window.Link != "parley://meet.example.com/2001" {
		t.Errorf("%q is read as %+v", line, parsed.Command)
	}
	if keys["Icon"] == "" || keys["Type"] != "Application" || keys["Name"] == "" {
		t.Errorf("got %v", keys)
	}
}
