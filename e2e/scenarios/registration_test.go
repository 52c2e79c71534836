package scenarios

import (
	"errors"
	"testing"
	"time"

	"parley/connector"
	"parley/connector/autoconnect"
	"parley/connector/signal"
	"parley/roomserver"
)

// A wrong password is tried once, whoever connects: one challenge, one answer, and no REGISTER after the 403.
func TestWrongPasswordIsNeverTriedAgain(t *testing.T) {
	s := newStage(t, nil)
	for name, connect := range map[string]func(p *party) error{
		"connect":      func(p *party) error { return p.Connect(p.ctx, p.at) },
		"auto-connect": func(p *party) error { return p.AutoConnect(p.ctx, p.at) },
		"connect and call": func(p *party) error {
			return p.ConnectAndCall(p.ctx, p.at, connector.CallParameters{Number: hall, Stream: p.stream})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &stage{t: t, ctx: s.ctx, server: s.server, log: s.log}
			mark := s.log.mark()
			p := s.newParty(ann, options{manually: true, password: "a guess", config: func(c *connector.Config) {
				c.AutoConnect.RetryDelay = 20 * time.Millisecond
			}})
			err := connect(p)
			var refused *signal.ResponseError
			if !errors.As(err, &refused) || refused.StatusCode != 403 || autoconnect.CanRetry(err) {
				t.Errorf("the error is %v", err)
			}
			registers := 0
			for range 1 { // every socket of the attempt; there is one
				requests, _ := s.until(mark, "disconnected", nil)["requests"].(map[string]int)
				registers += requests["REGISTER"]
			}
			time.Sleep(300 * time.Millisecond) // what must not happen has no event: fifteen delays between attempts
			if registers != 2 || s.log.count(mark, "connected") != 1 || s.log.count(mark, "refused") != 1 {
				t.Errorf("%d REGISTERs over %d sockets, %d refusals; want a challenge, an answer and a refusal", registers,
					s.log.count(mark, "connected"), s.log.count(mark, "refused"))
			}
		})
	}
}

// A registration that is too short for the server is lengthened (423), refreshed in time, and over when the client is dead.
func TestRegistrationExpires(t *testing.T) {
	const least = 2 * time.Second
	s := newStage(t, func(c *roomserver.Config) { c.MinExpires = least })
	a := s.newParty(ann, options{connect: func(p *connector.ConnectParameters) { p.RegisterExpires = time.Second }})
	b := s.newParty(ben, options{connect: func(p *connector.ConnectParameters) { p.RegisterExpires = time.Minute }})
	if n := s.requests(ann)["REGISTER"]; n < 3 { // challenge, too brief, taken; a new nonce would make it more
		t.Errorf("%d REGISTERs: the first was not too brief", n)
	}
	begun := time.Now()
	mark := s.log.mark()
	for range 2 {
		s.until(mark, "registered", of(ann))
		mark = s.log.mark()
	}
	if took := time.Since(begun); took < least {
		t.Errorf("two refreshes within %v: each has to wait for half of %v", took, least)
	}
	if s.log.count(0, "unregistered") != 0 {
		t.Error("the registration was over in between")
	}
	// She can still be called.
	ring := a.log.mark()
	answered := make(chan error, 1)
	go func() {
		answered <- b.Call(b.ctx, connector.CallParameters{Number: ann, Stream: b.stream, NoRedial: true})
	}()
	a.expects(ring, "incoming-call:ringing")
	a.must(a.Decline(a.ctx, true))
	if end := callError(<-answered); end == nil || end.Cause != signal.CauseBusy {
		t.Errorf("declined as busy: %v", end)
	}
	// Dead, she is forgotten when her time is over, and whoever calls is told at once.
	mark = s.log.mark()
	s.tell("silence-socket ann")
	s.until(mark, "unregistered", func(d map[string]any) bool { return d["user"] == ann && d["reason"] == "expired" })
	err := b.Call(b.ctx, connector.CallParameters{Number: ann, Stream: b.stream, NoRedial: true})
	if end := callError(err); end == nil || end.Cause != signal.CauseUnavailable || end.StatusCode != 480 {
		t.Errorf("a call to somebody whose registration is over: %v", err)
	}
	s.tell("drop-socket ann") // she comes back by herself
	s.until(mark, "registered", of(ann))
}
