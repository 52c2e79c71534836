package logging

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Limits of the log files: parley.log and the ones before it, parley.log.1 being the newest.
const (
	FileName = "parley.log"
	maxFile  = 1 << 20 // bytes
	maxFiles = 5       // with the one that is written
)

// File is a log file that begins anew when it has grown, keeping some older ones. Write may be called from any goroutine.
type File struct {
	folder string
	limit  int64

	mu      sync.Mutex
	file    *os.File // nil: closed, or it could not be opened again after it was full
	written int64
	closed  bool
}

// OpenFile goes on with the log in folder.
func OpenFile(folder string) (*File, error) {
	f := &File{folder: folder, limit: maxFile}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f, f.open()
}

func (f *File) path(n int) string {
	if n == 0 {
		return filepath.Join(f.folder, FileName)
	}
	return filepath.Join(f.folder, fmt.Sprintf("%s.%d", FileName, n))
}

func (f *File) open() error {
	file, err := os.OpenFile(f.path(0), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("log file: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("log file: %w", err), file.Close())
	}
	f.file, f.written = file, info.Size()
	return nil
}

// Write implements io.Writer: a line is never split between two files.
func (f *File) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0, os.ErrClosed
	}
	var failed error
	switch {
	case f.file == nil: // a disk that was full, say, may have room again
		failed = f.open()
	case f.written > 0 && f.written+int64(len(line)) > f.limit:
		failed = f.rotate()
	}
	if f.file == nil {
		return 0, failed
	}
	n, err := f.file.Write(line)
	f.written += int64(n)
	return n, err
}

// rotate begins a new file. Where the old ones cannot be moved it goes on with the one there is.
func (f *File) rotate() error {
	moved := f.movedByOthers()
	err := f.file.Close()
	f.file = nil
	if moved {
		return errors.Join(err, f.open())
	}
	for n := maxFiles - 1; n > 0; n-- { // the oldest is overwritten
		if moving := os.Rename(f.path(n-1), f.path(n)); moving != nil && !errors.Is(moving, os.ErrNotExist) {
			err = errors.Join(err, moving)
		}
	}
	opened := f.open()
	if err != nil {
		f.written = 0 // it could not be moved: that is tried again once as much has been written, not for each line
	}
	return errors.Join(err, opened)
}

// movedByOthers tells whether another process, the demo beside the window, say, has begun the log anew: to do it again would
// push out an old file for nothing.
func (f *File) movedByOthers() bool {
	ours, err := f.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(f.path(0))
	return err == nil && !os.SameFile(ours, there)
}

// Close ends the log.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

// Read copies all log files to out, oldest first.
func (f *File) Read(out io.Writer) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := maxFiles - 1; n >= 0; n-- {
		file, err := os.Open(f.path(n))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = io.Copy(out, io.LimitReader(file, 2*maxFile))
		if err = errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	return nil
}
