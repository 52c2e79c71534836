package exchange

import (
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/sip/transaction"
)

// abandonedAfter is how long a proxied dialog with a missing side is kept for its return.
const abandonedAfter = 10 * time.Minute

// dialog is a proxied call: who sits at each of its tags. The Record-Route makes clients send everything in it to us; where
// it goes on to is looked up here, so a client that comes back over another socket is found again.
type dialog struct {
	legs map[string]*leg // by tag
}

type leg struct {
	client *Client // nil while his socket is gone
	user   string
	lost   time.Time
}

func (d *dialog) lose(c *Client) {
	for _, l := range d.legs {
		if l.client == c {
			l.client, l.lost = nil, time.Now()
		}
	}
}

func (d *dialog) abandoned(now time.Time) bool {
	missing := 0
	for _, l := range d.legs {
		if l.client == nil {
			missing++
			if now.Sub(l.lost) > abandonedAfter {
				return true
			}
		}
	}
	return missing == len(d.legs)
}

// joinDialog notes that a client sits at a tag.
func (x *Exchange) joinDialog(callID, tag, user string, c *Client) {
	if tag == "" {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	d := x.dialogs[callID]
	if d == nil {
		d = &dialog{legs: map[string]*leg{}}
		x.dialogs[callID] = d
	}
	if len(d.legs) < 2*maxTargets+1 {
		d.legs[tag] = &leg{client: c, user: user}
	}
}

func (x *Exchange) endDialog(callID string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.dialogs, callID)
}

// route finds where an in-dialog request goes to. known is false when there is no such dialog, or it is not the sender's.
func (x *Exchange) route(c *Client, req *sip.Request) (target *Client, known bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	d := x.dialogs[req.CallID().Value()]
	if d == nil {
		return nil, false
	}
	from, to := d.legs[tag(req.From().Params)], d.legs[tag(req.To().Params)]
	if from == nil || to == nil || from == to {
		return nil, false
	}
	if from.client != c {
		// He may be back over another socket: then he must be who he was. A guest is known by the tags alone.
		if to.client == c || x.auth.Known(from.user) && !c.has(from.user) {
			return nil, false
		}
		from.client = c
	}
	return to.client, true
}

// abandon ends a socket that its user has replaced. What waits for an answer over it fails now and not after the
// transactions' 32 s (Timer B): in a call it would keep both sides from offering anything else.
func (x *Exchange) abandon(c *Client) {
	x.lose(c)
	c.Drop()
}

// lose takes a socket out of all calls. Those that were not accepted yet end.
func (x *Exchange) lose(c *Client) {
	x.mu.Lock()
	var orphans []*Call
	for _, call := range x.calls {
		if call.lose(c) {
			orphans = append(orphans, call)
		}
	}
	for _, d := range x.dialogs {
		d.lose(c)
	}
	x.mu.Unlock()
	for _, call := range orphans {
		call.end("socket closed before the call was accepted")
	}
}

// reattach gives a returned user his calls back.
func (x *Exchange) reattach(c *Client, user string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, d := range x.dialogs {
		for _, l := range d.legs {
			if l.client == nil && sameUser(l.user, user) {
				l.client = c
			}
		}
	}
	for _, call := range x.calls {
		call.regain(c, user)
	}
}

// onward builds the request as it leaves us (RFC 3261 16.6).
func (x *Exchange) onward(c, target *Client, req *sip.Request) *sip.Request {
	out := req.Clone()
	out.SetBody(req.Body())
	for out.RemoveHeader("Route") { // we are the only proxy there is
	}
	if hops := out.MaxForwards(); hops != nil {
		hops.Dec()
	}
	out.RemoveHeader("Proxy-Authorization") // ours, and nobody else's business
	if req.Method == sip.INVITE || req.Method == sip.SUBSCRIBE {
		route := sip.Uri{Scheme: "sip", Host: hostOnly(target.host), Port: portOf(target.host), UriParams: sip.NewParams()}
		route.UriParams.Add("transport", "ws")
		route.UriParams.Add("lr", "")
		out.PrependHeader(&sip.RecordRouteHeader{Address: route})
	}
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "WSS", Host: x.host, Params: sip.NewParams(),
	}
	if !target.conn.Secure() {
		via.Transport = "WS"
	}
	via.Params.Add("branch", sip.GenerateBranchN(16))
	out.PrependHeader(via)
	out.SetTransport(via.Transport)
	_ = c
	return out
}

// homeward takes our Via off a response.
func homeward(res *sip.Response) *sip.Response {
	out := res.Clone()
	out.SetBody(res.Body())
	out.RemoveHeader("Via")
	return out
}

