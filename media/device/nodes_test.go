//go:build linux

package device

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestDeviceFilesAreWatched(t *testing.T) {
	folder := t.TempDir()
	stop, done := make(chan struct{}), make(chan struct{})
	signs := make(chan struct{}, 64)
	watch := watchNodes(folder)
	go func() {
		defer close(done)
		watch(func() { signs <- struct{}{} }, stop)
	}()
	defer func() { close(stop); <-done }()
	make := func(name string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// The watch begins at some time on its own goroutine: cameras come until one is noticed.
	for i := 0; ; i++ {
		make("video" + string(rune('a'+i%20)))
		select {
		case <-signs:
		case <-time.After(50 * time.Millisecond):
			if i < 200 {
				continue
			}
			t.Fatal("a camera is not noticed")
		}
		break
	}
	quiet := func() {
		for {
			select {
			case <-signs:
			case <-time.After(200 * time.Millisecond):
				return
			}
		}
	}
	noticed := func(what string) {
		t.Helper()
		select {
		case <-signs:
		case <-time.After(5 * time.Second):
			t.Errorf("%s is not noticed", what)
		}
		quiet()
	}
	quiet()
	make("tty1")
	select {
	case <-signs:
		t.Error("a terminal is no device of ours")
	case <-time.After(200 * time.Millisecond):
	}
	if err := os.Remove(make("video99")); err != nil {
		t.Fatal(err)
	}
	noticed("a camera torn out")
	if err := os.Mkdir(filepath.Join(folder, "snd"), 0o700); err != nil {
		t.Fatal(err)
	}
	noticed("the first sound card")
	make(filepath.Join("snd", "pcmC1D0p"))
	noticed("a sound card")
}
