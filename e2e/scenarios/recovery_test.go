package scenarios

import (
	"testing"
	"time"

	"parley/connector"
	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/connection"
	"parley/connector/session"
	"parley/connector/signal"
	"parley/connector/sip"
	"parley/media/peer"
	"parley/roomserver"
)

// soon makes a party notice dead media within two seconds (30 s in life).
func soon(c *peer.Config) { c.Disconnected, c.Failed = mediaDisconnected, mediaFailed }

// withBot starts a server with a synthetic participant in the hall.
func withBot(c *roomserver.Config) { c.Bots, c.BotRoom = 1, hall }

// The socket is cut in a call and comes back: sound and picture go on all the time, and so does the dialog, both ways.
func TestSocketLostInACall(t *testing.T) {
	s := newStage(t, nil)
	a, b := s.newParty(ann, options{connect: func(p *connector.ConnectParameters) {
		p.RecoveryMin, p.RecoveryMax = time.Second, time.Second
	}}), s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	a.sees(benColour)
	b.sees(annColour)

	mark, server := a.log.mark(), s.log.mark()
	s.tell("drop-socket ann")
	a.expects(mark, "connection:disconnected")
	a.sees(benColour)
	b.sees(annColour)
	if s.participant(ann).Connected || a.log.count(mark, "connection:connected") > 0 {
		t.Error("the pictures came after the socket was back: that proves nothing")
	}
	a.expects(mark, "connection:connected", "connection:registered")
	if state := a.Snapshot().Connection; state != connection.Established {
		t.Errorf("the connection is %s", state)
	}

	s.until(server, "registered", of(ann))
	s.tell("mute ann forced") // the server's requests find the call
	a.expects(mark, "api:admin:stop-mic", "call:muted")
	s.until(server, "media-state", of(ann)) // and ours
	shown := screen(t, slides)
	a.must(a.presents(shown)) // with a re-INVITE
	b.seesShared(slides)
	if a.log.count(0, "call:confirmed") != 1 || a.log.count(0, "call:ended") != 0 {
		t.Error("it is another call")
	}
}

// A half-open socket (nothing comes, not even pongs) is found by the WebSocket's pings and replaced, and the call is the
// same.
func TestHalfOpenSocket(t *testing.T) {
	s := newStage(t, nil)
	a, b := s.newParty(ann, options{dialer: func(d *sip.Dialer) { d.PingInterval = 500 * time.Millisecond }}), s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	a.sees(benColour)
	mark, server := a.log.mark(), s.log.mark()
	s.tell("silence-socket ann")
	a.expects(mark, "connection:disconnected", "connection:registered")
	a.sees(benColour)
	s.until(server, "registered", of(ann))
	s.tell("mute ann forced")
	a.expects(mark, "call:muted")
	s.until(server, "media-state", of(ann))
	if a.log.count(0, "call:ended") != 0 {
		t.Error("the call ended")
	}
}

// A server that answers pings but loses every SIP message is found by the auto-connector's OPTIONS: two in a row fail, the
// socket is replaced, and the call goes on meanwhile and afterwards.
func TestDeadSignallingIsFoundByPing(t *testing.T) {
	s := newStage(t, nil)
	a := s.newParty(ann, options{manually: true, config: func(c *connector.Config) {
		c.AutoConnect = autoconnect.Options{PingInterval: 200 * time.Millisecond, PingTimeout: 700 * time.Millisecond}
	}})
	a.must(a.AutoConnect(a.ctx, a.at))
	b := s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	a.sees(benColour)
	mark, server := a.log.mark(), s.log.mark()
	s.tell("sip-drop ann 1")
	a.expects(mark, "connection:disconnected", "connection:registered")
	a.sees(benColour)
	b.sees(annColour)
	s.until(server, "registered", of(ann))
	s.tell("mute ann forced")
	a.expects(mark, "call:muted")
	s.until(server, "media-state", of(ann))
	if a.log.count(0, "call:ended") != 0 {
		t.Error("the call ended")
	}
	if state := a.Snapshot().AutoConnector; state != autoconnect.ConnectedMonitoring {
		t.Errorf("the auto-connector is %s", state)
	}
}

// Socket and media are lost together: the call ends as RTP Timeout, and comes back by itself with its picture.
func TestRedialAfterSocketAndMediaWereLost(t *testing.T) {
	s := newStage(t, nil)
	a, b := s.newParty(ann, options{peers: soon}), s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	a.sees(benColour)
	b.sees(annColour)
	mark := a.log.mark()
	s.tell("media-drop ann 1")
	s.tell("drop-socket ann")
	a.lost(mark, signal.System)
	a.sees(benColour)
	b.sees(annColour)
	a.expects(mark, "api:conference:participant-token-issued")
	if now := a.Snapshot(); now.SystemStatus() != session.StatusCallActive || now.Redial.Attempt != 0 {
		t.Errorf("restored: %s, attempt %d", now.SystemStatus(), now.Redial.Attempt)
	}
	if n := a.log.count(mark, "call:ended"); n != 1 {
		t.Errorf("%d ends of a call", n)
	}
}

