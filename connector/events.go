package connector

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"parley/connector/api"
	"parley/connector/call"
	"parley/connector/rtc"
	"parley/connector/signal"
)

func (c *Connector) prefixed(prefix string) func(string, any) {
	return func(name string, data any) { c.emit(prefix+name, data) }
}

// emit brings the machines up to date, then tells the subscribers, then lets the parts react.
func (c *Connector) emit(name string, data any) {
	c.logger.Debug("event", "name", name)
	c.follow(name, data)
	c.subscribers.deliver(Event{Name: name, Time: time.Now(), Data: data})
	c.react(name, data)
}

// follow keeps the read models in step with an event.
func (c *Connector) follow(name string, data any) {
	prefix, rest, _ := strings.Cut(name, ":")
	switch prefix {
	case "connection":
		c.connection.Machine().HandleEvent(rest)
	case "api":
		c.followAPI(name, data)
	case "call":
		c.content.HandleEvent(name, "")
	}
	switch name {
	case "call:ended", "call:failed":
		c.receiver.Stop()
		c.senders = senders{}
		c.callSession.Reset()
		c.media.microphoneForced, c.media.cameraForced, c.media.again = false, false, false
		if err, ok := data.(*call.Error); ok && err.Originator != signal.Local {
			c.lastError = err
		}
	}
}

func (c *Connector) followAPI(name string, data any) {
	switch d := data.(type) {
	case api.Sync:
		c.callSession.HandleEvent(name, d.Forced)
	case api.EnterRoom:
		c.call.Machine().HandleEvent(name, call.Event{Room: d.Room, ParticipantName: d.Participant,
			Token: string(d.Token), DirectP2P: d.DirectP2P})
	case api.TokenIssued:
		c.call.Machine().HandleEvent(name, call.Event{Token: string(d.JWT), ConferenceOfToken: d.Conference,
			ParticipantName: d.Participant})
	case api.Codec:
		c.content.HandleEvent(name, d.Codec)
	case nil:
		c.content.HandleEvent(name, "")
	}
}

// react is what one part's event makes the others do.
func (c *Connector) react(name string, data any) {
	defer c.keepAlive(name, data)
	switch name {
	case "connection:connected-with-configuration":
		if !c.call.Active() {
			c.emit("connected-with-configuration-from-out-of-call", data)
		}
	case "connection:disconnected":
		c.incoming.Lost()
		if !c.call.Active() {
			c.emit("disconnected-from-out-of-call", data)
		}
	case "connection:registrationFailed", "connection:connect-failed":
		c.incoming.Lost()
	case "stats:collected":
		c.onCollected(data)
	case "main-stream-health:inbound-video-problem-detected":
		c.recovery.Recover()
	case "call:peerconnection:confirmed", "call:recv-session-started", "call:recv-session-ended", "call:recv-quality-changed":
		c.monitor(strings.TrimPrefix(name, "call:"))
	case "call:ended", "call:failed":
		var failed error
		if name == "call:failed" {
			failed, _ = data.(error)
		}
		c.presentation.CallOver(failed)
		c.monitor(strings.TrimPrefix(name, "call:"))
	case "presentation:failed":
		if err := c.presentation.Machine().Context().LastErr; err != nil {
			c.lastError = err
		}
	default:
		if strings.HasPrefix(name, "api:") {
			c.reactAPI(name, data)
		}
	}
}

func (c *Connector) reactAPI(name string, data any) {
	c.waits.Deliver(api.Event{Name: strings.TrimPrefix(name, "api:"), Data: data})
	switch name {
	case "api:contented-stream:available", "api:contented-stream:not-available":
		c.call.UpdateStreams()
	case "api:main-cam-control":
		c.control(data)
	case "api:presentation:must-stop":
		c.stopByServer()
	case "api:admin:stop-mic":
		c.mute(rtc.Audio, false, true)
	case "api:admin:stop-main-cam":
		c.mute(rtc.Video, false, true)
	case "api:admin:start-mic":
		c.media.microphoneForced = false
	case "api:admin:start-main-cam":
		c.media.cameraForced = false
	case "api:use-license":
		license, _ := data.(string)
		c.callSession.SetLicense(license)
	case "api:participant:move-request-to-spectators-synthetic":
		d, _ := data.(api.SpectatorsSynthetic)
		c.callSession.Synthetic(d.Available)
	case "api:participant:move-request-to-spectators-with-audio-id":
		d, _ := data.(api.SpectatorsWithAudio)
		c.callSession.Spectator(d.AudioID, d.Available)
	case "api:participant:move-request-to-participants":
		c.callSession.Participant()
	}
}

