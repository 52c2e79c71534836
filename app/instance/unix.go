//go:build unix

package instance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// systemDoor is a Unix socket in the user's runtime folder.
func systemDoor(name string) (door, error) {
	folder, err := runtimeFolder()
	if err != nil {
		return nil, err
	}
	return &unixDoor{folder: folder, name: name}, nil
}

// runtimeFolder is parley's folder in XDG_RUNTIME_DIR or, without it, in the folder for temporary files: there others may
// have made one of that name, so it must be a folder of ours that nobody else can write.
func runtimeFolder() (string, error) {
	folder := filepath.Join(os.TempDir(), "parley-"+strconv.Itoa(os.Getuid()))
	if base := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(base) {
		folder = filepath.Join(base, "parley")
	}
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return "", err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || !ok || int(owner.Uid) != os.Getuid() {
		return "", fmt.Errorf("%s is not a folder of this user alone", folder)
	}
	return folder, nil
}

// unixDoor is held by a lock on a file: the system gives it up when the process ends, however it ends.
type unixDoor struct {
	folder, name string
	lock         *os.File
}

func (d *unixDoor) socket() string { return filepath.Join(d.folder, d.name+".sock") }

func (d *unixDoor) listen() (net.Listener, error) {
	lock, err := os.OpenFile(filepath.Join(d.folder, d.name+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		closing := lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrRunning
		}
		return nil, errors.Join(err, closing)
	}
	// We hold the lock: a socket that is there is one of a process that did not end as it should.
	if err := os.Remove(d.socket()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(err, lock.Close())
	}
	listener, err := net.Listen("unix", d.socket())
	if err == nil {
		err = os.Chmod(d.socket(), 0o600)
	}
	if err != nil {
		if listener != nil {
			err = errors.Join(err, listener.Close())
		}
		return nil, errors.Join(err, lock.Close())
	}
	d.lock = lock
	return listener, nil
}

func (d *unixDoor) dial(ctx context.Context) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", d.socket())
}

func (d *unixDoor) token() string { return "" }

func (d *unixDoor) close() error { return d.lock.Close() }
