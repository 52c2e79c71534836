package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"parley/app/logging"
)

const (
	crashPattern = "crash-*.txt"
	maxCrash     = 256 << 10 // bytes of a crash that are shown
	crashEnd     = "\n---\n" // between what we write at start and what the runtime writes in a crash
	keptCrashes  = 5
)

// CrashFile is where the Go runtime writes when this process panics or dies of a fatal signal: it does so itself, in
// whichever goroutine it happens, so no code of ours has to run then.
type CrashFile struct{ path string }

// WatchCrashes makes the crash file of this process in folder. Close it at a regular end.
func WatchCrashes(folder, version string) (*CrashFile, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("crash file: %w", err)
	}
	now := time.Now()
	path := filepath.Join(folder, fmt.Sprintf("crash-%s-%d.txt", now.UTC().Format("20060102T150405"), os.Getpid()))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("crash file: %w", err)
	}
	_, err = fmt.Fprintf(file, "Parley %s, %s/%s, %s, started %s%s", version, runtime.GOOS, runtime.GOARCH, runtime.Version(),
		now.Format(time.RFC3339), crashEnd)
	if err == nil {
		err = debug.SetCrashOutput(file, debug.CrashOptions{}) // it keeps a copy of the file's descriptor
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("crash file: %w", err), os.Remove(path))
	}
	return &CrashFile{path}, nil
}

// Close ends the watch. A file in which nothing was written goes away.
func (c *CrashFile) Close() error {
	if c == nil {
		return nil
	}
	err := debug.SetCrashOutput(nil, debug.CrashOptions{})
	if text, reading := os.ReadFile(c.path); reading == nil && !crashed(text) {
		err = errors.Join(err, os.Remove(c.path))
	}
	return err
}

func crashed(text []byte) bool {
	_, after, found := bytes.Cut(text, []byte(crashEnd))
	return found && len(bytes.TrimSpace(after)) > 0
}

// Crash is what an earlier run left behind.
type Crash struct {
	path string
	Text string // without what looks like a secret
}

// LastCrash is the newest crash in folder that nobody has dealt with yet, nil for none. Older ones beyond a few are
// removed.
func LastCrash(folder string) (*Crash, error) {
	paths, err := filepath.Glob(filepath.Join(folder, crashPattern))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths) // by time: it is in the name
	slices.Reverse(paths)
	var newest *Crash
	found := 0
	for _, path := range paths {
		text, err := readStart(path)
		if err != nil || !crashed(text) { // of a process that runs, or was killed
			continue
		}
		if found++; found > keptCrashes {
			_ = os.Remove(path) // no harm when it stays
		}
		if newest == nil {
			newest = &Crash{path, logging.Clean(string(text))}
		}
	}
	return newest, nil
}

func readStart(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxCrash))
}

// Forget removes the crash: it has been seen.
func (c *Crash) Forget() error { return os.Remove(c.path) }
