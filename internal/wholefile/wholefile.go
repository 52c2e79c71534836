// Package wholefile puts files in place whole or not at all.
package wholefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Write puts a file in place, readable by this user only, and makes its folder. Whatever happens meanwhile, be it a power
// cut, the path leads to the old content or to the new.
func Write(path string, data []byte) error {
	if err := write(path, data); err != nil {
		return fmt.Errorf("keep %s: %w", filepath.Base(path), err)
	}
	return nil
}

func write(path string, data []byte) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(folder, ".draft-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name()) // of one that was put in place there is none
	_, err = draft.Write(data)
	// Not synced, an empty file could take the old one's place.
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), path)
}
