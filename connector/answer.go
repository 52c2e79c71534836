package connector

import (
	"context"

	"parley/connector/call"
	"parley/connector/redial"
	"parley/connector/rtc"
)

// Accept answers the call that has rung longest and returns when it is confirmed.
func (c *Connector) Accept(ctx context.Context, stream rtc.LocalStream) error {
	return c.Answer(ctx, AnswerParameters{Stream: stream})
}

// Answer takes a ringing call and returns when it is confirmed, or why it failed (incoming.ErrNone when it does not ring
// any more, call.ErrActive while a call runs that is not to be ended). Nothing happens to a running call unless the
// ringing one is there to be taken. Cancelling ctx hangs up.
func (c *Connector) Answer(ctx context.Context, p AnswerParameters) error {
	return c.do(ctx, func(done func(error)) {
		if c.call.Active() && !p.HangUp {
			done(call.ErrActive)
			return
		}
		session, err := c.incoming.Take(p.ID)
		if err != nil {
			done(err)
			return
		}
		c.lastError = nil
		c.taking = true
		c.makeWay()
		c.taking = false
		c.call.Answer(session, p.Stream, done)
	}, func() { c.call.HangUp(func(error) {}) })
}

// makeWay ends the running call, or the restoring of one, for the call that is being answered. The connection stays, and
// with it a connect-and-call session: from here on it lives as long as the answered call.
func (c *Connector) makeWay() {
	c.together.HandOver(func() {
		c.redial.Disarm(redial.ReasonLocalHangUp)
		c.call.Leave()
	})
}

// Decline refuses the call that has rung longest: 487, or 486 when busy.
func (c *Connector) Decline(ctx context.Context, busy bool) error {
	return c.DeclineCall(ctx, "", busy)
}

// DeclineCall refuses the ringing call with that identity; incoming.ErrNone when it does not ring any more.
func (c *Connector) DeclineCall(ctx context.Context, id string, busy bool) error {
	return c.do(ctx, func(done func(error)) { done(c.incoming.Decline(id, busy)) }, nil)
}

// SetCallWaiting changes Config.CallWaiting. What rings already goes on.
func (c *Connector) SetCallWaiting(ctx context.Context, on bool) error {
	return c.do(ctx, func(done func(error)) {
		c.incoming.Waiting = on
		done(nil)
	}, nil)
}
