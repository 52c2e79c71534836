package connector

import (
	"context"
	"errors"

	"parley/connector/api"
	"parley/connector/call"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/connector/signal"
)

// ErrNoTrack is returned when the call has no microphone (camera) to switch.
var ErrNoTrack = errors.New("call: no such track")

// mediaState tells the server what we send: one INFO at a time, the newest state wins.
type mediaState struct {
	send             func()
	running, again   bool
	microphoneForced bool // switched off by a moderator
	cameraForced     bool
}

func (m *mediaState) changed() {
	if m.running {
		m.again = true
		return
	}
	m.send()
}

// SetMicrophone mutes or unmutes at once, then tells the server. The server's answer does not matter.
func (c *Connector) SetMicrophone(ctx context.Context, on bool) error {
	return c.set(ctx, rtc.Audio, on)
}

// SetCamera switches the camera as SetMicrophone does the microphone.
func (c *Connector) SetCamera(ctx context.Context, on bool) error { return c.set(ctx, rtc.Video, on) }

func (c *Connector) set(ctx context.Context, kind rtc.Kind, on bool) error {
	return c.do(ctx, func(done func(error)) {
		stream := c.call.Stream()
		switch {
		case !c.call.Active():
			done(call.ErrNone)
			return
		case kind == rtc.Audio && stream.Audio == nil, kind == rtc.Video && stream.Video == nil:
			done(ErrNoTrack)
			return
		}
		c.mute(kind, on, false)
		done(nil)
	}, nil)
}

// mute switches a track; forced marks a moderator's command.
func (c *Connector) mute(kind rtc.Kind, on, forced bool) {
	if kind == rtc.Audio {
		c.media.microphoneForced = forced && !on
	} else {
		c.media.cameraForced = forced && !on
	}
	if c.call.Mute(kind, on) {
		c.media.changed()
	}
}

// sendMediaState tells the server which of camera and microphone are on.
func (c *Connector) sendMediaState() {
	if !c.call.Confirmed() {
		return
	}
	stream, ctx, to := c.call.Stream(), c.call.Context(), c.call.Session()
	request := api.MediaState(enabled(stream.Video), enabled(stream.Audio))
	c.media.running = true
	c.loop.Go(func(context.Context) func() {
		err := request.Send(ctx, to)
		return func() {
			c.media.running = false
			if err != nil {
				c.logger.Debug("send media state", "error", err)
			}
			if c.media.again {
				c.media.again = false
				c.sendMediaState()
			}
		}
	})
}

func enabled(track rtc.LocalTrack) bool { return track != nil && track.Enabled() }

// StartPresentation shares a screen. The track is the connector's from here on: it stops with the presentation or the
// call. The error is presentation.ErrDeclined when the server said no.
func (c *Connector) StartPresentation(ctx context.Context, track rtc.LocalTrack, o PresentationOptions) error {
	return c.do(ctx, func(done func(error)) {
		c.presentation.Start(track, o.options(), done)
	}, func() { c.presentation.Stop(func(error) {}) })
}

// UpdatePresentation shares another source in place of the running one.
func (c *Connector) UpdatePresentation(ctx context.Context, track rtc.LocalTrack) error {
	return c.do(ctx, func(done func(error)) { c.presentation.Update(track, nil, done) }, nil)
}

// ReplacePresentation is UpdatePresentation with other options: another kind of content asks for another way to send it.
func (c *Connector) ReplacePresentation(ctx context.Context, track rtc.LocalTrack, o PresentationOptions) error {
	options := o.options()
	return c.do(ctx, func(done func(error)) { c.presentation.Update(track, &options, done) }, nil)
}

// StopPresentation ends the share; nil when nothing is shared.
func (c *Connector) StopPresentation(ctx context.Context) error {
	return c.do(ctx, func(done func(error)) { c.presentation.Stop(done) }, nil)
}

