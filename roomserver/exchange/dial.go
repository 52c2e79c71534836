package exchange

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/roomserver/registrar"
)

// ErrAway means that the user is not registered.
var ErrAway = errors.New("the user is not registered")

// ringTime is how long a call of ours rings, RFC 3261 16.6 step 11 asks for more than three minutes for a proxy; a caller
// may give up earlier.
const ringTime = 60 * time.Second

// Outgoing is a call of ours to a registered user.
type Outgoing struct {
	To      string          // the user
	From    signal.Identity // who calls; the user part need not be an account
	Offer   string
	Headers []signal.Header // of the INVITE
	Handler Handler         // Confirmed is called when the call is answered, before Answered
	// Answered gets the SDP answer, or the error that the call ended with before there was one.
	Answered func(sdp string, err error)
}

// Dial calls a registered user at the contact he registered first. It does not block.
func (x *Exchange) Dial(o Outgoing) (*Call, error) {
	bindings := x.registrar.Lookup(o.To, "")
	if len(bindings) == 0 {
		return nil, ErrAway
	}
	b := bindings[0]
	call := newOutgoing(x, b, o)
	x.mu.Lock()
	closed := x.closed
	if !closed {
		x.calls[call.key()] = call
	}
	x.mu.Unlock()
	if closed {
		return nil, ErrGone
	}
	b.Flow.mu.Lock()
	b.Flow.calls++
	b.Flow.mu.Unlock()
	call.mu.Lock()
	req := call.request(sip.INVITE)
	req.AppendHeader(sip.NewHeader("Allow", allow))
	for _, h := range o.Headers {
		req.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody([]byte(o.Offer))
	final := false // only the layer's goroutine touches it
	sent, err := b.Flow.layer.Send(req, func(res *sip.Response, err error) {
		if final || err == nil && res.StatusCode < 200 {
			return
		}
		final = true
		call.answered(req, res, err, o.Answered)
	})
	call.dialing = sent
	if err == nil {
		call.ackTimer = time.AfterFunc(ringTime, func() { call.Bye(408, "no answer") })
	}
	call.mu.Unlock()
	if err != nil {
		call.end("not sent")
		return nil, fmt.Errorf("call %s: %w", o.To, err)
	}
	return call, nil
}

func newOutgoing(x *Exchange, b registrar.Binding[*Client], o Outgoing) *Call {
	host := hostOnly(b.Flow.host)
	call := &Call{
		x: x, client: b.Flow, number: o.From.User, offer: o.Offer, from: signal.Identity{User: b.User, Host: host},
		user: b.User, callID: sip.GenerateTagN(24), localTag: sip.GenerateTagN(16), handler: o.Handler,
		remoteTarget: *b.Contact.Clone(), sequence: uint32(rand.IntN(10000)) + 1,
	}
	call.local = sip.ToHeader{
		DisplayName: o.From.DisplayName, Address: sip.Uri{Scheme: "sip", User: o.From.User, Host: host}, Params: sip.NewParams(),
	}
	call.local.Params.Add("tag", call.localTag)
	call.remote = sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: b.User, Host: host}, Params: sip.NewParams()}
	call.contact = sip.Uri{
		Scheme: "sip", User: o.From.User, Host: host, Port: portOf(b.Flow.host), UriParams: sip.NewParams(),
	}
	call.contact.UriParams.Add("transport", "ws")
	return call
}

// answered takes the final response to an INVITE of ours.
func (c *Call) answered(invite *sip.Request, res *sip.Response, err error, on func(string, error)) {
	if err != nil || !res.IsSuccess() {
		if err == nil {
			err = fmt.Errorf("refused: %d %s", res.StatusCode, res.Reason)
		}
		c.end(err.Error())
		on("", err)
		return
	}
	c.mu.Lock()
	c.remoteTag = tag(res.To().Params)
	c.remote.Params.Remove("tag")
	c.remote.Params.Add("tag", c.remoteTag)
	if contact := res.Contact(); contact != nil {
		c.remoteTarget = *contact.Address.Clone()
	}
	c.acknowledgeOurs(invite)
	if c.ended { // given up while it was answered
		if c.client != nil {
			_, _ = c.client.layer.Send(c.request(sip.BYE), func(*sip.Response, error) {})
		}
		c.mu.Unlock()
		on("", ErrGone)
		return
	}
	c.accepted, c.confirmed = true, true
	c.ackTimer.Stop()
	c.mu.Unlock()
	if c.handler.Confirmed != nil {
		c.handler.Confirmed()
	}
	on(string(res.Body()), nil)
}

// acknowledgeOurs sends the ACK to the 2xx of an INVITE of ours. c.mu is held.
func (c *Call) acknowledgeOurs(invite *sip.Request) {
	if c.client == nil {
		return
	}
	ack := c.request(sip.ACK)
	ack.CSeq().SeqNo = invite.CSeq().SeqNo
	_ = c.client.layer.Write(ack)
}

// giveUp ends a call of ours that is not answered yet; false when it is none.
func (c *Call) giveUp(reason string) bool {
	c.mu.Lock()
	dialing, open := c.dialing, !c.accepted && !c.ended
	c.mu.Unlock()
	if dialing == nil || !open {
		return false
	}
	_ = dialing.Cancel() // one that is answered at this moment is ended by answered
	c.end(reason)
	return true
}

// Notify sends a notify command outside any dialog to every contact of a user, and returns how many there are.
func (x *Exchange) Notify(user string, headers []signal.Header) int {
	bindings := x.registrar.Lookup(user, "")
	for _, b := range bindings {
		host := hostOnly(b.Flow.host)
		req := sip.NewRequest(sip.NOTIFY, *b.Contact.Clone())
		from := &sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: "server", Host: host}, Params: sip.NewParams()}
		from.Params.Add("tag", sip.GenerateTagN(12))
		id := sip.CallIDHeader(sip.GenerateTagN(24))
		req.AppendHeader(from)
		req.AppendHeader(&sip.ToHeader{Address: sip.Uri{Scheme: "sip", User: b.User, Host: host}, Params: sip.NewParams()})
		req.AppendHeader(&id)
		req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: sip.NOTIFY})
		req.AppendHeader(&sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: "server", Host: host, Port: portOf(b.Flow.host)}})
		req.AppendHeader(sip.NewHeader("Event", "vinteo"))
		req.AppendHeader(sip.NewHeader("Subscription-State", "active"))
		req.AppendHeader(sip.NewHeader("Content-Type", "application/vinteo.webrtc.notify"))
		for _, h := range headers {
			req.AppendHeader(sip.NewHeader(h.Name, h.Value))
		}
		_, _ = b.Flow.layer.Send(req, func(*sip.Response, error) {}) // whatever it says, there is nothing to do about it
	}
	return len(bindings)
}

// Registered tells whether a user can be called.
func (x *Exchange) Registered(user string) bool { return len(x.registrar.Lookup(user, "")) > 0 }

// Find lists the sockets of a user (proven, or in a call), or the one with an id.
func (x *Exchange) Find(who string) []*Client {
	var found []*Client
	for _, c := range x.Clients() {
		if c.id == who || c.has(who) {
			found = append(found, c)
		}
	}
	if len(found) > 0 {
		return found
	}
	x.mu.Lock()
	calls := make([]*Call, 0, len(x.calls))
	for _, call := range x.calls {
		calls = append(calls, call)
	}
	x.mu.Unlock()
	for _, call := range calls {
		if c := call.Client(); c != nil && sameUser(call.user, who) {
			found = append(found, c)
		}
	}
	return found
}
