// Package recorder keeps the newest events and statistics of a connector, for the window's diagnostics and for reports.
//
// What it keeps is bounded: so many events, so many bytes of each, so many collections of statistics. It may be attached
// to one connector after another and goes on counting.
package recorder

import (
	"encoding/json"
	"strings"
	"sync"
	"time"

	"parley/connector"
	"parley/connector/rtc"
)

// Limits of what is kept.
const (
	DefaultEvents     = 2000
	DefaultStatistics = 300  // five minutes
	MaxPayload        = 4096 // bytes of an event's JSON
)

// Event as it is kept. Number counts all events from 1.
type Event struct {
	Number  uint64    `json:"number"`
	Time    time.Time `json:"time"`
	Name    string    `json:"event"`
	Payload string    `json:"data,omitempty"` // JSON, cut after MaxPayload bytes
}

// Subscriber is what the recorder asks of a connector.
type Subscriber interface {
	Subscribe(fn func(connector.Event)) (cancel func())
}

// Recorder keeps events and statistics. Its methods may be called from any goroutine.
type Recorder struct {
	clean func(string) string

	mu         sync.Mutex
	count      uint64
	events     ring[Event]
	statistics ring[rtc.Stats]
}

// New makes a recorder. clean takes secrets out of payloads, as the last of several defences; nil takes out nothing.
func New(clean func(string) string) *Recorder {
	if clean == nil {
		clean = func(s string) string { return s }
	}
	return &Recorder{clean: clean, events: ring[Event]{limit: DefaultEvents}, statistics: ring[rtc.Stats]{limit: DefaultStatistics}}
}

// Attach records what a connector does until cancelled.
func (r *Recorder) Attach(to Subscriber) (cancel func()) { return to.Subscribe(r.add) }

// add runs on the connector's loop: it encodes and keeps, and waits for nothing but the short lock.
func (r *Recorder) add(e connector.Event) {
	kept := Event{Time: e.Time, Name: e.Name, Payload: r.encode(e.Data)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	kept.Number = r.count
	r.events.add(kept)
	if s, ok := e.Data.(rtc.Stats); ok {
		if s.Time.IsZero() {
			s.Time = e.Time
		}
		r.statistics.add(s)
	}
}

func (r *Recorder) encode(data any) string {
	if data == nil {
		return ""
	}
	encoded, err := json.Marshal(data)
	if err != nil {
		return `"(` + strings.ReplaceAll(err.Error(), `"`, "'") + `)"`
	}
	text := r.clean(string(encoded))
	if text == "{}" || text == "null" {
		return ""
	}
	if len(text) > MaxPayload {
		text = strings.ToValidUTF8(text[:MaxPayload], "") + "…"
	}
	return text
}

// Events that are kept, oldest first.
func (r *Recorder) Events() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events.list()
}

// EventsAfter are those that are kept and came after the one with that number, oldest first.
func (r *Recorder) EventsAfter(number uint64) []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count <= number {
		return nil
	}
	return r.events.newest(int(min(r.count-number, DefaultEvents)))
}

// Statistics that are kept, oldest first.
func (r *Recorder) Statistics() []rtc.Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.statistics.list()
}

// ClearEvents forgets the events; the count goes on.
func (r *Recorder) ClearEvents() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events.clear()
}
