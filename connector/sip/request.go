package sip

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
)

const (
	allowMethods = "INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY"
	acceptTypes  = "application/sdp,application/dtmf-relay"
	sdpType      = "application/sdp"
)

// newRequest builds a request of ours with everything but Via, which the transaction layer adds. to is the To URI, target
// the Request-URI.
func (a *agent) newRequest(method sip.RequestMethod, target, to sip.Uri, callID, tag string, seq uint32) *sip.Request {
	req := sip.NewRequest(method, target)
	hops := sip.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	req.AppendHeader(&sip.ToHeader{Address: *to.Clone()})
	from := &sip.FromHeader{DisplayName: quoteDisplayName(a.config.DisplayName), Address: *a.own.Clone()}
	from.Params.Add("tag", tag)
	req.AppendHeader(from)
	id := sip.CallIDHeader(callID)
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: method})
	return req
}

// addCommon adds the headers that say what we are and can.
func (a *agent) addCommon(req *sip.Request) {
	if req.GetHeader("supported") == nil {
		req.AppendHeader(sip.NewHeader("Supported", a.supported()))
	}
	if req.GetHeader("allow") == nil {
		switch req.Method {
		case sip.INVITE, sip.UPDATE, sip.REGISTER, sip.OPTIONS:
			req.AppendHeader(sip.NewHeader("Allow", allowMethods))
		}
	}
	if a.config.UserAgent != "" {
		req.AppendHeader(sip.NewHeader("User-Agent", a.config.UserAgent))
	}
}

func (a *agent) supported() string {
	if a.config.SessionTimers {
		return "timer,gruu,outbound"
	}
	return "gruu,outbound"
}

// exchange is a request with its answers to challenges: one or more transactions with one outcome. The loop owns it.
type exchange struct {
	build       func() *sip.Request // the next try, with a new CSeq
	provisional func(*sip.Response)
	final       func(*sip.Response, error) // exactly once
	again       func(*sip.Response)        // INVITE: a further 2xx

	credentials credentials
	req         *sip.Request // the last try
	client      *transaction.Client
	canceled    bool
	finished    bool
}

// start sends the exchange's next try. final may be called before start returns.
func (a *agent) start(x *exchange) {
	if a.socket == nil {
		a.finishExchange(x, nil, fmt.Errorf("%w: %w", transaction.ErrTransport, errNotConnected))
		return
	}
	req := x.build()
	a.auth.apply(req, &x.credentials)
	a.addCommon(req)
	x.req = req
	client, err := a.socket.layer.Send(req, func(res *sip.Response, err error) {
		a.queue.room()
		a.post(func() { a.answered(x, req, res, err) })
	})
	if err != nil {
		a.finishExchange(x, nil, err)
		return
	}
	x.client = client
}

func (a *agent) finishExchange(x *exchange, res *sip.Response, err error) {
	if !x.finished {
		x.finished = true
		x.final(res, err)
	}
}

// answered handles what a transaction reports.
func (a *agent) answered(x *exchange, req *sip.Request, res *sip.Response, err error) {
	switch {
	case err != nil:
		a.finishExchange(x, nil, err)
	case len(res.GetHeaders("via")) != 1:
		// RFC 3261 8.1.3.3: not for us. The transaction's own end takes care of the rest.
		a.log.Warn("response with several Vias dropped", "code", res.StatusCode)
		if res.StatusCode >= 200 {
			a.finishExchange(x, nil, errors.New("response with several Vias"))
		}
	case res.StatusCode < 200:
		if x.provisional != nil && !x.finished && req == x.req {
			x.provisional(res)
		}
	case x.finished:
		if x.again != nil {
			x.again(res)
		}
	case (res.StatusCode == sip.StatusUnauthorized || res.StatusCode == sip.StatusProxyAuthRequired) && !x.canceled &&
		a.auth.learn(&x.credentials, res):
		a.start(x)
	default:
		a.finishExchange(x, res, nil)
	}
}

// cancel ends a pending INVITE (RFC 3261 9.1).
func (x *exchange) cancel(reason string) {
	if x.finished || x.canceled || x.client == nil {
		return
	}
	x.canceled = true
	var headers []sip.Header
	if reason != "" {
		headers = append(headers, sip.NewHeader("Reason", reason))
	}
	_ = x.client.Cancel(headers...)
}

// responseError is nil for a 2xx and a *signal.ResponseError for everything else.
func responseError(method sip.RequestMethod, res *sip.Response, err error) error {
	if err == nil && res != nil && res.IsSuccess() {
		return nil
	}
	return failureOf(method, res, err)
}

func failureOf(method sip.RequestMethod, res *sip.Response, err error) *signal.ResponseError {
	e := &signal.ResponseError{Method: string(method), Err: err}
	switch {
	case err == nil:
		e.StatusCode, e.Reason, e.Cause = res.StatusCode, res.Reason, signal.CauseOf(res.StatusCode)
		e.RetryAfter = retryAfter(res)
	case errors.Is(err, transaction.ErrTimeout):
		e.StatusCode, e.Reason, e.Cause = 408, "Request Timeout", signal.CauseRequestTimeout
	case errors.Is(err, transaction.ErrTransport):
		e.StatusCode, e.Reason, e.Cause = 503, "Service Unavailable", signal.CauseConnection
	default:
		e.StatusCode, e.Reason, e.Cause = 500, "Internal Error", signal.CauseInternal
	}
	return e
}

// retryAfter reads the seconds of Retry-After (RFC 3261 20.33); a comment or parameters may follow them.
func retryAfter(res *sip.Response) time.Duration {
	value := headerValue(res, "retry-after")
	if end := strings.IndexAny(value, " \t;("); end >= 0 {
		value = value[:end]
	}
	seconds, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// reply answers a request outside our sessions, or inside one with the tag it brings.
func (a *agent) reply(tx *transaction.Server, code int, reason string, headers ...signal.Header) {
	res := sip.NewResponseFromRequest(tx.Request(), code, reason, nil)
	for _, h := range headers {
		res.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	if err := tx.Respond(res); err != nil {
		a.log.Debug("response not sent", "code", code, "error", err)
	}
}
