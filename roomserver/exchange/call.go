package exchange

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
)

var (
	// ErrGlare means that an offer crossed one of the client's (RFC 3261 14.1): try again a little later.
	ErrGlare = errors.New("the offer crossed one of the client's")
	// ErrGone means that the call has ended, or its socket is away.
	ErrGone = errors.New("the call cannot be reached")
)

// ackTimeout is how long an accepted call waits for its ACK (timer H).
const ackTimeout = 32 * time.Second

// Handler is what a call tells its owner. Functions are called one at a time, in the order of the wire, and must not
// block.
type Handler struct {
	Confirmed func()
	// Info returns the status code to answer with.
	Info func(contentType string, headers []signal.Header, body []byte) int
	// Offer is a new offer of the client. Exactly one of answer and reject must be called, from any goroutine.
	Offer func(sdp string, answer func(sdp string), reject func(code int, reason string))
	// Ended is called once, whoever ends the call.
	Ended func(reason string)
}

// Call is a dialog between a client and a room (RFC 3261 12), seen from the room.
type Call struct {
	x      *Exchange
	number string
	offer  string
	from   signal.Identity
	user   string // the proven or guest's user part
	guest  bool

	callID              string
	localTag, remoteTag string
	local               sip.ToHeader // we are the To of the INVITE
	remote              sip.FromHeader
	headers             []signal.Header
	contact             sip.Uri
	mu                  sync.Mutex
	client              *Client
	invite              *transaction.Server
	handler             Handler
	remoteTarget        sip.Uri
	sequence            uint32
	accepted, confirmed bool
	ended               bool
	ours                bool // an offer of ours is out
	theirs              bool // an offer of theirs is being answered
	ackTimer            *time.Timer
}

