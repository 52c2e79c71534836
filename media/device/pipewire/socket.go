//go:build linux && cgo

package pipewire

import (
	"os"

	"golang.org/x/sys/unix"
)

// duplicate makes a descriptor that the library may close.
func duplicate(f *os.File) (int, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	fd := -1
	var failed error
	if err := raw.Control(func(d uintptr) { fd, failed = unix.FcntlInt(d, unix.F_DUPFD_CLOEXEC, 3) }); err != nil {
		return 0, err
	}
	return fd, failed
}