// stopByServer ends a running presentation because the server says so.
func (c *Connector) stopByServer() {
	if c.presentation.Running() {
		c.emit("stopped-presentation-by-server-command", struct{}{})
		c.presentation.Stop(func(error) {})
	}
}

// onInfo is an INFO of the call's peer.
func (c *Connector) onInfo(contentType string, headers []signal.Header, body []byte) {
	if tone := api.ParseTone(contentType, body); tone != "" {
		c.dtmf("remote", tone)
		return
	}
	c.onServerMessage(contentType, headers)
}

// onNotify is a NOTIFY outside any dialog.
func (c *Connector) onNotify(headers []signal.Header, _ []byte) {
	c.onServerMessage(api.TypeNotify, headers)
}

// loudly is how many messages of no use are logged as warnings: a server must not be able to flood the log. The others are
// there for debugging.
const loudly = 10

// onServerMessage turns a message of the server's into events. One of no use is logged with what is wrong with it.
func (c *Connector) onServerMessage(contentType string, headers []signal.Header) {
	events := api.ParseInfo(contentType, headers)
	for _, event := range events {
		c.emit("api:"+event.Name, event.Data)
	}
	if len(events) > 0 || api.ForServer(contentType) {
		return
	}
	level := slog.LevelDebug
	if c.ignored++; c.ignored <= loudly {
		level = slog.LevelWarn
	}
	c.logger.Log(c.loop.Context(), level, "message of the server ignored", "reason", api.Explain(contentType, headers),
		"count", c.ignored)
}

// announceRoom tells the other side the room of a direct call, right before the call counts as confirmed (spec
// connector 13, point 9: servers expect it in conferences too, where a failure means nothing).
func (c *Connector) announceRoom() {
	configuration := c.connection.Machine().Configuration()
	if configuration == nil || configuration.AuthorizationUser == "" || c.call.Number() == "" {
		return
	}
	request := api.EnterRoomRequest(configuration.AuthorizationUser, c.call.Number(), !c.call.Answered())
	ctx, to := c.call.Context(), c.call.Session()
	c.loop.Go(func(context.Context) func() {
		err := request.Send(ctx, to)
		if err == nil || errors.Is(err, context.Canceled) {
			return nil
		}
		return func() { c.roomFailed(ctx, err) }
	})
}

// roomFailed ends a direct call whose other side did not take our room; everywhere else it is logged only.
func (c *Connector) roomFailed(callContext context.Context, err error) {
	if callContext.Err() != nil {
		return
	}
	c.logger.Debug("announce room", "error", err)
	if c.call.Machine().State() != call.DirectP2PRoom {
		return
	}
	event := api.RoomFailed(err)
	c.emit("api:"+event.Name, event.Data)
	c.call.Fail(signal.End{Originator: signal.Local, Cause: signal.CauseInternal})
}

// subscribers of the event stream.
type subscribers struct {
	mu   sync.Mutex
	next int
	list []subscriber
}

type subscriber struct {
	id int
	fn func(Event)
}

// Subscribe delivers every event, in order, on the loop. Fn must not block and must not call a blocking method of the
// connector. After cancel no further event is delivered, but for one that is being delivered.
func (c *Connector) Subscribe(fn func(Event)) (cancel func()) {
	s := &c.subscribers
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	id := s.next
	s.list = append(s.list[:len(s.list):len(s.list)], subscriber{id, fn})
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		kept := make([]subscriber, 0, len(s.list))
		for _, other := range s.list {
			if other.id != id {
				kept = append(kept, other)
			}
		}
		s.list = kept
	}
}

func (s *subscribers) deliver(event Event) {
	s.mu.Lock()
	list := s.list
	s.mu.Unlock()
	for _, subscriber := range list {
		subscriber.fn(event)
	}
}
