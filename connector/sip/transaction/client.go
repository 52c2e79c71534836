package transaction

import (
	"context"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

type state int

const (
	calling    state = iota // INVITE: Calling; others: Trying
	proceeding              // a provisional response came
	accepted                // INVITE only, RFC 6026: a 2xx came, more may follow
	completed               // INVITE server: a final response above 299 was sent, the ACK is awaited
	terminated
)

// Client is a client transaction (RFC 3261 17.1, RFC 6026).
type Client struct {
	l      *Layer
	req    *sip.Request
	key    string
	invite bool
	on     func(*sip.Response, error)

	// Guarded by l.mu.
	state        state
	timer        *time.Timer
	cancelWanted bool
	cancelSent   bool
	cancelWith   []sip.Header
}

// Request that the transaction sends.
func (c *Client) Request() *sip.Request { return c.req }

// Send starts a client transaction. on gets every response in order: provisional ones, the final one, and for INVITE each
// further 2xx within 32 s (a fork's, or the same one again). When there is no final response, the last call is
// on(nil, err) with ErrTimeout or ErrTransport. The ACK to a final response above 299 is sent by the layer, that to a 2xx
// by the caller (Write). When Send itself fails, on is never called.
//
// The request may bring its own Via; a missing one, a missing branch, Max-Forwards and Content-Length are added.
func (l *Layer) Send(req *sip.Request, on func(res *sip.Response, err error)) (*Client, error) {
	l.prepare(req)
	b, err := encode(req)
	if err != nil {
		return nil, err
	}
	c := &Client{l: l, req: req, key: clientKey(req), invite: req.Method == sip.INVITE, on: on}
	l.mu.Lock()
	if l.closed != nil {
		l.mu.Unlock()
		return nil, l.closed
	}
	l.clients[c.key] = c
	c.timer = l.after(timeout, c.expire) // timer B or F
	l.mu.Unlock()
	if err := l.enqueue(b); err != nil {
		l.mu.Lock()
		c.terminate()
		l.mu.Unlock()
		return nil, err
	}
	return c, nil
}

// Do sends a request and waits for its final response. When ctx ends first an INVITE is cancelled; other transactions go on
// unheard. It must not be called on the goroutine of Run.
func (l *Layer) Do(ctx context.Context, req *sip.Request) (*sip.Response, error) {
	type result struct {
		res *sip.Response
		err error
	}
	final := make(chan result, 1)
	c, err := l.Send(req, func(res *sip.Response, err error) {
		if err != nil || res.StatusCode >= 200 {
			select {
			case final <- result{res, err}:
			default: // a further 2xx
			}
		}
	})
	if err != nil {
		return nil, err
	}
	select {
	case r := <-final:
		return r.res, r.err
	case <-ctx.Done():
		if c.invite {
			_ = c.Cancel()
		}
		return nil, ctx.Err()
	}
}

// Cancel asks for the end of a pending INVITE (RFC 3261 9.1). It is sent once a provisional response has come. The outcome
// arrives as usual: mostly 487; a 2xx may cross it; ErrTimeout when nothing comes within 32 s. headers (a Reason, say) go
// into the CANCEL.
func (c *Client) Cancel(headers ...sip.Header) error {
	l := c.l
	l.mu.Lock()
	defer l.mu.Unlock()
	if !c.invite || c.state > proceeding {
		return ErrFinished
	}
	if c.cancelWanted {
		return nil
	}
	c.cancelWanted, c.cancelWith = true, headers
	if c.state == proceeding {
		// Not here: sending takes the lock.
		go l.post(c.sendCancel)
	}
	return nil
}

func (c *Client) sendCancel() {
	l := c.l
	l.mu.Lock()
	if c.cancelSent || c.state != proceeding {
		l.mu.Unlock()
		return
	}
	c.cancelSent = true
	c.stopTimer()
	c.timer = l.after(timeout, c.expire)
	req := sibling(c.req, sip.CANCEL, c.req.To())
	for _, h := range c.cancelWith {
		req.AppendHeader(h)
	}
	l.mu.Unlock()
	_, _ = l.Send(req, func(*sip.Response, error) {}) // what matters is the INVITE's own final response
}

// receive handles a response on the goroutine of Run.
func (c *Client) receive(res *sip.Response) {
	l := c.l
	l.mu.Lock()
	deliver, ack, cancel := c.advance(res)
	l.mu.Unlock()
	if ack {
		_ = l.Write(sibling(c.req, sip.ACK, res.To()))
	}
	if deliver {
		c.on(res, nil)
	}
	if cancel {
		c.sendCancel()
	}
}

// advance is the state machine of RFC 3261 figures 5 and 6, without retransmissions. l.mu is held.
func (c *Client) advance(res *sip.Response) (deliver, ack, cancel bool) {
	code := res.StatusCode
	switch {
	case c.state == terminated:
		return false, false, false
	case c.state == accepted:
		return code >= 200 && code < 300, false, false
	case code < 200:
		c.state = proceeding
		if c.invite && !c.cancelSent {
			c.stopTimer() // an INVITE may ring for as long as its owner likes
		}
		return true, false, c.cancelWanted
	case c.invite && code < 300:
		c.state = accepted
		c.stopTimer()
		c.timer = c.l.after(timeout, func() { // timer M
			c.l.mu.Lock()
			c.terminate()
			c.l.mu.Unlock()
		})
		return true, false, false
	default:
		c.terminate()
		return true, c.invite, false
	}
}

// expire is timers B and F and the limit after a CANCEL.
func (c *Client) expire() {
	c.l.mu.Lock()
	pending := c.state == calling || c.state == proceeding
	c.terminate()
	c.l.mu.Unlock()
	if pending {
		c.on(nil, ErrTimeout)
	}
}

// fail ends the transaction with the connection.
func (c *Client) fail(err error) {
	c.l.mu.Lock()
	pending := c.state == calling || c.state == proceeding
	c.terminate()
	c.l.mu.Unlock()
	if pending {
		c.on(nil, err)
	}
}

// terminate forgets the transaction. l.mu is held.
func (c *Client) terminate() {
	c.state = terminated
	c.stopTimer()
	if c.l.clients[c.key] == c {
		delete(c.l.clients, c.key)
	}
}

func (c *Client) stopTimer() {
	if c.timer != nil {
		c.timer.Stop()
	}
}

// clientKey matches responses to requests (RFC 3261 17.1.3): the branch of the top Via and the method of CSeq.
func clientKey(m sip.Message) string {
	branch, _ := m.Via().Params.Get("branch")
	return strings.ToLower(branch) + "|" + string(m.CSeq().MethodName)
}

// sibling builds the CANCEL for an INVITE (RFC 3261 9.1) or the ACK to its non-2xx response (17.1.1.3).
func sibling(invite *sip.Request, method sip.RequestMethod, to *sip.ToHeader) *sip.Request {
	req := sip.NewRequest(method, invite.Recipient)
	req.AppendHeader(sip.HeaderClone(invite.Via()))
	for _, route := range invite.GetHeaders("route") {
		req.AppendHeader(sip.HeaderClone(route))
	}
	req.AppendHeader(sip.HeaderClone(invite.From()))
	req.AppendHeader(sip.HeaderClone(to))
	req.AppendHeader(sip.HeaderClone(invite.CallID()))
	req.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: method})
	hops := sip.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	if agent := invite.GetHeader("user-agent"); agent != nil {
		req.AppendHeader(sip.HeaderClone(agent))
	}
	req.SetBody(nil)
	return req
}
