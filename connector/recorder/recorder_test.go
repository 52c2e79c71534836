package recorder

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/connector"
	"parley/connector/rtc"
)

type source struct{ fn func(connector.Event) }

func (s *source) Subscribe(fn func(connector.Event)) func() {
	s.fn = fn
	return func() { s.fn = nil }
}

func (s *source) emit(name string, data any) {
	if s.fn != nil {
		s.fn(connector.Event{Name: name, Time: time.Unix(100, 0), Data: data})
	}
}

// Of many events the newest are kept.
func TestOnlyTheNewestEventsAreKept(t *testing.T) {
	r, from := New(nil), &source{}
	cancel := r.Attach(from)
	for i := range DefaultEvents + 10 {
		from.emit(fmt.Sprintf("event-%d", i), map[string]int{"n": i})
	}
	events := r.Events()
	if len(events) != DefaultEvents || events[0].Name != "event-10" || events[0].Number != 11 ||
		events[len(events)-1].Payload != fmt.Sprintf(`{"n":%d}`, DefaultEvents+9) {
		t.Errorf("%d events, first %+v, last %+v", len(events), events[0], events[len(events)-1])
	}
	cancel()
	from.emit("late", nil)
	if r.count != DefaultEvents+10 {
		t.Errorf("counted %d", r.count)
	}
	r.ClearEvents()
	if len(r.Events()) != 0 || r.count != DefaultEvents+10 {
		t.Errorf("after clearing: %d events, counted %d", len(r.Events()), r.count)
	}
	again := &source{}
	r.Attach(again)
	again.emit("after", nil)
	if e := r.Events(); len(e) != 1 || e[0].Number != DefaultEvents+11 || e[0].Payload != "" {
		t.Errorf("got %+v", e)
	}
}

// Whoever follows the events gets each once, and after a long pause those that are kept.
func TestEventsAfter(t *testing.T) {
	r, from := New(nil), &source{}
	r.Attach(from)
	if got := r.EventsAfter(0); got != nil {
		t.Errorf("before any: %v", got)
	}
	numbers := func(after uint64) (first, last uint64, n int) {
		e := r.EventsAfter(after)
		if len(e) == 0 {
			return 0, 0, 0
		}
		return e[0].Number, e[len(e)-1].Number, len(e)
	}
	check := func(after, first, last uint64, n int) {
		t.Helper()
		if a, b, c := numbers(after); a != first || b != last || c != n {
			t.Errorf("after %d: %d events from %d to %d, want %d from %d to %d", after, c, a, b, n, first, last)
		}
	}
	for range 5 {
		from.emit("e", nil)
	}
	check(0, 1, 5, 5)
	check(3, 4, 5, 2)
	check(5, 0, 0, 0)
	for range DefaultEvents {
		from.emit("e", nil)
	}
	check(5, 6, DefaultEvents+5, DefaultEvents)
	check(0, 6, DefaultEvents+5, DefaultEvents)
	check(DefaultEvents, DefaultEvents+1, DefaultEvents+5, 5)
	r.ClearEvents()
	check(0, 0, 0, 0)
	from.emit("e", nil)
	check(0, DefaultEvents+6, DefaultEvents+6, 1)
}

// Payloads are cleaned of secrets and cut in length.
func TestPayloadsAreCleanedAndCut(t *testing.T) {
	r, from := New(func(s string) string { return strings.ReplaceAll(s, "secret", "[hidden]") }), &source{}
	r.Attach(from)
	from.emit("a", map[string]string{"token": "secret"})
	from.emit("b", strings.Repeat("я", MaxPayload))
	from.emit("c", func() {})
	from.emit("d", struct{}{})
	events := r.Events()
	if events[0].Payload != `{"token":"[hidden]"}` {
		t.Errorf("got %q", events[0].Payload)
	}
	if p := events[1].Payload; len(p) > MaxPayload+len("…") || !strings.HasSuffix(p, "я…") {
		t.Errorf("%d bytes, end %q", len(p), p[len(p)-8:])
	}
	if !strings.Contains(events[2].Payload, "unsupported type") || events[3].Payload != "" {
		t.Errorf("got %q and %q", events[2].Payload, events[3].Payload)
	}
}

// The newest statistics are kept with their times.
func TestStatisticsAreKept(t *testing.T) {
	r, from := New(nil), &source{}
	r.Attach(from)
	for i := range DefaultStatistics + 5 {
		from.emit("stats:collected", rtc.Stats{Inbound: rtc.InboundStats{Audio: &rtc.StreamStats{PacketsReceived: uint64(i)}}})
	}
	kept := r.Statistics()
	if len(kept) != DefaultStatistics || kept[0].Inbound.Audio.PacketsReceived != 5 || kept[0].Time.IsZero() {
		t.Errorf("%d kept, first %+v", len(kept), kept[0])
	}
}
