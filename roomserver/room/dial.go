package room

import (
	"fmt"
	"sync"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/webrtc/v4"

	"parley/connector/signal"
	"parley/roomserver/exchange"
)

// Outgoing is a call of ours that brings somebody into a room.
type Outgoing struct {
	Number string // the room
	User   string // who is called
	// Direct is the name of a caller other than the room: then the call is announced as a direct one, between two users.
	Direct string
	// Place sends the INVITE with an offer, as exchange.Dial does.
	Place func(offer string, h exchange.Handler, answered func(answer string, err error)) (Dialog, error)
}

// Dial calls somebody. It does not block; done is closed when the call has ended, however it went.
func (rs *Rooms) Dial(o Outgoing) (done <-chan struct{}, err error) {
	l := &line{number: o.Number, to: signal.Identity{User: o.User}}
	p := newParticipant(rs, l)
	p.direct = o.Direct
	p.place = func(p *Participant, offer string) error {
		answers := make(chan answerOf, 1)
		d, err := o.Place(offer, p.handler(), func(answer string, err error) { answers <- answerOf{answer, err} })
		if err != nil {
			return err
		}
		l.set(d)
		return p.await(answers)
	}
	rs.mu.Lock()
	closed := rs.closed
	if !closed {
		rs.work.Add(1)
	}
	rs.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	ended := make(chan struct{})
	go func() {
		defer rs.work.Done()
		defer close(ended)
		p.run()
	}()
	return ended, nil
}

type answerOf struct {
	sdp string
	err error
}

// await applies the answer to the first offer.
func (p *Participant) await(answers <-chan answerOf) error {
	select {
	case a := <-answers:
		if a.err != nil {
			return a.err
		}
		if err := p.pc.SetRemoteDescription(description(webrtc.SDPTypeAnswer, a.sdp)); err != nil {
			p.call.Bye(sip.StatusNotAcceptableHere, "Incompatible SDP")
			return fmt.Errorf("answer: %w", err)
		}
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// dial makes the offer and calls; false when it came to nothing.
func (p *Participant) dial() bool {
	offer, err := p.firstOffer()
	if err == nil {
		err = p.place(p, offer)
	}
	if err != nil {
		p.rooms.log.Info("call not answered", "user", p.user, "error", err)
		p.rooms.event("unanswered", map[string]any{"room": p.room.number, "user": p.user, "reason": err.Error()})
		p.call.Bye(0, "not answered")
		p.leave()
		return false
	}
	return true
}

func (p *Participant) firstOffer() (string, error) {
	codec := p.room.defaultCodec()
	if err := p.connect(voices[0], codec); err != nil {
		return "", err
	}
	if err := p.addMain(voices[0], codec); err != nil {
		return "", err
	}
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("create offer: %w", err)
	}
	return p.setLocal(offer)
}

// defaultCodec gives the room's codec, settling for the best one when there is none yet.
func (r *Room) defaultCodec() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.codec == "" {
		r.codec = codecOrder[0]
	}
	return r.codec
}

// greetDirectly announces the room of a direct call, as both sides of one do (protocol, "INFO").
func (p *Participant) greetDirectly() {
	p.call.Info("roomname", []signal.Header{
		{Name: "x-webrtc-enter-room", Value: "p2p" + p.direct + "to" + p.user},
		{Name: "x-webrtc-participant-name", Value: p.user},
		{Name: "x-webrtc-is-direct-p2p", Value: "true"},
	}, nil)
	p.rooms.event("confirmed", map[string]any{"room": p.room.number, "participant": p.id, "direct": true})
}

// line is a dialog that is not there yet: what is sent before is lost.
type line struct {
	number string
	to     signal.Identity

	mu sync.Mutex
	d  Dialog
}

func (l *line) set(d Dialog) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.d = d
}

func (l *line) dialog() Dialog {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.d
}

// Number is the room.
func (l *line) Number() string { return l.number }

// Offer is ours.
func (l *line) Offer() string { return "" }

// From is who is at the other end.
func (l *line) From() signal.Identity { return l.to }

// Headers are none.
func (l *line) Headers() []signal.Header { return nil }

// SetHandler does nothing: the handler goes with the INVITE.
func (l *line) SetHandler(exchange.Handler) {}

// Accept is not for a call of ours.
func (l *line) Accept(string) error { return exchange.ErrGone }

// Reject ends the call.
func (l *line) Reject(code int, reason string) { l.Bye(code, reason) }

// Info sends one, if there is a dialog.
func (l *line) Info(kind string, headers []signal.Header, on func(int)) {
	if d := l.dialog(); d != nil {
		d.Info(kind, headers, on)
	}
}

// Reoffer sends a re-INVITE.
func (l *line) Reoffer(offer string, on func(string, error)) {
	if d := l.dialog(); d != nil {
		d.Reoffer(offer, on)
		return
	}
	go on("", exchange.ErrGone)
}

// Bye ends the call, ringing or answered.
func (l *line) Bye(code int, reason string) {
	if d := l.dialog(); d != nil {
		d.Bye(code, reason)
	}
}
