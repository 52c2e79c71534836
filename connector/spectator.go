package connector

import (
	"context"

	"parley/connector/balancer"
	"parley/connector/call"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/signal"
)

// What a spectator sends at most, bit/s (spec connector 4, "Roles").
const (
	spectatorAudio = 6_000
	defaultAudio   = 520_000 // restored where nothing was known
)

// senders remembers what was sent before we became a spectator.
type senders struct {
	minimal      bool
	audio, video rtc.Encoding
}

func (c *Connector) buildReceiver() {
	c.receiver = c.call.NewReceiver(call.ReceiverDeps{
		Loop: c.loop, Emit: c.prefixed("call:"), Peers: c.config.Peers, HTTP: c.config.HTTP, Logger: c.logger,
		Config: c.receiveConfig, Target: c.offerTarget,
		Fail: func(err error) {
			c.logger.Warn("receive-only session", "error", err)
			c.call.Fail(signal.End{Originator: signal.Local, Cause: signal.CauseInternal, Reason: err.Error()})
		},
	})
	c.call.Machine().OnCredentials(func(string, string) { c.loop.Later(c.credentialsChanged) })
}

func (c *Connector) receiveConfig() rtc.Config {
	config := rtc.Config{Codecs: c.config.Codecs, MaxReceiveBitrate: c.config.MaxReceiveBitrate}
	if configuration := c.connection.Machine().Configuration(); configuration != nil {
		config.ICEServers = configuration.ICEServers
	}
	return config
}

func (c *Connector) offerTarget() (call.OfferTarget, bool) {
	configuration, machine := c.connection.Machine().Configuration(), c.call.Machine()
	if configuration == nil || machine.State() != call.InRoom {
		return call.OfferTarget{}, false
	}
	return call.OfferTarget{Server: configuration.SIPServerURL, Plain: configuration.Plain, Token: machine.Token(),
		Conference: machine.Context().Room}, true
}

// credentialsChanged starts a session that waited for a room with a token, or negotiates it anew: once a change.
func (c *Connector) credentialsChanged() {
	role := c.callSession.Get()
	switch {
	case !role.RecvSessionExpected():
	case c.receiver.Running():
		c.receiver.Renegotiate(func(error) {})
	default:
		c.receiver.Start(role.AudioID)
	}
}

// changeRole follows a change of role.
func (c *Connector) changeRole(before, after session.CallSession) {
	if session.EntersAnySpectator(before, after) {
		c.stopByServer()
		c.sendMinimum()
	}
	if session.LeavesSpectator(before, after) {
		c.receiver.Stop()
	}
	if after.RecvSessionExpected() && (before.Role != after.Role || before.AudioID != after.AudioID) {
		c.receiver.Start(after.AudioID)
	}
	if session.LeavesAnySpectator(before, after) {
		c.sendAgain()
	}
	c.call.UpdateStreams()
}

// sendMinimum limits what we send: nobody is shown a spectator.
func (c *Connector) sendMinimum() {
	peer := c.call.Peer()
	if peer == nil || c.senders.minimal {
		return
	}
	c.senders = senders{minimal: true, audio: peer.Encoding(rtc.SlotAudio), video: peer.Encoding(rtc.SlotMain)}
	audio, video := c.senders.audio, c.senders.video
	audio.MaxBitrate = spectatorAudio
	video.MaxBitrate = int(balancer.LowestBitrate(c.cameraCodec))
	peer.SetEncoding(rtc.SlotAudio, audio)
	peer.SetEncoding(rtc.SlotMain, video)
}

// sendAgain restores it.
func (c *Connector) sendAgain() {
	if !c.senders.minimal {
		return
	}
	saved := c.senders
	c.senders = senders{}
	peer := c.call.Peer()
	if peer == nil {
		return
	}
	if saved.audio.MaxBitrate == 0 {
		saved.audio.MaxBitrate = defaultAudio
	}
	peer.SetEncoding(rtc.SlotAudio, saved.audio)
	peer.SetEncoding(rtc.SlotMain, saved.video)
}

// cameraEncoding is what the balancer sees and sets: while we are a spectator it is what will be restored.
func (c *Connector) cameraEncoding(peer rtc.PeerConnection) rtc.Encoding {
	if c.senders.minimal {
		return c.senders.video
	}
	return peer.Encoding(rtc.SlotMain)
}

func (c *Connector) setCameraEncoding(peer rtc.PeerConnection, e rtc.Encoding) {
	if c.senders.minimal {
		c.senders.video = e
		return
	}
	peer.SetEncoding(rtc.SlotMain, e)
}

// SetRecvQuality changes what a spectator receives: at once in a running session, else in the next one. It returns when
// the session has the new quality.
func (c *Connector) SetRecvQuality(ctx context.Context, quality call.Quality) error {
	return c.do(ctx, func(done func(error)) { c.receiver.SetQuality(quality, done) }, nil)
}
