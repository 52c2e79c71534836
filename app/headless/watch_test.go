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

// A server that says goodbye because it hears nothing of us has not ended the call as asked.
func TestAByeForLostMediaIsAFailure(t *testing.T) {
	for code, failed := range map[int]bool{0: false, mediaLost: true} {
		w := newWatcher(Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}, nil, nil, &recordings{})
		w.event(connector.Event{Name: "call:confirmed"})
		w.event(connector.Event{Name: "call:ended", Data: &call.Error{Originator: signal.Remote, Cause: signal.CauseTerminated,
			StatusCode: code, Reason: "RTP Timeout"}})
		err := w.outcome()
		if (err != nil) != failed {
			t.Errorf("a BYE with cause %d gives %v", code, err)
		}
		if failed {
			t.Log(err)
		}
	}
}