// callRoom makes a call of an INVITE and hands it over.
func (x *Exchange) callRoom(c *Client, req *sip.Request, tx *transaction.Server) {
	if len(req.Body()) == 0 {
		respond(tx, sip.StatusNotAcceptableHere, "Offer Needed")
		return
	}
	if req.Contact() == nil || tag(req.From().Params) == "" {
		respond(tx, sip.StatusBadRequest, "Contact and From Tag Needed")
		return
	}
	c.mu.Lock()
	full := c.calls >= maxCallsPerClient
	if !full {
		c.calls++
	}
	c.mu.Unlock()
	if full {
		respond(tx, sip.StatusBusyHere, "Busy Here")
		return
	}
	call := newCall(x, c, req, tx)
	x.mu.Lock()
	closed := x.closed
	if !closed {
		x.calls[call.key()] = call
	}
	x.mu.Unlock()
	if closed || x.o.OnCall == nil {
		respond(tx, sip.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	x.o.OnCall(call)
	tx.OnCancel(func() {
		if call.respond(sip.StatusRequestTerminated, "Request Terminated", "") == nil {
			call.end("canceled")
		}
	})
}

func newCall(x *Exchange, c *Client, req *sip.Request, tx *transaction.Server) *Call {
	from := req.From()
	call := &Call{
		x: x, client: c, invite: tx, number: req.Recipient.User, offer: string(req.Body()),
		from: signal.Identity{
			DisplayName: strings.Trim(from.DisplayName, `"`), User: from.Address.User, Host: from.Address.Host,
		},
		user: from.Address.User, guest: !x.auth.Known(from.Address.User),
		callID: req.CallID().Value(), localTag: sip.GenerateTagN(16), remoteTag: tag(from.Params),
		remote: *from, remoteTarget: *req.Contact().Address.Clone(),
		headers: headersOf(req), sequence: uint32(rand.IntN(10000)) + 1,
	}
	call.local = *req.To()
	call.local.Params = call.local.Params.Clone()
	call.local.Params.Add("tag", call.localTag)
	call.contact = sip.Uri{
		Scheme: "sip", User: call.number, Host: hostOnly(c.host), Port: portOf(c.host), UriParams: sip.NewParams(),
	}
	call.contact.UriParams.Add("transport", "ws")
	return call
}

// Number is the room that was called.
func (c *Call) Number() string { return c.number }

// Offer is the SDP of the INVITE.
func (c *Call) Offer() string { return c.offer }

// From is the caller.
func (c *Call) From() signal.Identity { return c.from }

// Guest tells whether the caller's name belongs to no account.
func (c *Call) Guest() bool { return c.guest }

// Headers of the INVITE.
func (c *Call) Headers() []signal.Header { return c.headers }

// SetHandler must be called in OnCall, before it returns.
func (c *Call) SetHandler(h Handler) { c.handler = h }

// Client is the call's socket, nil while it is gone.
func (c *Call) Client() *Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.client
}

func callKey(callID, localTag string) string { return callID + "\x00" + localTag }

func (c *Call) key() string { return callKey(c.callID, c.localTag) }

// call finds the call a request belongs to.
func (x *Exchange) call(req *sip.Request) *Call {
	x.mu.Lock()
	call := x.calls[callKey(req.CallID().Value(), tag(req.To().Params))]
	x.mu.Unlock()
	if call == nil || call.remoteTag != tag(req.From().Params) {
		return nil
	}
	return call
}

// Accept answers the INVITE with an SDP answer.
func (c *Call) Accept(answer string) error {
	c.mu.Lock()
	if c.ended || c.accepted {
		c.mu.Unlock()
		return ErrGone
	}
	c.accepted = true
	c.ackTimer = time.AfterFunc(ackTimeout, func() { c.Bye(408, "no ACK") })
	c.mu.Unlock()
	return c.respond(sip.StatusOK, "OK", answer)
}

// Ring sends 180.
func (c *Call) Ring() { _ = c.respond(sip.StatusRinging, "Ringing", "") }

// Reject answers the INVITE with a failure and ends the call.
func (c *Call) Reject(code int, reason string) {
	_ = c.respond(code, reason, "")
	c.end(reason)
}

// respond answers the INVITE.
func (c *Call) respond(code int, reason, sdp string) error {
	return c.answer(c.invite, code, reason, sdp)
}

func (c *Call) answer(tx *transaction.Server, code int, reason, sdp string) error {
	res := sip.NewResponseFromRequest(tx.Request(), code, reason, nil)
	if to := res.To(); tag(to.Params) != c.localTag {
		to.Params.Remove("tag")
		to.Params.Add("tag", c.localTag)
	}
	if code < 300 {
		res.AppendHeader(&sip.ContactHeader{Address: c.contact})
		res.AppendHeader(sip.NewHeader("Allow", allow))
		res.AppendHeader(sip.NewHeader("Supported", "outbound, gruu"))
	}
	if c.x.o.Agent != "" {
		res.AppendHeader(sip.NewHeader("Server", c.x.o.Agent))
	}
	if sdp != "" {
		res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		res.SetBody([]byte(sdp))
	}
	return tx.Respond(res)
}

// receive takes a request within the dialog.
func (c *Call) receive(from *Client, req *sip.Request, tx *transaction.Server) {
	if !c.mine(from) {
		respond(tx, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist")
		return
	}
	if contact := req.Contact(); contact != nil && (req.Method == sip.INVITE || req.Method == sip.UPDATE) {
		c.mu.Lock()
		c.remoteTarget = *contact.Address.Clone()
		c.mu.Unlock()
	}
	switch req.Method {
	case sip.BYE:
		_ = c.answer(tx, sip.StatusOK, "OK", "")
		c.end("hung up")
	case sip.INFO:
		c.info(req, tx)
	case sip.INVITE:
		c.reoffered(req, tx)
	case sip.UPDATE:
		if len(req.Body()) == 0 {
			_ = c.answer(tx, sip.StatusOK, "OK", "")
			return
		}
		c.reoffered(req, tx)
	case sip.REFER:
		respond(tx, sip.StatusGlobalDecline, "Decline")
	case sip.OPTIONS, sip.MESSAGE, sip.NOTIFY:
		_ = c.answer(tx, sip.StatusOK, "OK", "")
	default:
		respond(tx, sip.StatusMethodNotAllowed, "Method Not Allowed", sip.NewHeader("Allow", allow))
	}
}

// mine tells whether the call is this client's, taking it over when he is back over another socket.
func (c *Call) mine(from *Client) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	if c.client != from {
		if !c.guest && !from.has(c.user) {
			return false
		}
		c.client = from
	}
	return true
}

func (c *Call) info(req *sip.Request, tx *transaction.Server) {
	kind := req.GetHeader("content-type")
	if kind == nil {
		respond(tx, sip.StatusUnsupportedMediaType, "Unsupported Media Type")
		return
	}
	code := sip.StatusOK
	if c.handler.Info != nil {
		code = c.handler.Info(mediaType(kind.Value()), headersOf(req), req.Body())
	}
	_ = c.answer(tx, code, reasonOf(code), "")
}

// reoffered handles a re-INVITE or an UPDATE with an offer, and glare (RFC 3261 14.2).
func (c *Call) reoffered(req *sip.Request, tx *transaction.Server) {
	c.mu.Lock()
	ours, theirs := c.ours, c.theirs || !c.accepted
	if !ours && !theirs {
		c.theirs = true
	}
	c.mu.Unlock()
	switch {
	case theirs:
		respond(tx, sip.StatusInternalServerError, "Another Offer Is Pending",
			sip.NewHeader("Retry-After", strconv.Itoa(rand.IntN(11))))
		return
	case ours:
		respond(tx, sip.StatusRequestPending, "Request Pending")
		return
	}
	var once sync.Once
	settle := func(code int, reason, sdp string) {
		once.Do(func() {
			c.mu.Lock()
			c.theirs = false
			c.mu.Unlock()
			_ = c.answer(tx, code, reason, sdp)
		})
	}
	if len(req.Body()) == 0 || c.handler.Offer == nil {
		settle(sip.StatusNotAcceptableHere, "Offer Needed", "")
		return
	}
	tx.OnCancel(func() { settle(sip.StatusRequestTerminated, "Request Terminated", "") })
	c.handler.Offer(string(req.Body()), func(sdp string) { settle(sip.StatusOK, "OK", sdp) },
		func(code int, reason string) { settle(code, reason, "") })
}

// acknowledge takes the ACK to a 2xx.
func (c *Call) acknowledge(from *Client) {
	c.mu.Lock()
	first := c.accepted && !c.confirmed && !c.ended && c.client == from
	if first {
		c.confirmed = true
		c.ackTimer.Stop()
	}
	c.mu.Unlock()
	if first && c.handler.Confirmed != nil {
		c.handler.Confirmed()
	}
}

// request builds a request of ours in the dialog. c.mu is held.
func (c *Call) request(method sip.RequestMethod) *sip.Request {
	req := sip.NewRequest(method, *c.remoteTarget.Clone())
	if method != sip.ACK {
		c.sequence++
	}
	from := sip.FromHeader{DisplayName: c.local.DisplayName, Address: c.local.Address, Params: c.local.Params.Clone()}
	to := sip.ToHeader{DisplayName: c.remote.DisplayName, Address: c.remote.Address, Params: c.remote.Params.Clone()}
	id := sip.CallIDHeader(c.callID)
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: c.sequence, MethodName: method})
	if method != sip.ACK && method != sip.BYE {
		req.AppendHeader(&sip.ContactHeader{Address: c.contact})
	}
	return req
}

