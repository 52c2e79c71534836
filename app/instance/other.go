//go:build !unix

package instance

import (
	"os"
	"path/filepath"
)

// systemDoor is a port on the loopback interface, described by a file in the user's own folder.
func systemDoor(name string) (door, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(base, "parley")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return &portDoor{file: filepath.Join(folder, name+".json")}, nil
}
