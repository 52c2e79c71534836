package connector

import (
	"context"
	"errors"

	"parley/connector/call"
	"parley/connector/rtc"
	"parley/connector/stats"
)

// ReplaceStream sends other devices; muted stays muted. It returns when they are sent, or with o.Prove when statistics have
// shown it: *stats.ErrNotSent when they have not. A failed renegotiation leaves the call as it was, with the new devices:
// call.ErrNotNegotiated.
func (c *Connector) ReplaceStream(ctx context.Context, stream rtc.LocalStream, o ReplaceOptions) error {
	return c.do(ctx, func(done func(error)) {
		camera := c.cameraOfCall()
		if camera == nil {
			done(call.ErrNone)
			return
		}
		how := call.Replacement{KeepExisting: o.KeepExisting, OnlyExisting: o.OnlyExisting, Renegotiate: o.Renegotiate}
		c.call.Replace(stream, how, func(err error) {
			if c.call.Peer() == camera.peer && !c.call.Answered() {
				c.lastCall.Stream = c.call.Stream() // a call that is restored sends what was sent last
			}
			sent := err == nil || errors.Is(err, call.ErrNotNegotiated)
			if !sent || c.call.Peer() != camera.peer {
				done(err)
				return
			}
			camera.adjust(o)
			c.balancer.Balancer.Replaced()
			if err != nil {
				done(err)
				return
			}
			c.prove(camera.peer, o.Prove, done)
		})
	}, nil)
}

// prove waits until the camera's packets are seen to go out, counted from now. It asks the sending peer connection itself:
// the statistics of a call come seldom where they take long, and are a spectator's receiving session's.
func (c *Connector) prove(peer rtc.PeerConnection, strictness stats.Strictness, done func(error)) {
	track := c.call.Stream().Video
	if strictness == "" || track == nil || !track.Enabled() {
		done(nil)
		return
	}
	proof, over := &stats.Verifier{Loop: c.loop}, false
	end := context.AfterFunc(c.call.Context(), func() { c.loop.Post(proof.Reset) })
	finish := func(err error) {
		over = true
		end()
		done(err)
	}
	begun := false
	var sample func()
	sample = func() {
		c.loop.Go(func(ctx context.Context) func() {
			now, err := peer.Stats(ctx)
			return func() {
				switch {
				case over:
					return
				case c.call.Peer() != peer:
					proof.Reset()
					if !begun {
						finish(call.ErrNone)
					}
					return
				case begun:
					if err == nil { // one that fails is one sample less
						proof.Add(stats.SentOf(now))
					}
				case err != nil:
					finish(err)
					return
				default:
					begun = true
					proof.Wait(stats.SentOf(now), track.ID(), strictness, stats.VerifyTimeout, finish)
				}
				if !over {
					c.loop.After(stats.Interval, sample)
				}
			}
		})
	}
	sample()
}

// RestartICE gathers anew and offers new transport credentials. A failure leaves the call as it was.
func (c *Connector) RestartICE(ctx context.Context, o RestartOptions) error {
	return c.do(ctx, func(done func(error)) {
		if camera := c.cameraOfCall(); camera != nil && o.Encoding != nil {
			camera.adjust(ReplaceOptions{Encoding: o.Encoding})
		}
		c.call.Negotiate(call.Negotiation{UseUpdate: o.UseUpdate, Headers: o.ExtraHeaders,
			Offer: rtc.OfferOptions{ICERestart: true, NoAudio: o.NoAudio, NoVideo: o.NoVideo}}, done)
	}, nil)
}

// Hold puts the other side on hold, or takes the call back: it is asked to send nothing, and gets neither sound nor camera
// of ours ("call:hold", "call:unhold" with the originator "local"), nor a presentation, which goes on when the call is taken
// back; none can begin meanwhile (call.ErrOnHold). A failure leaves the call as it was.
func (c *Connector) Hold(ctx context.Context, on bool) error {
	return c.do(ctx, func(done func(error)) { c.call.Hold(on, done) }, nil)
}
