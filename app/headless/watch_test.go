package headless

import (
	"io"
	"log/slog"
	"testing"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/session"
	"parley/connector/signal"
)

// A caller who gives up before we could answer is not the end of `parley call --answer`; the end of a confirmed call is.
func TestAWithdrawnCallIsNotTheEnd(t *testing.T) {
	o := Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	w := newWatcher(o, nil, nil, &recordings{})
	over := func() bool {
		select {
		case <-w.over:
			return true
		default:
			return false
		}
	}
	gone := connector.Event{Name: "call:failed", Data: &call.Error{Originator: signal.Remote, Cause: signal.CauseCanceled}}
	w.event(gone)
	w.snapshot(session.Initial())
	if over() {
		t.Fatal("the run ends with a call that was withdrawn")
	}
	w.event(connector.Event{Name: "call:confirmed"})
	w.event(connector.Event{Name: "call:ended", Data: &call.Error{Originator: signal.Remote, Cause: signal.CauseTerminated}})
	w.snapshot(session.Initial())
	if !over() {
		t.Error("the run does not end with its call")
	}
}
