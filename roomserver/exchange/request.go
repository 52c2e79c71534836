package exchange

import (
	"fmt"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

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
		if err == nil && res.IsSuccess() {
			c.acknowledgeOurs(req)
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
	if c.giveUp(reason) {
		return
	}
	c.mu.Lock()
	if !c.accepted {
		c.mu.Unlock()
		if c.invite == nil {
			return // a call of ours that is over
		}
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
