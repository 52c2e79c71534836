package connector

import (
	"context"
	"errors"

	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/connectcall"
	"parley/connector/connection"
	"parley/connector/path"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/session"
)

// buildKeepalive makes the parts that keep a connection and a call alive.
func (c *Connector) buildKeepalive() {
	c.auto = autoconnect.NewManager(autoconnect.Deps{
		Loop: c.loop, Emit: c.prefixed("auto-connect:"), Connection: c.connection, InCall: func() bool { return c.taking || c.call.Active() },
		Network: c.config.Network, Options: c.config.AutoConnect, Logger: c.logger,
	})
	c.path = path.NewKeeper(path.Deps{
		Loop: c.loop, Network: c.config.Network, Logger: c.logger,
		State: func() rtc.ConnectionState {
			if peer := c.call.Peer(); peer != nil {
				return peer.ConnectionState()
			}
			return rtc.StateClosed
		},
		Ready: func() bool { return c.connection.Machine().State() == connection.Established },
		Restart: func(done func(error)) {
			c.call.Negotiate(call.Negotiation{Offer: rtc.OfferOptions{ICERestart: true}}, func(err error) {
				if err == nil && c.receiver.Running() {
					c.receiver.RestartICE(done) // what a spectator sees comes over a path of its own
					return
				}
				done(err)
			})
		},
	})
	c.redial = redial.NewManager(redial.Deps{
		Loop: c.loop, Emit: c.prefixed("call-reconnect:"), Options: c.config.Redial, Logger: c.logger,
		Ready:     func() bool { return c.connection.Machine().State() == connection.Established },
		Spectator: func() bool { return c.callSession.Get().SpectatorAny() },
		Call: func(done func(error)) func() {
			c.place(c.lastCall, done)
			return func() { c.call.HangUp(func(error) {}) }
		},
	})
	c.together = connectcall.NewManager(connectcall.Deps{
		Loop: c.loop, Logger: c.logger, AutoActive: c.auto.Active,
		AutoStart: func(done func(autoconnect.Outcome, error)) { c.auto.Start(c.togetherConnect.parameters(), done) },
		AutoStop:  func(done func()) { c.auto.Stop(done) },
		Call:      func(done func(error)) { c.startCall(c.togetherCall, done) },
		EndCall:   func(done func()) { c.call.HangUp(func(error) { done() }) },
		Disarm:    func() { c.redial.Disarm(redial.ReasonManual) },
		Redialling: func() bool {
			return c.redial.Machine().State().Reconnecting()
		},
	})
}

// AutoConnect connects and keeps the connection up: attempts, pings, reactions to the network. It returns when the
// connection is up, or an *autoconnect.Error with why it will not be. Cancelling ctx stops.
func (c *Connector) AutoConnect(ctx context.Context, p ConnectParameters) error {
	return c.do(ctx, func(done func(error)) {
		c.lastError = nil
		c.auto.Start(p.parameters(), func(outcome autoconnect.Outcome, err error) {
			if outcome == autoconnect.Started || outcome == autoconnect.Coalesced {
				done(nil)
				return
			}
			c.lastError = &autoconnect.Error{Outcome: outcome, Err: err}
			done(c.lastError)
		})
	}, func() { c.auto.Stop(func() {}) })
}

// RestartAutoConnect connects anew with the running cycle's parameters; nothing when none runs.
func (c *Connector) RestartAutoConnect(ctx context.Context) error {
	return c.do(ctx, func(done func(error)) { c.auto.Restart(); done(nil) }, nil)
}

// StopAutoConnect stops keeping the connection up, and disconnects.
func (c *Connector) StopAutoConnect(ctx context.Context) error {
	return c.do(ctx, func(done func(error)) { c.auto.Stop(func() { done(nil) }) }, nil)
}