// askToPresent makes the request that a presentation needs in this kind of call.
func (c *Connector) askToPresent() func(context.Context) error {
	to, request := c.call.Session(), api.AskToPresent()
	if c.directCall() {
		request = api.ContentAvailable()
	}
	return func(ctx context.Context) error {
		err := request.Send(ctx, to)
		if api.Declined(err) {
			return errors.Join(presentation.ErrDeclined, err)
		}
		return err
	}
}

func (c *Connector) announceStop() func(context.Context) error {
	to, request := c.call.Session(), api.PresentationStopped()
	if c.directCall() {
		request = api.ContentEnded()
	}
	request.Keep = true
	return func(ctx context.Context) error { return request.Send(ctx, to) }
}

// directCall tells a call to one person from a conference.
func (c *Connector) directCall() bool {
	switch c.call.Machine().State() {
	case call.DirectP2PRoom, call.PresentationCall:
		return true
	}
	return false
}

// SendDTMF sends tones one after another and returns when the last is sent. A comma waits two seconds.
func (c *Connector) SendDTMF(ctx context.Context, tones string) error {
	return c.do(ctx, func(done func(error)) {
		if !c.call.Confirmed() {
			done(call.ErrNone)
			return
		}
		to, ended := c.call.Session(), c.call.Context()
		sent := func(tone string) { c.loop.Post(func() { c.dtmf("local", tone) }) }
		c.loop.Go(func(context.Context) func() {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(ended, cancel)()
			err := api.SendTones(ctx, to, tones, sent)
			return func() { done(err) }
		})
	}, nil)
}

func (c *Connector) dtmf(originator, tone string) {
	c.emit("api:new-dtmf", map[string]string{"originator": originator, "tone": tone})
	c.emit("call:newDTMF", map[string]string{"originator": originator, "tone": tone})
}

// RefuseMicrophone tells the server that the person did not switch the microphone on as asked.
func (c *Connector) RefuseMicrophone(ctx context.Context) error {
	return c.request(ctx, api.RefuseMicrophone())
}

// RefuseCamera tells it of the camera.
func (c *Connector) RefuseCamera(ctx context.Context) error {
	return c.request(ctx, api.RefuseCamera())
}

// AskForCamera asks the server for the permission to enable the camera; only its refusal (603) is an error.
func (c *Connector) AskForCamera(ctx context.Context) error {
	return c.request(ctx, api.AskForCamera())
}

// ReportRefer tells the peer whose REFER was accepted last how the call that it asked for goes: provisional codes, then one
// final code (RFC 3515 2.4.4), in the call in which it asked or after its end. signal.ErrNoRefer: nobody waits to hear of it.
func (c *Connector) ReportRefer(ctx context.Context, code int, reason string) error {
	return c.do(ctx, func(done func(error)) {
		to := c.call.Referred()
		if to == nil {
			done(signal.ErrNoRefer)
			return
		}
		c.loop.Go(func(context.Context) func() {
			err := to.NotifyRefer(ctx, code, reason)
			return func() { done(err) }
		})
	}, nil)
}

// WaitChannels waits for the server's next word on the channels.
func (c *Connector) WaitChannels(ctx context.Context) (api.Channels, error) {
	var channels api.Channels
	err := c.do(ctx, func(done func(error)) {
		c.waits.Next("channels:all", func(data any) {
			channels, _ = data.(api.Channels)
			done(nil)
		})
	}, nil)
	return channels, err
}

// WaitSyncMediaState waits for the server's next demand to take over its media state.
func (c *Connector) WaitSyncMediaState(ctx context.Context) (api.Sync, error) {
	var sync api.Sync
	err := c.do(ctx, func(done func(error)) {
		c.waits.Next("admin:force-sync-media-state", func(data any) {
			sync, _ = data.(api.Sync)
			done(nil)
		})
	}, nil)
	return sync, err
}

func (c *Connector) request(ctx context.Context, r api.Request) error {
	return c.do(ctx, func(done func(error)) {
		if !c.call.Confirmed() {
			done(call.ErrNone)
			return
		}
		to, ended := c.call.Session(), c.call.Context()
		c.loop.Go(func(context.Context) func() {
			err := r.Send(ended, to)
			return func() { done(err) }
		})
	}, nil)
}
