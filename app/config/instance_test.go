package config

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/uuid"
)

func TestInstanceIDIsStable(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "parley")
	first, err := InstanceID(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := uuid.Parse(first); err != nil {
		t.Fatalf("%q: %v", first, err)
	}
	again, err := InstanceID(folder)
	if err != nil || again != first {
		t.Errorf("second call: %q, %v; want %q", again, err, first)
	}
}

func TestInstanceIDIsOneForAllWhoStartTogether(t *testing.T) {
	folder := t.TempDir()
	ids := make([]string, 8)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			id, err := InstanceID(folder)
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	group.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("different ids: %v", ids)
			break
		}
	}
}

func TestInstanceIDReplacesADamagedFile(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "instance"), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := InstanceID(folder)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := InstanceID(folder); err != nil || again != first {
		t.Errorf("after repair: %q, %v; want %q", again, err, first)
	}
}

func TestInstanceIDWithoutAFolderStillServesThisRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	id, err := InstanceID(filepath.Join(file, "parley"))
	if err == nil {
		t.Error("no error although the folder cannot be made")
	}
	if _, parseErr := uuid.Parse(id); parseErr != nil {
		t.Errorf("%q: %v", id, parseErr)
	}
}