// ConnectAndCall connects, calls and keeps both alive until the end of the call; then it disconnects. It returns when the
// call is up, or why it will not be. Cancelling ctx ends the session.
func (c *Connector) ConnectAndCall(ctx context.Context, connect ConnectParameters, call CallParameters) error {
	return c.do(ctx, func(done func(error)) {
		if c.together.Active() {
			done(connectcall.ErrActive)
			return
		}
		c.lastError = nil
		c.togetherConnect, c.togetherCall = connect, call
		c.together.Start(done)
	}, func() { c.together.Close(func(connectcall.Reason) {}) })
}

// WaitCallSession waits for the end of what ConnectAndCall began and tells why it ended.
func (c *Connector) WaitCallSession(ctx context.Context) (connectcall.Reason, error) {
	var reason connectcall.Reason
	err := c.do(ctx, func(done func(error)) {
		c.together.Closed(func(r connectcall.Reason) {
			reason = r
			done(nil)
		})
	}, nil)
	if err != nil {
		return "", err
	}
	return reason, nil
}

// CancelRedial gives up restoring a call.
func (c *Connector) CancelRedial(ctx context.Context) error {
	return c.do(ctx, func(done func(error)) {
		c.redial.Disarm(redial.ReasonManual)
		done(nil)
	}, nil)
}

// CancelRedialAttempt ends the present attempt, or the wait for one, and goes on watching the call that is made next.
func (c *Connector) CancelRedialAttempt(ctx context.Context) error {
	return c.do(ctx, func(done func(error)) { c.redial.CancelAttempt(); done(nil) }, nil)
}

// ForceRedial goes on restoring after the limit was reached.
func (c *Connector) ForceRedial(ctx context.Context) error {
	return c.do(ctx, func(done func(error)) { c.redial.Force(); done(nil) }, nil)
}

// startCall places a call and, unless it is not wanted, has it restored after a network failure.
func (c *Connector) startCall(p CallParameters, done func(error)) {
	if c.call.Active() {
		c.place(p, done) // refused, and the running call's redial stays as it is
		return
	}
	c.lastCall = p
	if p.NoRedial {
		c.redial.Disarm(redial.ReasonDisarm)
	} else if c.connection.Agent() != nil {
		c.redial.Arm()
	}
	c.place(p, done)
}

// hangUp ends the call and what would restore it.
func (c *Connector) hangUp(done func(error)) {
	if c.together.Active() {
		c.together.Close(func(connectcall.Reason) { done(nil) })
		return
	}
	c.redial.Disarm(redial.ReasonLocalHangUp)
	c.call.HangUp(done)
}

// disconnect ends everything.
func (c *Connector) disconnect(done func(error)) {
	c.hangUp(func(error) {
		if c.auto.Active() {
			c.auto.Stop(func() { done(nil) })
			return
		}
		c.connection.Disconnect(func() { done(nil) })
	})
}

// keepAlive hands events to the parts of this file.
func (c *Connector) keepAlive(name string, data any) {
	if name == "call:ended" || name == "call:failed" {
		if end, ok := data.(*CallError); ok {
			c.redial.Over(end.Cause, end.Originator)
		}
	}
	switch name {
	case "auto-connect:stop-attempts-by-error":
		c.lastError = &autoconnect.Error{Outcome: autoconnect.StoppedByError, Err: c.auto.Err()}
	case "auto-connect:limit-reached-attempts":
		c.lastError = &autoconnect.Error{Outcome: autoconnect.LimitReached, Err: c.auto.Err()}
	case "auto-connect:success":
		var lost *autoconnect.Error
		if errors.As(c.lastError, &lost) {
			c.lastError = nil
		}
	}
	c.path.HandleEvent(name)
	c.redial.HandleEvent(name)
	c.together.HandleEvent(name)
	c.auto.HandleEvent(name)
}

func (c *Connector) redialSnapshot() session.Redial {
	attempt, next := c.redial.Attempt()
	return session.Redial{State: c.redial.Machine().State(), Attempt: attempt, Next: next}
}

// errConnectActive is a plain connect while the auto-connector rules the connection.
var errConnectActive = errors.New("connect: the auto-connector is active")