// send sends a request of ours; on gets the final response, or the error that stands for it.
func (c *Call) send(req *sip.Request, on func(res *sip.Response, err error)) error {
	// c.mu is held, so that the order of CSeq is the order on the wire.
	if c.client == nil || c.ended {
		return ErrGone
	}
	final := false // only the layer's goroutine touches it
	_, err := c.client.layer.Send(req, func(res *sip.Response, err error) {
		if final || err == nil && res.StatusCode < 200 {
			return
		}
		final = true
		on(res, err)
	})
	return err
}

// Info sends an INFO of the server's protocol: kind is what follows "application/vinteo.webrtc.". on, which may be nil,
// gets the status code, 0 when there was no answer.
func (c *Call) Info(kind string, headers []signal.Header, on func(code int)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	req := c.request(sip.INFO)
	req.AppendHeader(sip.NewHeader("Content-Type", "application/vinteo.webrtc."+kind))
	for _, h := range headers {
		req.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	err := c.send(req, func(res *sip.Response, err error) {
		code := 0
		if err == nil {
			code = res.StatusCode
		}
		if on != nil {
			on(code)
		}
	})
	if err != nil && on != nil {
		go on(0)
	}
}

// Reoffer sends a re-INVITE; on gets the answer, ErrGlare or another error.
func (c *Call) Reoffer(offer string, on func(answer string, err error)) {
	c.mu.Lock()
	if c.ours || c.theirs {
		c.mu.Unlock()
		go on("", ErrGlare)
		return
	}
	req := c.request(sip.INVITE)
	req.AppendHeader(sip.NewHeader("Allow", allow))
	req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody([]byte(offer))
	err := c.send(req, func(res *sip.Response, err error) {
		c.mu.Lock()
		c.ours = false
		if err == nil && res.IsSuccess() && c.client != nil {
			ack := c.request(sip.ACK)
			ack.CSeq().SeqNo = req.CSeq().SeqNo
			_ = c.client.layer.Write(ack)
		}
		c.mu.Unlock()
		switch {
		case err != nil:
			on("", err)
		case res.StatusCode == sip.StatusRequestPending || res.StatusCode == sip.StatusInternalServerError &&
			res.GetHeader("retry-after") != nil:
			on("", ErrGlare)
		case !res.IsSuccess():
			on("", fmt.Errorf("re-INVITE refused: %d %s", res.StatusCode, res.Reason))
		default:
			on(string(res.Body()), nil)
		}
	})
	c.ours = err == nil
	c.mu.Unlock()
	if err != nil {
		go on("", err)
	}
}

// Bye ends the call. code and reason go into a Reason header (RFC 3326) unless code is 0.
func (c *Call) Bye(code int, reason string) {
	c.mu.Lock()
	accepted := c.accepted
	if !accepted {
		c.mu.Unlock()
		c.Reject(sip.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	req := c.request(sip.BYE)
	if code != 0 {
		req.AppendHeader(sip.NewHeader("Reason", fmt.Sprintf("SIP ;cause=%d ;text=%q", code, reason)))
	}
	_ = c.send(req, func(*sip.Response, error) {}) // ended or not, the call is over for us
	c.mu.Unlock()
	c.end(reason)
}

// end forgets the call and tells its owner, once.
func (c *Call) end(reason string) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.ended = true
	if c.ackTimer != nil {
		c.ackTimer.Stop()
	}
	client := c.client
	c.mu.Unlock()
	c.x.mu.Lock()
	delete(c.x.calls, c.key())
	c.x.mu.Unlock()
	if client != nil {
		client.mu.Lock()
		client.calls = max(client.calls-1, 0)
		client.mu.Unlock()
	}
	if c.handler.Ended != nil {
		c.handler.Ended(reason)
	}
}

// lose notes that a socket is gone. true: the call was not accepted yet and cannot go on.
func (c *Call) lose(client *Client) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != client || c.ended {
		return false
	}
	c.client = nil
	return !c.accepted
}

// regain gives the call to a user's new socket.
func (c *Call) regain(client *Client, user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client == nil && !c.guest && sameUser(c.user, user) {
		c.client = client
	}
}

func headersOf(req *sip.Request) []signal.Header {
	list := make([]signal.Header, 0, len(req.Headers()))
	for _, h := range req.Headers() {
		list = append(list, signal.Header{Name: h.Name(), Value: h.Value()})
	}
	return list
}

// mediaType is a Content-Type without parameters, in lower case.
func mediaType(value string) string {
	value, _, _ = strings.Cut(value, ";")
	return strings.ToLower(strings.TrimSpace(value))
}

func portOf(address string) int {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(port)
	return n
}

func reasonOf(code int) string {
	switch code {
	case sip.StatusOK:
		return "OK"
	case sip.StatusForbidden:
		return "Forbidden"
	case sip.StatusUnsupportedMediaType:
		return "Unsupported Media Type"
	case sip.StatusGlobalDecline:
		return "Decline"
	}
	return "Refused"
}
