//go:build !windows && !darwin

package autostart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheEntryComesAndGoes(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", folder)
	path := filepath.Join(folder, "autostart", "app.parley.desktop.desktop")
	for range 2 {
		if err := Set(true); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	program, _ := os.Executable()
	if err != nil || !strings.Contains(string(text), "Exec=\""+program+"\"\n") || !strings.Contains(string(text), "Type=Application") {
		t.Errorf("%v: %s", err, text)
	}
	for range 2 {
		if err := Set(false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the entry stays: %v", err)
	}
}

func TestPathsAreQuotedForExec(t *testing.T) {
	for path, want := range map[string]string{
		"/opt/par ley": `"/opt/par ley"`, `/a"b`: `"/a\\"b"`, "/a$b": `"/a\\$b"`, "/100%": `"/100%%"`, `/a\b`: `"/a\\\\b"`,
	} {
		if got := quoteExec(path); got != want {
			t.Errorf("%s is written %s, want %s", path, got, want)
		}
	}
}
