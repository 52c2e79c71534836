// Package config keeps what belongs to this installation in the user's configuration folder.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/google/uuid"
)

// Folder returns Parley's configuration folder: PARLEY_CONFIG if that is set, else the system's place for it. It need
// not exist yet.
func Folder() (string, error) {
	if folder := os.Getenv("PARLEY_CONFIG"); folder != "" {
		return folder, nil
	}
	base, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the configuration folder: %w", err)
	}
	return filepath.Join(base, "parley"), nil
}

// InstanceID returns the UUID of this installation (RFC 5626 4.1: it survives restarts). The first call makes it. Where
// the folder cannot be written, it returns an ID for this run together with the error.
func InstanceID(folder string) (string, error) {
	path := filepath.Join(folder, "instance")
	id, err := readID(path)
	if err == nil {
		return id, nil
	}
	fresh := uuid.NewString()
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNoID) {
		return fresh, err
	}
	if errors.Is(err, errNoID) { // a file cut short by a full disk, say: better replaced than kept
		if err := os.Remove(path); err != nil {
			return fresh, fmt.Errorf("replace the damaged instance id: %w", err)
		}
	}
	if err := writeID(folder, path, fresh); err != nil {
		return fresh, err
	}
	// Another process may have been quicker; what is in the file is what holds.
	id, err = readID(path)
	if err != nil {
		return fresh, err
	}
	return id, nil
}

var errNoID = errors.New("no UUID in the file")

func readID(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the instance id: %w", err)
	}
	id, err := uuid.Parse(strings.TrimSpace(string(text)))
	if err != nil {
		return "", fmt.Errorf("read the instance id from %s: %w", path, errNoID)
	}
	return id.String(), nil
}

// writeID puts the file in place whole or not at all, and leaves one that is there already alone.
func writeID(folder, path, id string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the configuration folder: %w", err)
	}
	draft, err := os.CreateTemp(folder, ".instance-*")
	if err != nil {
		return fmt.Errorf("keep the instance id: %w", err)
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(id + "\n")
	if err := errors.Join(err, draft.Close()); err != nil {
		return fmt.Errorf("keep the instance id: %w", err)
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keep the instance id: %w", err)
	}
	return nil
}

// StateFolder returns the folder for logs and crash reports: below PARLEY_CONFIG if that is set, else the system's place
// for it. It need not exist yet.
func StateFolder() (string, error) {
	if folder := os.Getenv("PARLEY_CONFIG"); folder != "" {
		return filepath.Join(folder, "state"), nil
	}
	if folder := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(folder) && runtime.GOOS == "linux" {
		return filepath.Join(folder, "parley"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the folder for logs: %w", err)
	}
	switch runtime.GOOS {
	case "windows":
		cache, err := os.UserCacheDir() // %LocalAppData%
		if err != nil {
			return "", fmt.Errorf("find the folder for logs: %w", err)
		}
		return filepath.Join(cache, "parley", "logs"), nil
	case "darwin":
		return filepath.Join(home, "Library", "Logs", "Parley"), nil
	}
	return filepath.Join(home, ".local", "state", "parley"), nil
}

// Downloads returns the folder where a person looks for files that were saved: the downloads in the home folder, where
// there are any, else the home folder.
func Downloads() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return os.TempDir()
	}
	downloads := filepath.Join(home, "Downloads")
	if info, err := os.Stat(downloads); err == nil && info.IsDir() {
		return downloads
	}
	return home
}
