package scenarios

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// record keeps what happened, in order, and wakes who waits for something.
type record struct {
	mu      sync.Mutex
	begun   time.Time
	entries []entry
	changed chan struct{}
}

type entry struct {
	at   time.Duration
	name string
	data any
}

// recordLimit bounds what is kept: a test is short.
const recordLimit = 20_000

func newRecord() *record { return &record{begun: time.Now(), changed: make(chan struct{})} }

func (r *record) add(name string, data any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.entries) < recordLimit {
		r.entries = append(r.entries, entry{time.Since(r.begun), name, data})
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// mark is a place to look on from.
func (r *record) mark() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.entries)
}

// until waits for an entry after mark.
func (r *record) until(ctx context.Context, mark int, name string, ok func(data any) bool) (entry, error) {
	e, _, err := r.next(ctx, mark, name, ok)
	return e, err
}

// next is until, and tells the mark behind what it found.
func (r *record) next(ctx context.Context, mark int, name string, ok func(data any) bool) (entry, int, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		r.mu.Lock()
		for ; mark < len(r.entries); mark++ {
			if e := r.entries[mark]; e.name == name && (ok == nil || ok(e.data)) {
				r.mu.Unlock()
				return e, mark + 1, nil
			}
		}
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return entry{}, mark, fmt.Errorf("no event %s", name)
		}
	}
}

// names of the entries after mark that begin with one of the prefixes.
func (r *record) names(mark int, prefixes ...string) (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.entries[mark:] {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(e.name, p) }) {
			names = append(names, e.name)
		}
	}
	return names
}

// count entries after mark.
func (r *record) count(mark int, name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range r.entries[mark:] {
		if e.name == name {
			n++
		}
	}
	return n
}

// silent are events that would drown a story.
var silent = []string{"stats:collected", "session:snapshot-changed", "main-stream-health:health-snapshot", "call:sdp"}

func (r *record) story() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var text strings.Builder
	for _, e := range r.entries {
		if slices.Contains(silent, e.name) {
			continue
		}
		data, err := json.Marshal(e.data)
		if err != nil {
			data = []byte(err.Error())
		}
		if len(data) > 300 {
			data = append(data[:300:300], "…"...)
		}
		fmt.Fprintf(&text, "%7.3f %s %s\n", e.at.Seconds(), e.name, data)
	}
	return text.String()
}
