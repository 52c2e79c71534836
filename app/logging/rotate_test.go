package logging

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesRotate(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "logs")
	f, err := OpenFile(folder)
	if err != nil {
		t.Fatal(err)
	}
	f.limit = 100
	for i := range 40 {
		if _, err := fmt.Fprintf(f, "line %02d %s\n", i, strings.Repeat("x", 20)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != maxFiles {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil || info.Size() > 100 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %d bytes, mode %v, %v", file.Name(), info.Size(), info.Mode(), err)
		}
	}
	var all bytes.Buffer
	if err := f.Read(&all); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(all.String()), "\n")
	for i, line := range lines { // the newest ones, in order, each whole
		if want := fmt.Sprintf("line %02d %s", 40-len(lines)+i, strings.Repeat("x", 20)); line != want {
			t.Errorf("line %d: %q, want %q", i, line, want)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("late")); err == nil {
		t.Error("a closed log was written")
	}
}

func TestLogGoesOnWhereItWas(t *testing.T) {
	folder := t.TempDir()
	for _, line := range []string{"first\n", "second\n"} {
		f, err := OpenFile(folder)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, FileName))
	if err != nil || string(text) != "first\nsecond\n" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestBothLogsKeepSecretsOut(t *testing.T) {
	var terminal, file bytes.Buffer
	log, err := Both(&terminal, "warn", &file)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("quiet", "password", "sEcReT")
	log.With("token", "sEcReT").WithGroup("g").Warn("loud", "user", "1001")
	if got := terminal.String(); strings.Contains(got, "quiet") || !strings.Contains(got, "loud") {
		t.Errorf("terminal: %q", got)
	}
	if got := file.String(); !strings.Contains(got, "quiet") || !strings.Contains(got, "g.user=1001") {
		t.Errorf("file: %q", got)
	}
	if all := terminal.String() + file.String(); strings.Contains(all, "sEcReT") {
		t.Error(all)
	}
}
