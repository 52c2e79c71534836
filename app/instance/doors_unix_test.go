//go:build unix

package instance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// usual is the kind that systemDoor makes.
const usual = "socket"

func doorsIn(folder string) map[string]func() door {
	return map[string]func() door{
		"socket": func() door { return &unixDoor{folder: folder, name: "instance"} },
		"port":   func() door { return &portDoor{file: filepath.Join(folder, "instance.json")} },
	}
}

func TestOneOfManyStartsWins(t *testing.T) {
	open := doors(t)["socket"]
	var won []*Instance
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			i, err := acquire(context.Background(), open(), "x")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won = append(won, i)
			case !errors.Is(err, ErrRunning):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Fatalf("%d run", len(won))
	}
	for range 7 {
		take(t, won[0])
	}
	mustClose(t, won[0])
}

func TestOnlyThisUserCanOpenTheDoor(t *testing.T) {
	folder := t.TempDir()
	for _, open := range doorsIn(folder) {
		d := open()
		i, err := acquire(t.Context(), d, "")
		if err != nil {
			t.Fatal(err)
		}
		defer mustClose(t, i)
	}
	for _, name := range []string{"instance.sock", "instance.lock", "instance.json"} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestTheFolderMustBeOurs(t *testing.T) {
	base := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", base)
	folder, err := runtimeFolder()
	if err != nil || folder != filepath.Join(base, "parley") {
		t.Fatalf("%q, %v", folder, err)
	}
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := runtimeFolder(); err == nil {
		t.Error("a folder that others can write was taken")
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(t.TempDir(), folder); err != nil {
		t.Fatal(err)
	}
	if _, err := runtimeFolder(); err == nil {
		t.Error("a link to another folder was taken")
	}
}
