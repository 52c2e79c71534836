package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
)

const (
	maxOffers = 16 // of ours that wait for their turn
	// offerTimeout bounds how long the application may think about the peer's offer. An UPDATE must be answered within
	// its transaction's 32 s.
	offerTimeout = 30 * time.Second
)

// negotiation lets one offer be pending at a time, ours or theirs (RFC 3261 14, RFC 3311 5.2). The session owns it.
type negotiation struct {
	s       *session
	queue   []*ourOffer
	current *ourOffer   // sent, no final response yet
	retry   *ourOffer   // had a 491, waits for its second try
	timer   *time.Timer // of retry
	theirs  *theirOffer // not answered yet
}

// ourOffer is a re-INVITE or UPDATE of ours.
type ourOffer struct {
	method   sip.RequestMethod
	sdp      string
	headers  []signal.Header
	result   func(answer string, err error)
	exchange *exchange
	retried  bool
	dropped  bool // its owner has gone
}

func (s *session) Reinvite(ctx context.Context, offer string, headers []signal.Header) (string, error) {
	return s.propose(ctx, sip.INVITE, offer, headers)
}

func (s *session) Update(ctx context.Context, offer string, headers []signal.Header) (string, error) {
	return s.propose(ctx, sip.UPDATE, offer, headers)
}

// propose waits for its turn, sends the offer and waits for the answer. When ctx ends first, a waiting offer is taken back
// and a re-INVITE that is under way is cancelled.
func (s *session) propose(ctx context.Context, method sip.RequestMethod, sdp string, headers []signal.Header) (string, error) {
	var answer string
	o := &ourOffer{method: method, sdp: sdp, headers: headers}
	err := s.a.await(ctx, func(result func(error)) {
		o.result = func(sdp string, err error) {
			if !o.dropped { // else nobody listens, and answer is no longer ours to write
				answer = sdp
			}
			result(err)
		}
		s.offers.add(o)
	})
	if err != nil {
		_ = s.a.do(func() { s.offers.drop(o) })
		return "", err
	}
	return answer, nil
}

func (n *negotiation) add(o *ourOffer) {
	switch {
	case n.s.phase != confirmed:
		o.result("", fmt.Errorf("%s: the session is not established", o.method))
	case len(n.queue) >= maxOffers:
		o.result("", fmt.Errorf("%s: too many offers wait", o.method))
	default:
		n.queue = append(n.queue, o)
		n.next()
	}
}

// drop is called when the owner of an offer has stopped waiting.
func (n *negotiation) drop(o *ourOffer) {
	o.dropped = true
	for i, q := range n.queue {
		if q == o {
			n.queue = append(n.queue[:i], n.queue[i+1:]...)
			return
		}
	}
	switch o { // neither when it is done
	case n.retry:
		stopTimer(n.timer)
		n.retry = nil
		n.next()
	case n.current:
		if o.method == sip.INVITE {
			o.exchange.cancel("")
		}
	}
}

// next sends the next offer of ours when nothing is pending.
func (n *negotiation) next() {
	if n.current != nil || n.retry != nil || n.theirs != nil || len(n.queue) == 0 || n.s.phase != confirmed {
		return
	}
	o := n.queue[0]
	n.queue = n.queue[1:]
	n.send(o)
}

func (n *negotiation) send(o *ourOffer) {
	n.current = o
	if n.s.noUpdate && o.sdp != "" {
		o.method = sip.INVITE
	}
	o.exchange = &exchange{
		build: func() *sip.Request { return n.request(o) },
		final: func(res *sip.Response, err error) { n.answered(o, res, err) },
	}
	if o.method == sip.INVITE {
		o.exchange.again = func(*sip.Response) { n.s.a.sendAck(n.s.dialog, o.exchange.req) }
	}
	n.s.a.start(o.exchange)
}