// lost waits for the end of a call whose media was lost, and for what brings it back.
func (p *party) lost(mark int, originator signal.Originator) {
	p.t.Helper()
	end := callError(p.hears(mark, "call:ended", nil).data)
	if end == nil || end.Cause != signal.CauseRTPTimeout || end.Originator != originator || end.StatusCode != 408 {
		p.t.Errorf("%s: the call ended by %+v", p.user, end)
	}
	p.expects(mark, "call:ended", "call-reconnect:termination-classified", "call-reconnect:failure-detected",
		"call-reconnect:attempt-scheduled", "call-reconnect:attempt-started", "call:confirmed", "call-reconnect:attempt-succeeded")
}

// A server that hears nothing of our media any more says BYE with Reason 408 "RTP Timeout": that is a loss too, and the call
// comes back; a plain BYE is an end as asked, and nothing calls again.
func TestByeForLostMediaIsRedialled(t *testing.T) {
	s := newStage(t, withBot)
	a := s.newParty(ann, options{})
	a.joins(hall)
	a.sees(botColour)
	mark := a.log.mark()
	s.tell("end-call ann 408")
	a.lost(mark, signal.Remote)
	a.sees(botColour)

	mark = a.log.mark()
	s.tell("end-call ann")
	end := callError(a.hears(mark, "call:ended", nil).data)
	if end == nil || end.Cause != signal.CauseTerminated || end.Originator != signal.Remote {
		t.Errorf("ended by the moderator: %+v", end)
	}
	a.finished(mark)
}

// finished waits for the word that a call is over for good, and checks that nothing calls again.
func (p *party) finished(mark int) {
	p.t.Helper()
	p.expects(mark, "call-reconnect:termination-classified", "call-reconnect:disarmed")
	now := p.until("ready to call", func(n session.Snapshot) bool { return n.SystemStatus() == session.StatusReadyToCall })
	if now.Redial.State.Reconnecting() || p.log.count(mark, "call-reconnect:attempt-scheduled") != 0 {
		p.t.Errorf("%s: something calls again: %s", p.user, now.Redial.State)
	}
}

// The server restarts in a call, and the client notices by its media: RTP Timeout, and redial brings the call back.
func TestServerRestartNoticedByMedia(t *testing.T) {
	s := newStage(t, withBot)
	a := s.newParty(ann, options{peers: soon})
	a.joins(hall)
	a.sees(botColour)
	mark := a.log.mark()
	s.tell("restart 300ms")
	a.lost(mark, signal.System)
	a.sees(botColour)
	if state := a.Snapshot().Call.State; state != call.InRoom {
		t.Errorf("the call is %s", state)
	}
}

// The server restarts in a call, and the client notices by a request in its dialog: 481 ends the call (Dialog Error), which is
// no failure of the network, so nothing calls again; the next call is as good as ever.
func TestServerRestartNoticedBySignalling(t *testing.T) {
	s := newStage(t, withBot)
	a := s.newParty(ann, options{})
	a.joins(hall)
	a.sees(botColour)
	mark := a.log.mark()
	s.tell("restart")
	a.expects(mark, "connection:disconnected", "connection:registered")
	if err := a.Renegotiate(a.ctx); err == nil {
		t.Error("a server that knows nothing of the call took a re-INVITE")
	}
	end := callError(a.hears(mark, "call:ended", nil).data)
	if end == nil || end.Cause != signal.CauseDialog || end.StatusCode != 481 {
		t.Errorf("the call ended by %+v", end)
	}
	a.finished(mark)
	a.joins(hall)
	a.sees(botColour)
}

// The way of the media dies (another network, say): an ICE restart moves the call to new addresses, and picture both ways
// comes back within the same call; then the server moves, and the same happens the other way round.
func TestMediaMovesToOtherAddresses(t *testing.T) {
	s := newStage(t, nil)
	a, b := s.newParty(ann, options{}), s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	a.sees(benColour)
	b.sees(annColour)
	before := a.pair()

	s.tell("media-cut ann")
	a.must(a.RestartICE(a.ctx, connector.RestartOptions{}))
	a.sees(benColour)
	b.sees(annColour)
	moved := a.pair()
	if moved == before {
		t.Errorf("media goes over the same pair %+v", moved)
	}

	mark := a.log.mark()
	s.tell("media-move ann")
	a.expects(mark, "call:reinvite")
	a.sees(benColour)
	b.sees(annColour)
	if again := a.pair(); again == moved {
		t.Errorf("media goes over the same pair %+v", again)
	}
	if a.log.count(0, "call:confirmed") != 1 || a.log.count(0, "call:ended") != 0 {
		t.Error("it is another call")
	}
}

// pair is the pair of ports that is in use: ours and the server's.
func (p *party) pair() (ports [2]uint16) {
	p.t.Helper()
	stats, err := p.Stats(p.ctx)
	p.must(err)
	for i, name := range []string{"localCandidate", "remoteCandidate"} {
		candidate, _ := stats.CandidatePair[name].(map[string]any)
		ports[i], _ = candidate["port"].(uint16)
	}
	if ports[0] == 0 || ports[1] == 0 {
		p.t.Errorf("%s: the pair in use is %v", p.user, stats.CandidatePair)
	}
	return ports
}
