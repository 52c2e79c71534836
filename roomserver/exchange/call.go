package exchange

import (
	"errors"
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
	invite              *transaction.Server // of a call to us
	dialing             *transaction.Client // of a call by us
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

func portOf(address string) int {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(port)
	return n
}
