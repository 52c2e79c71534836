package roomserver

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"
)

const patience = 20 * time.Second // on a busy machine

// net/http lingers for half a second after it has refused a body that was too large; nothing can wait for that.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// startServer runs a server for one test.
func startServer(t *testing.T, c Config) (*Server, *eventLog) {
	t.Helper()
	events := newEventLog()
	c.Listen, c.Loopback, c.Events = "127.0.0.1:0", true, events.add
	if testing.Verbose() {
		c.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		if t.Failed() {
			events.dump(t)
		}
	})
	return s, events
}

// eventLog keeps a server's events and lets tests wait for them.
type eventLog struct {
	mu      sync.Mutex
	list    []Event
	changed chan struct{}
}

func newEventLog() *eventLog { return &eventLog{changed: make(chan struct{})} }

func (l *eventLog) add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, e)
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *eventLog) dump(t *testing.T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.list {
		b, _ := e.MarshalJSON()
		t.Log(string(b))
	}
}

// wait for an event that satisfies ok.
func (l *eventLog) wait(t *testing.T, name string, ok func(map[string]any) bool) Event {
	t.Helper()
	deadline := time.After(patience)
	for from := 0; ; {
		l.mu.Lock()
		for ; from < len(l.list); from++ {
			if e := l.list[from]; e.Name == name && (ok == nil || ok(e.Data)) {
				l.mu.Unlock()
				return e
			}
		}
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("no event %s", name)
		}
	}
}

func value(req *sip.Request, name string) string {
	if h := req.GetHeader(name); h != nil {
		return h.Value()
	}
	return ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
