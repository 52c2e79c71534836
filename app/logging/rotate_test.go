package logging

import (
	"bytes"
	"errors"
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

// A log that could not begin anew goes on as soon as it can: the line that finds it closed opens it.
func TestALogThatCouldNotBeginAnewGoesOnLater(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "logs")
	f, err := OpenFile(folder)
	if err != nil {
		t.Fatal(err)
	}
	f.limit = 10
	if _, err := f.Write([]byte("123456789\n")); err != nil {
		t.Fatal(err)
	}
	away := folder + ".away"
	if err := os.Rename(folder, away); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := f.Write([]byte("lost\n")); err == nil {
			t.Fatal("written to a file that cannot be opened")
		}
	}
	if err := os.Rename(away, folder); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("again\n")); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("late\n")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed log was written: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(folder, FileName))
	if err != nil || !strings.HasSuffix(string(text), "again\n") {
		t.Errorf("%q, %v", text, err)
	}
}

// Two processes share a log: the second to find its file full takes the new one that the first has begun.
func TestTwoProcessesBeginTheLogAnewOnce(t *testing.T) {
	folder := t.TempDir()
	var both [2]*File
	for i := range both {
		f, err := OpenFile(folder)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		f.limit, both[i] = 20, f
	}
	for _, line := range []string{"one 123456789\n", "two 123456789\n"} {
		for _, f := range both {
			if _, err := f.Write([]byte(line)); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 2 {
		t.Errorf("%d files, want the full one and the new one; %v", len(files), err)
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
