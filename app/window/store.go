package window

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"parley/views"
)

// Limits of what is kept.
const (
	keptCalls   = 50
	keptServers = 8
	keptBytes   = 1 << 20
)

// kept is what outlives a run. It holds no secrets.
type kept struct {
	Version  int               `json:"version"`
	Settings views.Settings    `json:"settings"`
	Servers  []string          `json:"servers,omitempty"`
	Trusted  map[string]string `json:"trusted,omitempty"` // server → fingerprint
	Calls    []views.Recent    `json:"calls,omitempty"`
	Name     string            `json:"name,omitempty"`
	Guest    bool              `json:"guest"`
	User     string            `json:"user,omitempty"`
}

// Store keeps what outlives a run in one file, or in memory only. All methods may be called from any goroutine.
type Store struct {
	path string

	mu   sync.Mutex
	kept kept
}

// ErrSetAside means that the file could not be understood and was renamed; the store is empty.
var ErrSetAside = errors.New("damaged file set aside")

// OpenStore reads the file window.json in folder; an empty folder keeps in memory. The store is usable even when there
// is an error.
func OpenStore(folder string) (*Store, error) {
	s := &Store{kept: kept{Version: 1, Guest: true}}
	if folder == "" {
		return s, nil
	}
	s.path = filepath.Join(folder, "window.json")
	data, err := readLimited(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read settings: %w", err)
	}
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		aside := s.path + ".damaged"
		if renameErr := os.Rename(s.path, aside); renameErr != nil {
			return s, fmt.Errorf("read settings: %w", err)
		}
		return s, fmt.Errorf("read settings: %w (%s)", ErrSetAside, aside)
	}
	s.kept = k
	return s, nil
}

func readLimited(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > keptBytes {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", path, info.Size(), keptBytes)
	}
	return os.ReadFile(path)
}

// change edits what is kept and writes it, whole or not at all.
func (s *Store) change(edit func(*kept)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(&s.kept)
	if s.path == "" {
		return nil
	}
	data, err := json.MarshalIndent(s.kept, "", "  ")
	if err != nil {
		return err
	}
	folder := filepath.Dir(s.path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	draft, err := os.CreateTemp(folder, ".window-*")
	if err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(data)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	if err := os.Rename(draft.Name(), s.path); err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	return nil
}

func (s *Store) read() kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.kept
	k.Servers = slices.Clone(k.Servers)
	k.Calls = slices.Clone(k.Calls)
	return k
}

// Trusted is the fingerprint trusted for a server, empty for none.
func (s *Store) Trusted(server string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.Trusted[serverKey(server)]
}

// Trust keeps a fingerprint for a server.
func (s *Store) Trust(server, fingerprint string) error {
	return s.change(func(k *kept) {
		if k.Trusted == nil {
			k.Trusted = map[string]string{}
		}
		k.Trusted[serverKey(server)] = fingerprint
	})
}

// AddCall puts a call at the head of the history.
func (s *Store) AddCall(r views.Recent) error {
	return s.change(func(k *kept) {
		k.Calls = append([]views.Recent{r}, k.Calls...)
		k.Calls = k.Calls[:min(len(k.Calls), keptCalls)]
	})
}

// SignedIn keeps who signed in where.
func (s *Store) SignedIn(form views.SignIn) error {
	return s.change(func(k *kept) {
		k.Servers = slices.DeleteFunc(k.Servers, func(x string) bool { return x == form.Server })
		k.Servers = append([]string{form.Server}, k.Servers...)
		k.Servers = k.Servers[:min(len(k.Servers), keptServers)]
		k.Name, k.Guest, k.User = "", false, "" // without the tick nothing of an earlier sign-in stays either
		if form.Remember {
			k.Name, k.Guest, k.User = form.Name, form.Guest, form.User
		}
	})
}
