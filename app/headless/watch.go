package headless

import (
	"errors"
	"log/slog"
	"sync"

	"parley/app/journal"
	"parley/app/problem"
	"parley/connector"
	"parley/connector/call"
	"parley/connector/session"
	"parley/connector/signal"
)

// watcher turns the connector's events into journal lines and into what the run waits for. Its functions run on the
// connector's loop and never block.
type watcher struct {
	events, stats *journal.Journal
	recordings    *recordings

	ringing    chan struct{} // one place: a call waits to be taken
	connection chan bool     // one place: whether there is a connection now
	over       chan struct{} // closed: the call has ended
	again      chan struct{} // one place: the call was restored

	server string
	logger *slog.Logger

	mu       sync.Mutex
	began    bool        // a call was confirmed: what failed before (a caller who gave up) is not the end of the run
	end      *call.Error // how the call ended, nil while it goes on
	finished bool        // over is closed
	lost     bool        // the connection to the server is gone now
}

func newWatcher(o Options, events, stats *journal.Journal, recordings *recordings) *watcher {
	return &watcher{
		events: events, stats: stats, recordings: recordings, server: o.Call.Server, logger: o.Logger,
		ringing: make(chan struct{}, 1), connection: make(chan bool, 1), over: make(chan struct{}), again: make(chan struct{}, 1),
	}
}

// attach listens until the returned function is called.
func (w *watcher) attach(c *connector.Connector) (detach func()) {
	unsubscribe := c.Subscribe(w.event)
	unwatch := c.Watch(w.snapshot)
	return func() { unsubscribe(); unwatch() }
}

func (w *watcher) event(e connector.Event) {
	w.events.Write(e.Name, e.Time, e.Data)
	switch e.Name {
	case "stats:collected":
		w.stats.Write(e.Name, e.Time, e.Data)
	case "incoming-call:ringing":
		select {
		case w.ringing <- struct{}{}:
		default: // the note is there already
		}
	case "connection:connected":
		w.setLost(false)
	case "connection:disconnected":
		w.setLost(true)
	case "call:confirmed":
		w.confirmed() // also after a redial
	case "call:ended", "call:failed":
		end, ok := e.Data.(*call.Error)
		if !ok {
			end = &call.Error{Cause: signal.CauseInternal}
		}
		w.setEnd(end)
	}
}

// snapshot runs after the events that led to it. The call is over once it has ended and nothing tries to restore it.
func (w *watcher) snapshot(s session.Snapshot) {
	w.recordings.follow(s.Streams)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.began && w.end != nil && !w.finished && s.Call.State == call.Idle && !s.Redial.State.Reconnecting() {
		w.finished = true
		close(w.over)
	}
}

// hasBegun tells whether a call was confirmed.
func (w *watcher) hasBegun() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.began
}

func (w *watcher) confirmed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.began {
		select {
		case w.again <- struct{}{}:
		default: // the note is there already
		}
	}
	w.began, w.end = true, nil
}

func (w *watcher) setEnd(end *call.Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end = end
}

func (w *watcher) setLost(lost bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lost != lost && w.end == nil {
		if lost {
			w.logger.Warn("the connection to the server was lost; trying to get it back", "server", w.server)
		} else {
			w.logger.Info("connected", "server", w.server)
		}
	}
	w.lost = lost
	select { // only the newest counts
	case <-w.connection:
	default:
	}
	w.connection <- !lost
}

// signalling is an error while the connection to the server is gone: then a goodbye reaches nobody.
func (w *watcher) signalling() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.lost {
		return nil
	}
	return &problem.Problem{
		What: "the call was not ended properly",
		Why:  "the connection to " + w.server + " was lost during the call and did not come back",
		Fix:  "Check that the server is running, and the network.",
	}
}

// outcome of a call that was confirmed and has ended: an end by either person is what was asked for.
func (w *watcher) outcome() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.end == nil || w.end.Cause == signal.CauseTerminated && w.end.StatusCode != mediaLost {
		return nil
	}
	if w.end.Cause == signal.CauseTerminated {
		lost := *w.end
		lost.Cause = signal.CauseRTPTimeout // in the words for it
		return problem.New("the call was cut off", &lost)
	}
	return problem.New("the call was cut off", w.end)
}

// mediaLost is the cause in the Reason of a BYE from a server that hears nothing of us any more ("RTP Timeout").
const mediaLost = 408

// withdrawn tells whether a call could not be taken because its caller had given up.
func (w *watcher) withdrawn(err error) bool {
	var failed *call.Error
	return errors.As(err, &failed) && failed.Originator == signal.Remote && failed.Cause == signal.CauseCanceled
}
