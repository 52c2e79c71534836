package kamailio

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"testing"

	"parley/connector"
	"parley/connector/rtc"
	"parley/connector/signal"
	"parley/connector/sip"
	"parley/media/device"
	"parley/media/peer"
)

// Two connectors over ws: call both ways, INFO, tones both ways, presentation, the end from both sides.
func TestPlainWebSocket(t *testing.T) {
	both(t, func(t *testing.T, change func(*settings)) {
		ctx := within(t)
		s := start(ctx, t, change)
		a, b := newParty(ctx, t, s, ours, true), newParty(ctx, t, s, theirs, true)
		for round, way := range []struct{ caller, callee *party }{{a, b}, {b, a}} {
			converse(ctx, t, way.caller, way.callee, round+1)
		}
	})
}

// converse lets caller call callee and do what a call is for; round counts the calls of these two, from 1.
func converse(ctx context.Context, t *testing.T, caller, callee *party, round int) {
	t.Helper()
	answered := make(chan error, 1)
	go func() { answered <- callee.answer(ctx) }()
	if err := caller.connector.Call(ctx, connector.CallParameters{Number: callee.user, Stream: caller.stream}); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	for _, p := range []*party{caller, callee} {
		p.again(ctx, round, "call:confirmed")
		p.until(ctx, `api:enter-room {"room":"p2p`+caller.user+"to"+callee.user)
	}
	// Tones, each way.
	for _, way := range []struct{ from, to *party }{{caller, callee}, {callee, caller}} {
		if err := way.from.connector.SendDTMF(ctx, "5#"); err != nil {
			t.Error(err)
		}
		for _, tone := range []string{"5", "#"} {
			way.to.again(ctx, round, `call:newDTMF {"originator":"remote","tone":"`+tone+`"}`)
		}
	}
	// Each of the two presents once. A presentation, there and back: permission by INFO, the picture by re-INVITE.
	screen, err := device.OpenVideoTrack("pattern", device.VideoOptions{Width: 320, Height: 240, FPS: 5},
		device.TrackOptions{ID: "presentation"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { screen.Stop(); <-screen.Released() }()
	if err := caller.connector.StartPresentation(ctx, screen, connector.PresentationOptions{}); err != nil {
		t.Errorf("present: %v", err)
	}
	callee.until(ctx, "call:reinvite")
	callee.until(ctx, "api:contented-stream:available")
	if err := caller.connector.StopPresentation(ctx); err != nil {
		t.Errorf("stop presenting: %v", err)
	}
	callee.until(ctx, "api:contented-stream:not-available")
	// Picture and sound flow both ways.
	for _, p := range []*party{caller, callee} {
		p.receives(ctx)
	}
	ends, hears := caller, callee
	if round%2 == 0 { // the same one hangs up again, who is called now
		ends, hears = callee, caller
	}
	if err := ends.connector.HangUp(ctx); err != nil {
		t.Error(err)
	}
	ends.again(ctx, round, `call:ended {"originator":"local"`)
	hears.again(ctx, round, `call:ended {"originator":"remote"`)
}

// phone is a bare SIP user agent with its own idea of when to hold.
type phone struct {
	agent   signal.UserAgent
	session signal.Session
	peer    rtc.PeerConnection
	log     log
}

// newPhone registers.
func newPhone(ctx context.Context, t *testing.T, s *server, user string) *phone {
	t.Helper()
	p := &phone{}
	var err error
	p.agent, err = sip.Dialer{}.NewUserAgent(signal.Config{
		URL: "wss://" + s.secure() + "/", Domain: s.Domain, User: user, Password: password + user, Register: true,
		InstanceID: "00000000-0000-4000-8000-00000000" + user, TLS: &tls.Config{InsecureSkipVerify: true},
	}, signal.Handler{
		OnConnected:          func() { p.log.add("connected") },
		OnRegistered:         func() { p.log.add("registered") },
		OnRegistrationFailed: func(err *signal.ResponseError) { p.log.add(err.Error()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stopping, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := p.agent.Stop(stopping); err != nil {
			t.Error(err)
		}
		if p.peer != nil {
			p.peer.Close()
		}
		if t.Failed() {
			t.Logf("the phone said:\n%s", p.log.story())
		}
	})
	p.register(ctx, t)
	return p
}

func (p *phone) register(ctx context.Context, t *testing.T) {
	t.Helper()
	if err := p.log.until(ctx, "registered"); err != nil {
		t.Fatal(err)
	}
}

// call calls a number and waits until the call is confirmed.
func (p *phone) call(ctx context.Context, t *testing.T, number string) {
	t.Helper()
	var err error
	if p.peer, err = peer.New(peer.Config{Loopback: true}).NewPeerConnection(rtc.Config{}); err != nil {
		t.Fatal(err)
	}
	offer, err := p.peer.Offer(ctx, rtc.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.session, err = p.agent.Invite(number, signal.InviteOptions{Offer: offer}, signal.SessionHandler{
		OnAnswer:    func(sdp string) error { return p.peer.ApplyAnswer(ctx, sdp) },
		OnConfirmed: func() { p.log.add("confirmed") },
		OnFailed:    func(end signal.End) { p.log.add(fmt.Sprintf("failed %+v", end)) },
		OnEnded:     func(end signal.End) { p.log.add(fmt.Sprintf("ended %+v", end)) },
		OnInfo: func(kind string, _ []signal.Header, body []byte) {
			p.log.add(fmt.Sprintf("info %s %q", kind, body))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.log.until(ctx, "confirmed"); err != nil {
		t.Fatal(err)
	}
}

// offer sends a re-INVITE in which every m-line has the direction, and checks the answer's.
func (p *phone) offer(ctx context.Context, t *testing.T, direction, answered string) {
	t.Helper()
	offer, err := p.peer.Offer(ctx, rtc.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer("a=sendrecv", "a="+direction, "a=recvonly", "a="+direction).Replace(offer)
	answer, err := p.session.Reinvite(ctx, changed, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.peer.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"sendrecv", "sendonly", "recvonly", "inactive"} {
		if count := strings.Count(answer, "a="+other); (other == answered) != (count > 0) {
			t.Errorf("%d m-lines of the answer to %s are %s; want all %s", count, direction, other, answered)
		}
	}
}

// The other side holds the call and takes it up again (re-INVITE both times), sends a tone, and hangs up.
func TestHold(t *testing.T) {
	both(t, func(t *testing.T, change func(*settings)) {
		ctx := within(t)
		s := start(ctx, t, change)
		parley := call(t, s, ours, password+ours, "--answer")
		until(ctx, t, parley, "connection:registered")
		p := newPhone(ctx, t, s, theirs)
		p.call(ctx, t, ours)
		until(ctx, t, parley, "call:confirmed")

		p.offer(ctx, t, "sendonly", "recvonly")
		until(ctx, t, parley, "call:hold")
		if parley.Count("call:unhold") != 0 {
			t.Error("unhold before its time")
		}
		p.offer(ctx, t, "sendrecv", "sendrecv")
		until(ctx, t, parley, "call:unhold")
		if parley.Count("call:hold") != 1 {
			t.Error("held more than once")
		}
		p.offer(ctx, t, "inactive", "inactive")
		p.offer(ctx, t, "sendrecv", "sendrecv")

		if err := p.session.Info(ctx, "application/dtmf-relay", []byte("Signal=7\r\nDuration=120"), nil, false); err != nil {
			t.Error(err)
		}
		tone := until(ctx, t, parley, "call:newDTMF")
		var data struct{ Originator, Tone string }
		if err := tone.Decode(&data); err != nil || data.Tone != "7" || data.Originator != "remote" {
			t.Errorf("tone %s (%v), want a remote 7", tone.Data, err)
		}
		if err := p.session.Terminate(ctx, 0, ""); err != nil {
			t.Error(err)
		}
		ended(ctx, t, parley, "remote")
		if held, back := parley.Count("call:hold"), parley.Count("call:unhold"); held != 2 || back != 2 {
			t.Errorf("held %d times and back %d times, want 2 and 2", held, back)
		}
	})
}
