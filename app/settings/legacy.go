package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"parley/views/kept"
)

// legacyName is the one file that the first versions kept everything in.
const legacyName = "window.json"

type legacy struct {
	Settings struct{ Language, Theme, Camera, Microphone, Speaker string }
	Servers  []string
	Trusted  map[string]string
	Calls    []kept.Recent
	Name     string
	Guest    bool
	User     string
}

// Migrate takes over what the first versions kept, once; the old file is renamed then. Without one it does nothing.
func Migrate(folder string, f *File, b *Book) error {
	if folder == "" {
		return nil
	}
	path := filepath.Join(folder, legacyName)
	data, err := readLimited(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take over old settings: %w", err)
	}
	var old legacy
	if err := json.Unmarshal(data, &old); err != nil {
		return setAside(path, err)
	}
	err = f.Change(func(s *kept.Settings) {
		s.Language, s.Theme = old.Settings.Language, old.Settings.Theme
		s.Camera, s.Microphone, s.Speaker = old.Settings.Camera, old.Settings.Microphone, old.Settings.Speaker
		s.Trusted = old.Trusted
		s.Name, s.User, s.Guest, s.Remember = old.Name, old.User, old.Guest, old.Name != ""
	})
	err = errors.Join(err, b.change(func(p *pages) error {
		if len(p.Servers) == 0 && len(p.Calls) == 0 {
			p.Servers, p.Calls = old.Servers, old.Calls
		}
		return nil
	}))
	if err != nil {
		return fmt.Errorf("take over old settings: %w", err)
	}
	return os.Rename(path, path+".old")
}