func (n *negotiation) request(o *ourOffer) *sip.Request {
	s := n.s
	req := s.a.inDialog(s.dialog, o.method)
	req.AppendHeader(s.a.dialogContact())
	for _, h := range o.headers {
		req.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	s.timers.refresh(req)
	if o.sdp != "" {
		req.AppendHeader(sip.NewHeader("Content-Type", sdpType))
		req.SetBody([]byte(o.sdp))
	}
	return req
}

func (n *negotiation) answered(o *ourOffer, res *sip.Response, err error) {
	s := n.s
	if n.current == o {
		n.current = nil
	}
	if err == nil && res.IsSuccess() {
		n.accepted(o, res)
		return
	}
	if err == nil && res.StatusCode == sip.StatusRequestPending && !o.retried && !o.dropped && s.phase == confirmed {
		o.retried = true
		n.retry = o
		n.timer = s.a.after(glareDelay(!s.incoming), n.again)
		return
	}
	if err == nil && o.method == sip.UPDATE && (res.StatusCode == 405 || res.StatusCode == 501) && s.phase == confirmed {
		s.noUpdate = true
		if o.sdp != "" && !o.dropped {
			n.send(o) // as a re-INVITE
			return
		}
	}
	failure := responseError(o.method, res, err)
	if isDialogGone(res, err) {
		s.dialogGone(res, err)
	}
	o.result("", failure)
	n.next()
}

func (n *negotiation) accepted(o *ourOffer, res *sip.Response) {
	s := n.s
	s.dialog.refreshTarget(res)
	s.learnAllow(res)
	if o.method == sip.INVITE {
		s.a.sendAck(s.dialog, o.exchange.req)
	}
	if s.phase != confirmed {
		o.result("", errEnded)
		return
	}
	s.timers.answered(res)
	answer := sdpOf(res)
	if o.sdp != "" && answer == "" {
		o.result("", &signal.ResponseError{Method: string(o.method), StatusCode: res.StatusCode, Reason: "no SDP in the answer",
			Cause: signal.CauseMissingSDP})
	} else {
		o.result(answer, nil)
	}
	n.next()
}

// again is the second try after a 491. Theirs, if it is pending, goes first.
func (n *negotiation) again() {
	o := n.retry
	if o == nil {
		return
	}
	n.retry = nil
	n.queue = append([]*ourOffer{o}, n.queue...)
	n.next()
}

// glareDelay is the random time of RFC 3261 14.1, in steps of 10 ms: 2.1 to 4 s for the owner of the Call-ID, 0 to 2 s for
// the other side.
func glareDelay(owner bool) time.Duration {
	const step = 10 * time.Millisecond
	if owner {
		return 2100*time.Millisecond + step*rand.N[time.Duration](191)
	}
	return step * rand.N[time.Duration](201)
}

// fail ends everything with the session.
func (n *negotiation) fail(err error) {
	stopTimer(n.timer)
	waiting := n.queue
	if n.retry != nil {
		waiting = append(waiting, n.retry)
	}
	n.queue, n.retry = nil, nil
	for _, o := range waiting {
		o.result("", err)
	}
	// The current one gets its answer from its transaction.
	n.rejectTheirs()
}

// theirOffer is a re-INVITE or UPDATE of the peer's, waiting for the application.
type theirOffer struct {
	s        *session
	tx       *transaction.Server
	late     bool // a re-INVITE without SDP: we offer
	timer    *time.Timer
	answered bool
	onAnswer func(string) // guarded by the loop
	answer   *string
}

// receiveOffer handles a re-INVITE or UPDATE.
func (s *session) receiveOffer(req *sip.Request, tx *transaction.Server) {
	n := &s.offers
	offer := sdpOf(req)
	switch {
	case s.phase != confirmed:
		_ = s.respond(tx, sip.StatusRequestPending, "Request Pending")
	case len(req.Body()) > 0 && offer == "":
		_ = s.respond(tx, sip.StatusUnsupportedMediaType, "Unsupported Media Type", sip.NewHeader("Accept", sdpType))
	case req.Method == sip.UPDATE && offer == "": // no offer: a refresh of target or session timer
		s.dialog.refreshTarget(req)
		headers := append([]sip.Header{s.a.dialogContact()}, s.timers.agree(req)...)
		_ = s.respond(tx, sip.StatusOK, "OK", headers...)
		s.timers.run()
	case n.current != nil:
		_ = s.respond(tx, sip.StatusRequestPending, "Request Pending")
	case n.theirs != nil:
		_ = s.respond(tx, sip.StatusInternalServerError, "Server Internal Error", retryLater())
	default:
		n.ask(req, tx, offer)
	}
}

// ask passes the offer to the application.
func (n *negotiation) ask(req *sip.Request, tx *transaction.Server, offer string) {
	s := n.s
	t := &theirOffer{s: s, tx: tx, late: offer == ""}
	n.theirs = t
	s.learnAllow(req)
	t.timer = s.a.after(offerTimeout, t.expire)
	s.dialog.refreshTarget(req)
	o := signal.InDialogOffer{
		Method: string(req.Method), Offer: offer, Headers: headersOf(req),
		Accept:   func(sdp string) { s.a.post(func() { t.accept(sdp) }) },
		Reject:   func(code int, reason string) { s.a.post(func() { t.reject(code, reason) }) },
		OnAnswer: func(f func(string)) { s.a.post(func() { t.listen(f) }) },
	}
	s.a.queue.add(func() {
		if h := s.handler.Load(); h != nil && h.OnOffer != nil {
			h.OnOffer(o)
			return
		}
		o.Reject(sip.StatusNotAcceptableHere, "")
	})
}

// accept answers with our SDP.
func (t *theirOffer) accept(sdp string) {
	s := t.s
	if t.answered || s.phase != confirmed { // withdrawn meanwhile
		t.noAnswer()
		return
	}
	t.done()
	req := t.tx.Request()
	headers := append([]sip.Header{s.a.dialogContact()}, s.timers.agree(req)...)
	if req.Method == sip.UPDATE {
		_ = t.tx.Respond(s.response(t.tx, sip.StatusOK, "OK", []byte(sdp), headers...))
	} else if s.answerInvite(t.tx, sdp, headers) != nil {
		t.noAnswer()
	} else if t.late {
		// Our offer is pending until the ACK brings the answer.
		s.acks[req.CSeq().SeqNo].onAck = func(sdp string) {
			t.deliver(sdp)
			t.release()
		}
		s.timers.run()
		return
	}
	s.timers.run()
	t.release()
}

// reject refuses; the dialog and the media stay as they were.
func (t *theirOffer) reject(code int, reason string) {
	if t.answered {
		return
	}
	t.done()
	if code < 300 || code > 699 {
		code = sip.StatusNotAcceptableHere
	}
	if reason == "" {
		reason = reasonPhrase(code)
	}
	_ = t.s.respond(t.tx, code, reason)
	t.release()
}

// expire refuses what the application has not answered in time: its media engine hangs, or works for longer than a transaction
// lasts. Retry-After tells the peer that another try may go better (RFC 3261 21.5.1), and the log that it was no glare.
func (t *theirOffer) expire() {
	if t.answered {
		return
	}
	t.done()
	t.s.a.log.Warn("an offer of the peer was not answered in time", "method", t.tx.Request().Method, "after", offerTimeout)
	_ = t.s.respond(t.tx, sip.StatusInternalServerError, "Server Internal Error", retryLater())
	t.release()
}

// retryLater is the time of RFC 3261 14.2, 0 to 10 s, but not at once.
func retryLater() sip.Header { return sip.NewHeader("Retry-After", strconv.Itoa(rand.IntN(10)+1)) }

func (t *theirOffer) done() {
	t.answered = true
	stopTimer(t.timer)
}

// release lets the next offer go.
func (t *theirOffer) release() {
	if t.s.offers.theirs == t {
		t.s.offers.theirs = nil
		t.s.offers.next()
	}
}

// rejectTheirs answers what the application will not answer any more.
func (n *negotiation) rejectTheirs() {
	if n.theirs != nil {
		n.theirs.reject(sip.StatusRequestTerminated, "")
		n.theirs = nil
	}
}

func (t *theirOffer) listen(f func(string)) {
	t.onAnswer = f
	if t.answer != nil {
		t.deliver(*t.answer)
	}
}

// noAnswer tells who waits for the answer to our offer that none will come.
func (t *theirOffer) noAnswer() {
	if t.late {
		t.deliver("")
	}
}

func (t *theirOffer) deliver(sdp string) {
	if f := t.onAnswer; f != nil {
		t.s.a.queue.add(func() { f(sdp) })
		return
	}
	t.answer = &sdp
}
