// Package path keeps the media path of a call: when this machine's network changed or the path fell silent, new transport
// addresses are offered by an ICE restart (RFC 8445 9, RFC 8829 4.1.18), as soon as signalling can carry the offer. The
// reference leaves that to its server; a notebook that is carried from one network to another would lose its call.
package path

import (
	"log/slog"
	"time"

	"parley/connector/autoconnect"
	"parley/connector/loop"
	"parley/connector/rtc"
)

const (
	// Patience with a path that is disconnected while nothing is known of a change: most heal by themselves.
	Patience = 4 * time.Second
	// Retry is the pause after a restart that failed or did not help.
	Retry = 5 * time.Second
	// Suspicion is how long after a change of the network a silent path, or a socket that was replaced, means that the
	// addresses are of no use any more.
	Suspicion = 30 * time.Second
)

// Deps of a Keeper.
type Deps struct {
	Loop    *loop.Loop
	Network autoconnect.Network // nil for none
	// State of the call's peer connection; StateClosed without one.
	State func() rtc.ConnectionState
	// Ready tells that signalling can carry an offer.
	Ready func() bool
	// Restart offers new addresses; done runs on the loop.
	Restart func(done func(error))
	Logger  *slog.Logger
}

// Keeper keeps the path of one call after the other. Its methods are called on the loop.
type Keeper struct {
	deps   Deps
	cancel func() // of the subscription; not nil in a call

	epoch      int // calls, so that what comes late for an earlier one does not count
	suspect    time.Time
	timer      *loop.Timer
	restarting bool
}

// NewKeeper makes a keeper without a call.
func NewKeeper(deps Deps) *Keeper {
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	return &Keeper{deps: deps}
}

// HandleEvent follows the connector's stream.
func (k *Keeper) HandleEvent(name string) {
	switch name {
	case "call:confirmed":
		k.begin()
	case "call:ended", "call:failed":
		k.end()
	case "connection:connected", "connection:registered":
		if k.suspected() {
			k.restart("the network changed and the socket was replaced")
			return
		}
		k.look()
	}
}

// Close ends what a call left behind.
func (k *Keeper) Close() { k.end() }

func (k *Keeper) begin() {
	k.end()
	epoch := k.epoch
	k.cancel = func() {}
	if k.deps.Network == nil {
		return
	}
	k.cancel = k.deps.Network.Subscribe(func(e autoconnect.NetworkEvent) {
		k.deps.Loop.Post(func() {
			if k.epoch == epoch && e != autoconnect.Offline {
				k.suspect = time.Now()
				k.look()
			}
		})
	})
}

func (k *Keeper) end() {
	k.epoch++
	k.stop()
	k.suspect = time.Time{}
	k.restarting = false
	if k.cancel != nil {
		autoconnect.Unsubscribe(k.deps.Loop, k.cancel)
		k.cancel = nil
	}
}

func (k *Keeper) stop() {
	k.timer.Stop()
	k.timer = nil
}

func (k *Keeper) suspected() bool {
	return !k.suspect.IsZero() && time.Since(k.suspect) < Suspicion
}

// PeerState is told of each change of the call's peer connection.
func (k *Keeper) PeerState(state rtc.ConnectionState) {
	if state == rtc.StateConnected {
		k.stop()
		return
	}
	k.look()
}

// look restarts a path that is silent, at once when the network changed, else after some patience.
func (k *Keeper) look() {
	switch {
	case k.cancel == nil || k.deps.State() != rtc.StateDisconnected:
		return
	case k.suspected():
		k.restart("the network changed and the path is silent")
	case k.timer == nil:
		k.again(Patience)
	}
}

func (k *Keeper) again(after time.Duration) {
	k.stop()
	k.timer = k.deps.Loop.After(after, func() {
		k.timer = nil
		if k.deps.State() == rtc.StateDisconnected {
			k.restart("the path is silent")
		}
	})
}

func (k *Keeper) restart(why string) {
	if k.cancel == nil || k.restarting || !k.deps.Ready() {
		return // the socket's return looks again
	}
	k.stop()
	k.suspect = time.Time{}
	k.restarting = true
	k.deps.Logger.Info("ICE restart", "why", why)
	epoch := k.epoch
	k.deps.Restart(func(err error) {
		if k.epoch != epoch {
			return
		}
		k.restarting = false
		if err != nil {
			k.deps.Logger.Warn("ICE restart failed", "error", err)
		}
		if k.deps.State() == rtc.StateDisconnected {
			k.again(Retry)
		}
	})
}
