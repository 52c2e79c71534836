package sip

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
)

// referTime is how long the peer is told of what became of its REFER: an INVITE may ring for a minute, and a person may think
// before.
const referTime = 3 * time.Minute

// referral is an accepted REFER with its implicit subscription (RFC 3515 2.4.4). It may outlive the call in which it came
// (RFC 5057 4): the call is often ended before the next one is placed. The loop owns it.
type referral struct {
	s     *session
	event string // value of the Event header
	ends  time.Time
	timer *time.Timer
}

// receiveRefer asks the application (RFC 3515).
func (s *session) receiveRefer(req *sip.Request, tx *transaction.Server) {
	target := req.ReferTo()
	if target == nil || target.Address.Host == "" {
		_ = s.respond(tx, sip.StatusBadRequest, "Bad Request")
		return
	}
	to, seq := target.Address.String(), strconv.FormatUint(uint64(req.CSeq().SeqNo), 10)
	s.a.queue.add(func() {
		h := s.handler.Load()
		accept := h != nil && h.OnRefer != nil && h.OnRefer(to)
		s.a.post(func() { s.answerRefer(tx, accept, seq) })
	})
}

func (s *session) answerRefer(tx *transaction.Server, accept bool, seq string) {
	if !accept {
		_ = s.respond(tx, sip.StatusGlobalDecline, "Decline")
		return
	}
	if s.respond(tx, sip.StatusAccepted, "Accepted", s.a.dialogContact()) != nil || s.phase == ended {
		return
	}
	if s.referral != nil { // one at a time is enough: of the older nothing more is told
		s.referral.finish("giveup")
	}
	r := &referral{s: s, event: "refer;id=" + seq, ends: time.Now().Add(referTime)}
	s.referral = r
	r.timer = s.a.after(referTime, func() { r.finish("timeout") })
	r.tell(fmt.Sprintf("active;expires=%d", int(referTime/time.Second)), sip.StatusTrying, "", nil)
}

// NotifyRefer tells the peer how what it asked for by REFER goes.
func (s *session) NotifyRefer(ctx context.Context, code int, reason string) error {
	if code < 100 || code > 699 {
		return fmt.Errorf("NOTIFY: %d is no SIP status", code)
	}
	return s.a.await(ctx, func(result func(error)) {
		r := s.referral
		switch {
		case r == nil:
			result(signal.ErrNoRefer)
		case code < 200:
			left := max(0, int(time.Until(r.ends)/time.Second))
			r.tell(fmt.Sprintf("active;expires=%d", left), code, reason, result)
		default:
			r.end()
			r.tell("terminated;reason=noresource", code, reason, result)
		}
	})
}

// finish ends the subscription for a reason of its own (RFC 6665 4.1.3).
func (r *referral) finish(why string) {
	if r.s.referral == r {
		r.end()
		r.tell("terminated;reason="+why, sip.StatusTrying, "", nil)
	}
}

func (r *referral) end() {
	stopTimer(r.timer)
	r.s.referral = nil
}

// tell sends a NOTIFY with a status line of the new call (RFC 3515 2.4.5).
func (r *referral) tell(state string, code int, reason string, result func(error)) {
	if reason == "" {
		reason = reasonPhrase(code)
	}
	reason = strings.Map(func(c rune) rune { // it may come from another peer's response
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, reason)
	s := r.s
	s.a.start(&exchange{
		build: func() *sip.Request {
			req := s.a.inDialog(s.dialog, sip.NOTIFY)
			req.AppendHeader(s.a.dialogContact())
			req.AppendHeader(sip.NewHeader("Event", r.event))
			req.AppendHeader(sip.NewHeader("Subscription-State", state))
			req.AppendHeader(sip.NewHeader("Content-Type", "message/sipfrag;version=2.0"))
			req.SetBody(fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", code, reason))
			return req
		},
		final: func(res *sip.Response, err error) {
			failure := responseError(sip.NOTIFY, res, err)
			if failure != nil && s.referral == r { // the peer does not want to know (RFC 6665 4.2.2)
				r.end()
			}
			if result != nil {
				result(failure)
			}
		},
	})
}
