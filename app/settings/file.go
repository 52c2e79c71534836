// Package settings keeps what outlives a run: the settings in a TOML file, calls and contacts in a small file beside it,
// passwords in the system's keyring and nowhere else.
//
// All types may be used from any goroutine.
package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"parley/internal/wholefile"
	"parley/views/kept"
)

// fileName of the settings in the user's folder.
const fileName = "settings.toml"

// maxBytes of a file that is read: what a person writes is far less.
const maxBytes = 4 << 20

// Errors that Open tells beside a usable File.
var (
	// ErrSetAside: a file could not be understood and was renamed; what it said does not count.
	ErrSetAside = errors.New("damaged file set aside")
	// ErrCorrected: some values could not be and were replaced.
	ErrCorrected = errors.New("impossible values replaced")
	// ErrAdministrator: the administrator's file could not be read.
	ErrAdministrator = errors.New("administrator's settings not read")
)

// File is the settings file. Keys that this version does not know stay in it; comments do not.
//
// Three layers make a setting: the defaults, the administrator's file over them, the user's over both. A setting that is
// as the layers below have it is not written, so that a new default or preset counts.
type File struct {
	path   string // "" keeps in memory only
	stands error  // why the file cannot be read nor set aside, and so is not written

	writing sync.Mutex    // held over a change with its file: reading waits for no disk
	mu      sync.Mutex    // of current
	base    kept.Settings // defaults and the administrator's
	current kept.Settings
	locks   kept.Locks
	raw     map[string]any // the user's file as it was read
}

// Open reads the settings in folder and the administrator's file; empty paths stand for none. The File is usable even when
// there is an error.
func Open(folder, administrator string) (*File, error) {
	f := &File{base: kept.Defaults(), locks: kept.Locks{}, raw: map[string]any{}}
	adminErr := f.readAdministrator(administrator)
	f.current = f.base
	if folder == "" {
		return f, adminErr
	}
	f.path = filepath.Join(folder, fileName)
	return f, errors.Join(adminErr, f.readUser(administrator))
}

// administrators is the administrator's file: settings, and which of them are fixed.
type administrators struct {
	kept.Settings
	Locked []string `toml:"locked"`
}

func (f *File) readAdministrator(path string) error {
	if path == "" {
		return nil
	}
	data, err := readLimited(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	a := administrators{Settings: kept.Defaults()}
	if err == nil {
		_, err = toml.Decode(string(data), &a)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAdministrator, err)
	}
	wrong := a.Settings.Correct(kept.Defaults())
	f.base = a.Settings
	f.base.Version = kept.Version
	for _, key := range a.Locked {
		f.locks[key] = true
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%w: %s: %w: %s", ErrAdministrator, path, ErrCorrected, strings.Join(wrong, ", "))
	}
	return nil
}

func (f *File) readUser(administrator string) error {
	data, err := readLimited(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	raw := map[string]any{}
	var current kept.Settings
	if err == nil {
		current, err = f.layers(string(data))
	}
	if err == nil {
		_, err = toml.Decode(string(data), &raw)
	}
	if err != nil {
		if err = setAside(f.path, err); !errors.Is(err, ErrSetAside) {
			f.stands = err
		}
		return err
	}
	wrong := current.Correct(f.base)
	f.raw, f.current = raw, current
	f.enforce()
	if len(wrong) > 0 {
		return fmt.Errorf("%w: %s", ErrCorrected, strings.Join(wrong, ", "))
	}
	return nil
}

// layers decodes the user's file over the others. It begins with a deep copy: decoding writes into slices and maps.
func (f *File) layers(user string) (kept.Settings, error) {
	s := clone(f.base)
	_, err := toml.Decode(user, &s)
	return s, err
}

// clone copies the slices and maps, too.
func clone(s kept.Settings) kept.Settings {
	s.PreferredCodecs, s.ExcludedCodecs = slices.Clone(s.PreferredCodecs), slices.Clone(s.ExcludedCodecs)
	s.ICEServers = slices.Clone(s.ICEServers)
	s.Trusted, s.Shortcuts = maps.Clone(s.Trusted), maps.Clone(s.Shortcuts)
	return s
}

// enforce gives locked settings the administrator's values.
func (f *File) enforce() {
	each(&f.current, &f.base, func(l leaf) {
		if f.locks.Has(l.key) {
			l.value.Set(l.base)
		}
	})
}

// Settings as they are now.
func (f *File) Settings() kept.Settings {
	f.mu.Lock()
	defer f.mu.Unlock()
	return clone(f.current)
}

// Locks are the settings an administrator has fixed.
func (f *File) Locks() kept.Locks { return f.locks }

// Change edits the settings and writes them, whole or not at all. Locked ones stay; impossible values are not taken.
func (f *File) Change(edit func(*kept.Settings)) error {
	f.writing.Lock()
	defer f.writing.Unlock()
	next := f.Settings()
	edit(&next)
	f.mu.Lock()
	next.Correct(f.current)
	f.current = next
	f.enforce()
	f.mu.Unlock()
	if f.path == "" || f.stands != nil {
		return f.stands
	}
	f.overlay()
	var out bytes.Buffer
	encoder := toml.NewEncoder(&out)
	encoder.Indent = ""
	if err := encoder.Encode(f.raw); err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	return wholefile.Write(f.path, out.Bytes())
}

// overlay brings the raw file up to date: what differs from the layers below, and what it said already.
func (f *File) overlay() {
	each(&f.current, &f.base, func(l leaf) {
		if f.locks.Has(l.key) {
			return
		}
		if l.same() && l.key != "version" {
			remove(f.raw, l.key)
			return
		}
		put(f.raw, l.key, l.value.Interface())
	})
}
