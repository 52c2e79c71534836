// Package autostart has the program started when a person signs in to the computer: an XDG autostart entry, a LaunchAgent
// on macOS, a value of the registry's Run key on Windows. Each belongs to the user; no rights are needed.
package autostart

import (
	"fmt"
	"os"
	"path/filepath"
)

// identity is the entry's name on every system.
const identity = "app.parley.desktop"

// Set makes or removes the entry of the program that runs.
func Set(on bool) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start with the system: %w", err)
	}
	if on {
		err = enable(program)
	} else {
		err = disable()
	}
	if err != nil {
		return fmt.Errorf("start with the system: %w", err)
	}
	return nil
}

// writeEntry puts a file in place, making its folder.
func writeEntry(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}

// removeEntry takes a file away; one that is not there is away.
func removeEntry(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}
