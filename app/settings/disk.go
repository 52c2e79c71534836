package settings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// AdministratorPath is where an administrator's settings are looked for on this system.
func AdministratorPath() string {
	switch runtime.GOOS {
	case "windows":
		if folder := os.Getenv("ProgramData"); folder != "" {
			return filepath.Join(folder, "Parley", fileName)
		}
		return ""
	case "darwin":
		return filepath.Join("/Library/Application Support/Parley", fileName)
	}
	return filepath.Join("/etc/parley", fileName)
}

func readLimited(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", path)
	}
	if info.Size() > maxBytes {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", path, info.Size(), maxBytes)
	}
	return os.ReadFile(path)
}

// setAside renames a file that could not be read or understood and tells why. A file set aside earlier gives way.
// Any other error than ErrSetAside means that the file still stands there: it must not be overwritten.
func setAside(path string, why error) error {
	aside := path + ".damaged"
	if err := os.Rename(path, aside); err != nil {
		return fmt.Errorf("read %s: %w", filepath.Base(path), errors.Join(why, err))
	}
	return fmt.Errorf("%w: %s: %w", ErrSetAside, aside, why)
}
