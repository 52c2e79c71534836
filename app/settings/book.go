package settings

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"parley/internal/wholefile"
	"parley/views/kept"
)

// Limits of what is kept of calls and people.
const (
	keptCalls    = 100
	keptServers  = 8
	keptContacts = 1000
	keptText     = 128 // characters of a name or number: callers name themselves, and what they say must not fill the book
)

// bookName of the file in the user's folder.
const bookName = "book.json"

// Book keeps the calls, contacts and servers of a person in one file.
type Book struct {
	path   string // "" keeps in memory only
	stands error  // why the file cannot be read nor set aside, and so is not written

	writing sync.Mutex // held over a change with its file: reading waits for no disk
	mu      sync.Mutex
	pages   pages
}

// pages are what the file holds.
type pages struct {
	Version  int            `json:"version"`
	Servers  []string       `json:"servers,omitempty"` // newest first
	Calls    []kept.Recent  `json:"calls,omitempty"`   // newest first
	Contacts []kept.Contact `json:"contacts,omitempty"`
}

// Errors of contacts.
var (
	ErrContactNumber = errors.New("a contact needs a number")
	ErrContactTaken  = errors.New("another contact has this number")
	ErrContactMany   = errors.New("no more contacts can be kept")
)

// OpenBook reads the book in folder; an empty folder keeps in memory. The Book is usable even when there is an error.
func OpenBook(folder string) (*Book, error) {
	b := &Book{pages: pages{Version: 1}}
	if folder == "" {
		return b, nil
	}
	b.path = filepath.Join(folder, bookName)
	data, err := readLimited(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	var p pages
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		if err = setAside(b.path, err); !errors.Is(err, ErrSetAside) {
			b.stands = err
		}
		return b, err
	}
	b.pages = p
	return b, nil
}

func (b *Book) change(edit func(*pages) error) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	next := b.pages
	b.mu.Unlock()
	next.Servers, next.Calls, next.Contacts = slices.Clone(next.Servers), slices.Clone(next.Calls), slices.Clone(next.Contacts)
	if err := edit(&next); err != nil {
		return err
	}
	b.mu.Lock()
	b.pages = next
	b.mu.Unlock()
	if b.path == "" || b.stands != nil {
		return b.stands
	}
	data, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return err
	}
	return wholefile.Write(b.path, data)
}

// Servers used before, newest first.
func (b *Book) Servers() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.pages.Servers)
}

// Calls made and received, newest first.
func (b *Book) Calls() []kept.Recent {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.pages.Calls)
}

// Contacts by name.
func (b *Book) Contacts() []kept.Contact {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.pages.Contacts)
}

// UsedServer puts a server at the head.
func (b *Book) UsedServer(server string) error {
	return b.change(func(p *pages) error {
		p.Servers = slices.DeleteFunc(p.Servers, func(x string) bool { return strings.EqualFold(x, server) })
		p.Servers = append([]string{server}, p.Servers...)
		p.Servers = p.Servers[:min(len(p.Servers), keptServers)]
		return nil
	})
}

// AddCall puts a call at the head of the history.
func (b *Book) AddCall(r kept.Recent) error {
	r.Name, r.Number = clip(r.Name), clip(r.Number)
	return b.change(func(p *pages) error {
		p.Calls = append([]kept.Recent{r}, p.Calls...)
		p.Calls = p.Calls[:min(len(p.Calls), keptCalls)]
		return nil
	})
}

// ClearCalls forgets the history.
func (b *Book) ClearCalls() error {
	return b.change(func(p *pages) error { p.Calls = nil; return nil })
}

// SaveContact adds a contact, or changes the one that has the number old.
func (b *Book) SaveContact(old string, c kept.Contact) error {
	c.Name, c.Number = clip(strings.TrimSpace(c.Name)), clip(strings.TrimSpace(c.Number))
	if c.Number == "" {
		return ErrContactNumber
	}
	if c.Name == "" {
		c.Name = c.Number
	}
	return b.change(func(p *pages) error {
		p.Contacts = slices.DeleteFunc(p.Contacts, func(x kept.Contact) bool { return x.Number == old })
		if slices.ContainsFunc(p.Contacts, func(x kept.Contact) bool { return x.Number == c.Number }) {
			return ErrContactTaken
		}
		if len(p.Contacts) >= keptContacts {
			return ErrContactMany
		}
		p.Contacts = append(p.Contacts, c)
		slices.SortStableFunc(p.Contacts, func(x, y kept.Contact) int {
			return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name))
		})
		return nil
	})
}

// DeleteContact forgets the contact with that number.
func (b *Book) DeleteContact(number string) error {
	return b.change(func(p *pages) error {
		p.Contacts = slices.DeleteFunc(p.Contacts, func(x kept.Contact) bool { return x.Number == number })
		return nil
	})
}

// clip keeps the beginning of a text.
func clip(s string) string {
	if r := []rune(s); len(r) > keptText {
		return string(r[:keptText])
	}
	return s
}
