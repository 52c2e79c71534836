package settings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/views/kept"
)

func openBook(t *testing.T, folder string) *Book {
	t.Helper()
	b, err := OpenBook(folder)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBookKeepsNewestCallsAndServers(t *testing.T) {
	folder := t.TempDir()
	b := openBook(t, folder)
	for i := range keptCalls + 5 {
		if err := b.AddCall(kept.Recent{Number: fmt.Sprint(i), Length: time.Second}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []string{"a", "b", "A"} {
		if err := b.UsedServer(s); err != nil {
			t.Fatal(err)
		}
	}
	b = openBook(t, folder)
	calls := b.Calls()
	if len(calls) != keptCalls || calls[0].Number != fmt.Sprint(keptCalls+4) || calls[0].Length != time.Second {
		t.Errorf("%d calls, first %+v", len(calls), calls[0])
	}
	if got := b.Servers(); !slices.Equal(got, []string{"A", "b"}) {
		t.Errorf("servers %v", got)
	}
	if err := b.ClearCalls(); err != nil || len(openBook(t, folder).Calls()) != 0 {
		t.Errorf("after clearing: %v", err)
	}
}

func TestContacts(t *testing.T) {
	folder := t.TempDir()
	b := openBook(t, folder)
	save := func(old, name, number string, want error) {
		t.Helper()
		if err := b.SaveContact(old, kept.Contact{Name: name, Number: number}); !errors.Is(err, want) {
			t.Errorf("%q %q: %v, want %v", name, number, err, want)
		}
	}
	save("", " Боб ", " 2 ", nil)
	save("", "ann", "1", nil)
	save("", "", "3", nil)
	save("", "Nobody", " ", ErrContactNumber)
	save("", "Twin", "1", ErrContactTaken)
	save("1", "Ann", "2", ErrContactTaken) // and nothing is lost
	save("1", "Ann", "11", nil)
	if err := b.DeleteContact("3"); err != nil {
		t.Fatal(err)
	}
	want := []kept.Contact{{Name: "Ann", Number: "11"}, {Name: "Боб", Number: "2"}}
	if diff := cmp.Diff(want, openBook(t, folder).Contacts()); diff != "" {
		t.Error(diff)
	}
}

func TestABrokenBookIsSetAside(t *testing.T) {
	folder := t.TempDir()
	path := write(t, filepath.Join(folder, bookName), "{")
	b, err := OpenBook(folder)
	if !errors.Is(err, ErrSetAside) {
		t.Errorf("error %v", err)
	}
	if err := b.AddCall(kept.Recent{}); err != nil || read(t, path+".damaged") != "{" {
		t.Errorf("%v", err)
	}
}

func TestWhatTheFirstVersionsKeptIsTakenOverOnce(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, legacyName), `{"version":1,"settings":{"Language":"ru","Theme":"dark","Camera":"c"},
		"servers":["meet.test"],"trusted":{"meet.test:443":"AA"},"calls":[{"Number":"7","Begun":"2026-01-02T03:04:05Z"}],
		"name":"Ann","guest":false,"user":"1001"}`)
	f, b := open(t, folder, ""), openBook(t, folder)
	if err := Migrate(folder, f, b); err != nil {
		t.Fatal(err)
	}
	change(t, f, func(s *kept.Settings) { s.Theme = "light" })
	if err := Migrate(folder, f, b); err != nil {
		t.Fatal(err)
	}
	s := open(t, folder, "").Settings()
	if s.Language != "ru" || s.Theme != "light" || s.Camera != "c" || s.Name != "Ann" || s.User != "1001" || !s.Remember ||
		s.Guest || s.Trusted["meet.test:443"] != "AA" {
		t.Errorf("settings %+v", s)
	}
	if b = openBook(t, folder); len(b.Calls()) != 1 || !slices.Equal(b.Servers(), []string{"meet.test"}) {
		t.Errorf("calls %v, servers %v", b.Calls(), b.Servers())
	}
}

func TestCallersCannotFillTheBook(t *testing.T) {
	folder := t.TempDir()
	b := openBook(t, folder)
	if err := b.SaveContact("", kept.Contact{Name: "Ann", Number: "1"}); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("\u0001", 1<<18)
	for range keptCalls {
		if err := b.AddCall(kept.Recent{Name: long, Number: long}); err != nil {
			t.Fatal(err)
		}
	}
	if got := openBook(t, folder); len(got.Contacts()) != 1 || len(got.Calls()) != keptCalls {
		t.Errorf("%d contacts, %d calls", len(got.Contacts()), len(got.Calls()))
	}
}

func TestABookThatCannotBeReadIsNotOverwritten(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, bookName)
	if err := os.WriteFile(path, make([]byte, maxBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := OpenBook(folder)
	if !errors.Is(err, ErrSetAside) {
		t.Fatalf("error %v", err)
	}
	if err := b.UsedServer("a"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path + ".damaged"); err != nil || info.Size() != maxBytes+1 {
		t.Errorf("what was there is gone: %v, %v", info, err)
	}
	if got := openBook(t, folder).Servers(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("servers %v", got)
	}
}
