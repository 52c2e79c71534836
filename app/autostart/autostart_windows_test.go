package autostart

import (
	"os"
	"testing"

	"golang.org/x/sys/windows/registry"
)

func TestTheEntryComesAndGoes(t *testing.T) {
	entry := func() string {
		key, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
		if err != nil {
			t.Fatal(err)
		}
		defer key.Close()
		value, _, err := key.GetStringValue(identity)
		if err != nil && err != registry.ErrNotExist {
			t.Fatal(err)
		}
		return value
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Set(true); err != nil {
			t.Fatal(err)
		}
	}
	if got := entry(); got != `"`+program+`"` {
		t.Errorf("Windows starts %s", got)
	}
	for range 2 {
		if err := Set(false); err != nil {
			t.Fatal(err)
		}
	}
	if got := entry(); got != "" {
		t.Errorf("%s stays", got)
	}
}