func (c *Client) inDialog(req *sip.Request, tx *transaction.Server) {
	if call := c.x.call(req); call != nil {
		call.receive(c, req, tx)
		return
	}
	target, known := c.x.route(c, req)
	switch {
	case !known:
		respond(tx, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist")
	case target == nil:
		respond(tx, 430, "Flow Failed") // RFC 5626 11.5: the other side's socket is gone; it may come back
	default:
		c.x.relay(c, target, req, tx)
	}
}

// relay passes a request within a dialog on, and its responses back.
func (x *Exchange) relay(c, target *Client, req *sip.Request, tx *transaction.Server) {
	callID := req.CallID().Value()
	branch, err := target.layer.Send(x.onward(c, target, req), func(res *sip.Response, err error) {
		switch {
		case err != nil:
			respond(tx, 430, "Flow Failed")
		case res.StatusCode > 100:
			_ = tx.Respond(homeward(res))
		}
		ended := err == nil && res.StatusCode == sip.StatusCallTransactionDoesNotExists
		if ended || req.Method == sip.BYE && (err != nil || res.StatusCode >= 200) {
			x.endDialog(callID)
		}
	})
	if err != nil {
		respond(tx, 430, "Flow Failed")
		return
	}
	if req.Method == sip.INVITE {
		tx.OnCancel(func() { _ = branch.Cancel() })
	}
}

// ack passes the ACK to a 2xx on.
func (c *Client) ack(req *sip.Request) {
	if call := c.x.call(req); call != nil {
		call.acknowledge(c)
		return
	}
	if target, known := c.x.route(c, req); known && target != nil {
		_ = target.layer.Write(c.x.onward(c, target, req))
	}
}

// maxTargets limits how many contacts of a user ring.
const maxTargets = 10

// fork sends a request outside a dialog to every contact of the user in the request URI, and the best response back
// (RFC 3261 16.7).
func (x *Exchange) fork(c *Client, req *sip.Request, tx *transaction.Server) {
	instance, _ := req.Recipient.UriParams.Get("gr")
	bindings := x.registrar.Lookup(req.Recipient.User, instance)
	if len(bindings) == 0 {
		respond(tx, sip.StatusTemporarilyUnavailable, "Temporarily Unavailable")
		return
	}
	f := &fork{x: x, req: req, tx: tx, pending: len(bindings)}
	if req.Method == sip.INVITE {
		x.joinDialog(req.CallID().Value(), tag(req.From().Params), req.From().Address.User, c)
		tx.OnCancel(f.cancel)
	}
	for _, b := range bindings {
		out := x.onward(c, b.Flow, req)
		out.Recipient = *b.Contact.Clone()
		f.start(b.Flow, b.User, out)
	}
}

// fork is one request at several places.
type fork struct {
	x   *Exchange
	req *sip.Request
	tx  *transaction.Server

	mu       sync.Mutex
	branches []*transaction.Client
	pending  int
	best     *sip.Response
	settled  bool // a 2xx went back
	canceled bool
}

func (f *fork) start(target *Client, user string, out *sip.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	// The callback waits for the lock, so it finds the branch in its list.
	branch, err := target.layer.Send(out, func(res *sip.Response, err error) { f.receive(target, user, res, err) })
	if err != nil {
		f.finished(nil)
		return
	}
	f.branches = append(f.branches, branch)
}

func (f *fork) receive(target *Client, user string, res *sip.Response, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.finished(nil)
		return
	}
	invite := f.req.Method == sip.INVITE
	if invite && res.StatusCode > 100 && res.StatusCode < 300 {
		f.x.joinDialog(f.req.CallID().Value(), tag(res.To().Params), user, target)
	}
	switch {
	case res.StatusCode == 100:
	case res.StatusCode < 200:
		if !f.settled {
			_ = f.tx.Respond(homeward(res))
		}
	case res.StatusCode < 300:
		// A second 2xx of a fork goes back too: the caller ends what he does not want (RFC 3261 13.2.2.4).
		_ = f.tx.Respond(homeward(res))
		f.settled = true
		f.pending--
		if invite {
			f.cancelBranches()
		}
	default:
		f.finished(res)
		if res.StatusCode >= 600 {
			f.cancelBranches()
		}
	}
}

// finished counts a branch's failure; the last one sends the best response back. f.mu is held.
func (f *fork) finished(res *sip.Response) {
	f.pending--
	if res != nil && (f.best == nil || rank(res.StatusCode) < rank(f.best.StatusCode)) {
		f.best = res
	}
	if f.pending > 0 || f.settled {
		return
	}
	if f.req.Method == sip.INVITE {
		f.x.endDialog(f.req.CallID().Value())
	}
	switch {
	case f.canceled && (f.best == nil || f.best.StatusCode == sip.StatusRequestTerminated):
		respond(f.tx, sip.StatusRequestTerminated, "Request Terminated")
	case f.best == nil:
		respond(f.tx, sip.StatusTemporarilyUnavailable, "Temporarily Unavailable")
	default:
		_ = f.tx.Respond(homeward(f.best))
	}
}

// rank orders failures (RFC 3261 16.7 step 6): 6xx first, then the lowest class, and in 4xx what helps the caller most.
func rank(code int) int {
	switch {
	case code >= 600:
		return 0
	case code == sip.StatusRequestTerminated, code == sip.StatusRequestTimeout:
		return code + 50
	}
	return code
}

func (f *fork) cancel() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.canceled = true
	f.cancelBranches()
}

func (f *fork) cancelBranches() {
	for _, b := range f.branches {
		_ = b.Cancel() // those that are finished say so
	}
}

func sameUser(a, b string) bool { return a != "" && strings.EqualFold(a, b) }
