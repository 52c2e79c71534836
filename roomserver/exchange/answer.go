package exchange

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/sip/transaction"
)

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

// mediaType is a Content-Type without parameters, in lower case.
func mediaType(value string) string {
	value, _, _ = strings.Cut(value, ";")
	return strings.ToLower(strings.TrimSpace(value))
}

// reasons of the codes we answer with (RFC 3261 21).
var reasons = map[int]string{
	200: "OK", 302: "Moved Temporarily", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	408: "Request Timeout", 410: "Gone", 415: "Unsupported Media Type", 480: "Temporarily Unavailable",
	481: "Call/Transaction Does Not Exist", 486: "Busy Here", 488: "Not Acceptable Here", 491: "Request Pending",
	500: "Server Internal Error", 503: "Service Unavailable", 504: "Server Time-out", 600: "Busy Everywhere", 603: "Decline",
}

func reasonOf(code int) string {
	if reason, ok := reasons[code]; ok {
		return reason
	}
	return "Refused"
}
