package autoconnect

import (
	"context"
	"time"

	"parley/connector/loop"
)

// CallProbeTimeout limits the probe after a network event in a call: its socket is replaced without harm, and a person who
// changed networks is waiting.
const CallProbeTimeout = 2 * time.Second

// settling is how long the parts of a move go on coming: addresses of IPv6 come later than those of IPv4.
const settling = 4 * time.Second

// OfflineGrace is how long the network may be gone before the connection is given up.
const OfflineGrace = 2 * time.Second

// NetworkEvent is what happens to this machine's network.
type NetworkEvent string

// The events.
const (
	Online        NetworkEvent = "online"
	Offline       NetworkEvent = "offline"
	NetworkChange NetworkEvent = "change"
	// Moved: online, or still so, and none of the addresses there were is left. No connection of before can live.
	// A machine that also has an address which never goes, as of a bridge to containers, tells of changes only.
	Moved NetworkEvent = "moved"
)

// Network tells of events; fn may be called on any goroutine and must not be called after cancel has returned.
type Network interface {
	Subscribe(fn func(NetworkEvent)) (cancel func())
}

// Unsubscribe ends a subscription off the loop: cancel waits for a callback that runs, and that one may wait for a place in
// the loop's full mailbox. What it still brings must not count.
func Unsubscribe(l *loop.Loop, cancel func()) {
	l.Go(func(context.Context) func() {
		cancel()
		return nil
	})
}

// Policy is what a network event leads to.
type Policy string

// The policies.
const (
	Probe     Policy = "probe" // look whether the connection lives; the default
	Reconnect Policy = "reconnect"
	Ignore    Policy = "ignore"
)

// watcher reacts to the network for a manager; it lives on the loop.
type watcher struct {
	manager *Manager
	cancel  func()
	grace   *loop.Timer
	offline bool // was the last that was told
	away    bool // the grace is over, and a call has kept the connection from being given up
	probing bool
	movedAt time.Time
	epoch   int
}

func (w *watcher) subscribe() {
	network := w.manager.deps.Network
	if w.cancel != nil || network == nil {
		return
	}
	w.epoch++
	epoch := w.epoch
	w.cancel = network.Subscribe(func(e NetworkEvent) {
		w.manager.deps.Loop.Post(func() {
			if w.epoch == epoch {
				w.handle(e)
			}
		})
	})
}

func (w *watcher) unsubscribe() {
	w.epoch++
	w.grace.Stop()
	w.grace = nil
	w.offline, w.away, w.probing = false, false, false
	if w.cancel != nil {
		Unsubscribe(w.manager.deps.Loop, w.cancel)
		w.cancel = nil
	}
}

func (w *watcher) handle(e NetworkEvent) {
	options := w.manager.deps.Options
	switch e {
	case Offline:
		if w.grace == nil {
			w.grace = w.manager.deps.Loop.After(options.OfflineGrace, w.graceOver)
		}
	case Online:
		w.grace.Stop()
		w.grace = nil
		w.away = false
		w.apply(options.OnOnline, ReasonNetworkOnline)
	case NetworkChange:
		if w.manager.sparing() && time.Since(w.movedAt) < settling {
			break // the rest of a move that is replacing the socket already
		}
		w.apply(options.OnChange, ReasonNetworkChange)
	case Moved:
		policy, reason := options.OnChange, ReasonNetworkChange
		if w.offline {
			policy, reason = options.OnOnline, ReasonNetworkOnline
		}
		w.grace.Stop()
		w.grace = nil
		w.away = false
		w.movedAt = time.Now()
		w.moved(policy, reason)
	}
	w.offline = e == Offline
}

// moved replaces the socket of a call at once: there is nothing to ask it, and a person who changed networks is waiting.
func (w *watcher) moved(policy Policy, reason Reason) {
	if policy != Ignore && w.manager.deps.InCall() && w.manager.machine.State() == ConnectedMonitoring {
		policy = Reconnect
	}
	w.apply(policy, reason)
}

// graceOver gives the connection up. A call is not ended for it: whether it outlives the loss its media path decides, and
// until then its dialog must stay.
func (w *watcher) graceOver() {
	w.grace = nil
	if w.away = w.manager.deps.InCall(); !w.away {
		w.manager.stop(func() {}) // the subscription stays: the network comes back
	}
}

// callOver makes up for what a call has held up.
func (w *watcher) callOver() {
	if w.away {
		w.away = false
		w.manager.stop(func() {})
	}
}

func (w *watcher) apply(policy Policy, reason Reason) {
	m := w.manager
	switch policy {
	case Ignore:
		return
	case Reconnect:
		m.request(reason)
		return
	}
	if w.probing {
		return
	}
	switch m.machine.State() {
	case ConnectedMonitoring:
		w.probing = true
		m.probe(w.probed(func(err error) {
			if err != nil && m.machine.State() == ConnectedMonitoring {
				m.request(reason)
			}
		}))
	case WaitingBeforeRetry:
		w.probing = true
		m.deps.Connection.CheckTelephony(*m.params, w.probed(func(err error) {
			if err == nil && m.machine.State() == WaitingBeforeRetry {
				m.request(reason)
			}
		}))
	default:
		m.request(reason)
	}
}

// probe pings after a network event.
func (m *Manager) probe(done func(error)) {
	if m.deps.InCall() {
		m.deps.Connection.PingWithin(CallProbeTimeout, done)
		return
	}
	m.deps.Connection.Ping(done)
}

func (w *watcher) probed(fn func(error)) func(error) {
	epoch := w.epoch
	return func(err error) {
		if w.epoch == epoch {
			w.probing = false
			fn(err)
		}
	}
}
