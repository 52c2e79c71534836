package window

import (
	"context"
	"errors"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/rtc"
	"parley/views"
)

// Dial implements views.Actions.
func (c *controller) Dial(ctx context.Context, number string, video bool) error {
	redial := c.store.Settings().Redial
	return c.talk(ctx, video, func(link *Link, stream rtc.LocalStream) error {
		return link.Connector.Call(ctx, connector.CallParameters{Number: number, Stream: stream, NoRedial: !redial})
	})
}

// Accept implements views.Actions: the call that is shown as ringing. In a call, or while one is being restored, that ends
// the running one.
func (c *controller) Accept(ctx context.Context, video bool) error {
	c.mu.Lock()
	id := c.snapshot.Incoming.ID
	talking := !c.dialing && (c.snapshot.Call.State != call.Idle || c.snapshot.Redial.State.Reconnecting())
	c.mu.Unlock()
	if talking {
		return c.acceptInstead(ctx, id, video)
	}
	return c.talk(ctx, video, func(link *Link, stream rtc.LocalStream) error {
		return link.Connector.Answer(ctx, connector.AnswerParameters{ID: id, Stream: stream})
	})
}

// acceptInstead ends the running call and takes the one that rings with the same devices: what is muted stays muted. When
// it does not ring any more the running call goes on.
func (c *controller) acceptInstead(ctx context.Context, id string, video bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.dialing {
		c.mu.Unlock()
		return call.ErrActive
	}
	c.dialing = true
	stream := c.stream
	c.mu.Unlock()
	shown := stream.Video != nil && stream.Video.Enabled()
	if shown && !video {
		stream.Video.SetEnabled(false)
	}
	err = link.Connector.Answer(ctx, connector.AnswerParameters{ID: id, Stream: stream, HangUp: true})
	c.mu.Lock()
	c.dialing = false
	c.mu.Unlock()
	c.tryChosen()
	if err == nil {
		return nil
	}
	if link.Connector.Snapshot().Call.State == call.Idle {
		c.dropTracks()
	} else if shown {
		stream.Video.SetEnabled(true) // the running call goes on as it was
	}
	return err
}

// talk opens the devices and begins a call with them.
func (c *controller) talk(ctx context.Context, video bool, begin func(*Link, rtc.LocalStream) error) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	// One call at a time: a second would take the first one's devices out of our hands.
	c.mu.Lock()
	if c.dialing || c.snapshot.Call.State != call.Idle || c.snapshot.Redial.State.Reconnecting() {
		c.mu.Unlock()
		return call.ErrActive
	}
	c.dialing = true
	c.mu.Unlock()
	c.closePreviews()
	stream := c.openStream(video)
	c.mu.Lock()
	c.stream = stream
	c.mu.Unlock()
	if err = ctx.Err(); err == nil {
		err = begin(link, stream)
	}
	c.mu.Lock()
	c.dialing = false
	c.mu.Unlock()
	c.tryChosen()
	if err != nil {
		c.dropTracks()
	}
	return err
}

// HangUp implements views.Actions.
func (c *controller) HangUp(ctx context.Context) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	err = link.Connector.HangUp(ctx)
	if errors.Is(err, call.ErrNone) {
		return nil // over already
	}
	return err
}

// Decline implements views.Actions.
func (c *controller) Decline(ctx context.Context) error { return c.decline(ctx, false) }

// Busy implements views.Actions.
func (c *controller) Busy(ctx context.Context) error { return c.decline(ctx, true) }

func (c *controller) decline(ctx context.Context, busy bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	c.mu.Lock()
	id := c.snapshot.Incoming.ID
	c.mu.Unlock()
	return link.Connector.DeclineCall(ctx, id, busy)
}

// SetMicrophone implements views.Actions.
func (c *controller) SetMicrophone(ctx context.Context, on bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	c.settle(func(v *views.Conference) { v.AskedMicrophone = false })
	return c.switchTrack(rtc.Audio, on, func() error { return link.Connector.SetMicrophone(ctx, on) })
}

// SetCamera implements views.Actions.
func (c *controller) SetCamera(ctx context.Context, on bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	c.settle(func(v *views.Conference) { v.AskedCamera = false })
	return c.switchTrack(rtc.Video, on, func() error { return link.Connector.SetCamera(ctx, on) })
}

// SendDTMF implements views.Actions.
func (c *controller) SendDTMF(ctx context.Context, tones string) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	return link.Connector.SendDTMF(ctx, tones)
}

// RefuseMicrophone implements views.Actions.
func (c *controller) RefuseMicrophone(ctx context.Context) error {
	return c.answer(ctx, func(v *views.Conference) { v.AskedMicrophone = false }, Connector.RefuseMicrophone)
}

// RefuseCamera implements views.Actions.
func (c *controller) RefuseCamera(ctx context.Context) error {
	return c.answer(ctx, func(v *views.Conference) { v.AskedCamera = false }, Connector.RefuseCamera)
}

// answer takes a question away at once and sends the refusal.
func (c *controller) answer(ctx context.Context, settle func(*views.Conference), refuse func(Connector, context.Context) error) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	c.settle(settle)
	return refuse(link.Connector, ctx)
}

func (c *controller) settle(edit func(*views.Conference)) {
	c.mu.Lock()
	edit(&c.conference)
	c.mu.Unlock()
	c.changed()
}
