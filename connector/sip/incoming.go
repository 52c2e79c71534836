package sip

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
)

// maxSessions at once; more are answered busy.
const maxSessions = 32

// receiveInvite makes a session of an INVITE outside any dialog (RFC 3261 13.3).
func (a *agent) receiveInvite(req *sip.Request, tx *transaction.Server) {
	switch {
	case a.leaving || a.handler.OnSession == nil:
		a.reply(tx, sip.StatusTemporarilyUnavailable, "Temporarily Unavailable")
		return
	case len(a.sessions) >= maxSessions:
		a.reply(tx, sip.StatusBusyHere, "Busy Here")
		return
	case a.merged(req):
		a.reply(tx, sip.StatusLoopDetected, "Loop Detected") // RFC 3261 8.2.2.2
		return
	case len(req.Body()) > 0 && mediaType(contentType(req)) != sdpType:
		a.reply(tx, sip.StatusUnsupportedMediaType, "Unsupported Media Type", signal.Header{Name: "Accept", Value: sdpType})
		return
	case !takesSDP(req):
		a.reply(tx, sip.StatusNotAcceptable, "Not Acceptable", signal.Header{Name: "Accept", Value: sdpType})
		return
	}
	tag := randomToken(10)
	s := &session{
		a: a, id: req.CallID().Value(), incoming: true, localTag: tag, headers: headersOf(req), offer: sdpOf(req),
		remote: identity(req.From().DisplayName, req.From().Address),
		phase:  ringing, dialog: dialogFromRequest(req, tag), inviteTx: tx, acks: make(map[uint32]*ackWait),
	}
	s.offers.s, s.timers.s = s, s
	s.learnAllow(req)
	a.sessions[s.key()] = s
	s.noAnswer = a.after(noAnswerTimeout, func() { s.timedOut(sip.StatusRequestTimeout, signal.Local, signal.CauseNoAnswer) })
	if seconds, err := strconv.ParseUint(headerValue(req, "expires"), 10, 31); err == nil && seconds > 0 {
		s.expires = a.after(time.Duration(seconds)*time.Second, func() {
			s.timedOut(sip.StatusRequestTerminated, signal.System, signal.CauseExpires)
		})
	}
	a.notify(func(h *signal.Handler) { h.OnSession(s) })
}

// takesSDP tells whether our answer is of a type that the caller takes (RFC 3261 20.1: SDP when it says nothing).
func takesSDP(req *sip.Request) bool {
	types := headerTokens(req, "accept")
	if len(types) == 0 {
		return len(req.GetHeaders("accept")) == 0
	}
	return slices.ContainsFunc(types, func(kind string) bool {
		kind = mediaType(kind)
		return kind == sdpType || kind == "application/*" || kind == "*/*"
	})
}

// merged finds a request that reached us twice on different ways.
func (a *agent) merged(req *sip.Request) bool {
	for _, s := range a.sessions {
		if s.incoming && s.id == req.CallID().Value() && s.phase == ringing &&
			s.dialog.remoteTag == tagOf(req.From().Params) && s.dialog.remoteSeq == req.CSeq().SeqNo {
			return true
		}
	}
	return false
}

func (s *session) timedOut(code int, originator signal.Originator, cause signal.Cause) {
	if s.phase != ringing {
		return
	}
	_ = s.respond(s.inviteTx, code, reasonPhrase(code))
	s.finish(signal.End{Originator: originator, Cause: cause, StatusCode: code})
}

// canceled is the peer's CANCEL of an INVITE or re-INVITE.
func (a *agent) canceled(tx *transaction.Server) {
	for _, s := range a.sessions {
		switch {
		case s.inviteTx == tx:
			s.canceled()
		case s.offers.theirs != nil && s.offers.theirs.tx == tx:
			s.offers.theirs.reject(sip.StatusRequestTerminated, "")
		}
	}
}

// canceled ends an incoming call that its caller gives up. A CANCEL that comes after our answer has no effect.
func (s *session) canceled() {
	if s.phase != ringing {
		return
	}
	_ = s.respond(s.inviteTx, sip.StatusRequestTerminated, "Request Terminated")
	s.finish(signal.End{Originator: signal.Remote, Cause: signal.CauseCanceled, StatusCode: sip.StatusRequestTerminated})
}

// Ring tells the caller that someone is being called.
func (s *session) Ring() (err error) {
	doing := s.a.do(func() {
		if s.phase != ringing {
			err = s.wrongPhase("ring")
			return
		}
		err = s.respond(s.inviteTx, sip.StatusRinging, "Ringing", s.a.dialogContact())
	})
	return errors.Join(doing, err)
}

func (s *session) wrongPhase(doing string) error {
	if s.phase == ended {
		return fmt.Errorf("%s: %w", doing, errEnded)
	}
	return fmt.Errorf("%s: the session is not an incoming call that waits for an answer", doing)
}

// Accept answers with 200. answer is our SDP: the answer, or our offer when the INVITE had none; the peer's answer then
// comes in the ACK, through OnAnswer.
func (s *session) Accept(answer string, extraHeaders []signal.Header) (err error) {
	doing := s.a.do(func() {
		if s.phase != ringing {
			err = s.wrongPhase("accept")
			return
		}
		stopTimer(s.noAnswer)
		stopTimer(s.expires)
		err = s.sendAnswer(answer, extraHeaders)
	})
	return errors.Join(doing, err)
}

func (s *session) sendAnswer(answer string, extraHeaders []signal.Header) error {
	headers := []sip.Header{s.a.dialogContact()}
	for _, h := range extraHeaders {
		headers = append(headers, sip.NewHeader(h.Name, h.Value))
	}
	headers = append(headers, s.timers.agree(s.inviteTx.Request())...)
	s.phase = answered
	if err := s.answerInvite(s.inviteTx, answer, headers); err != nil {
		s.finish(signal.End{Originator: signal.System, Cause: signal.CauseConnection})
		return err
	}
	s.a.queue.add(func() {
		s.accepted = true
		if h := s.handler.Load(); h != nil && h.OnAccepted != nil {
			h.OnAccepted()
		}
	})
	return nil
}

// Reject answers with a final response of 300 to 699.
func (s *session) Reject(code int, reason string) (err error) {
	if code < 300 || code > 699 {
		return fmt.Errorf("reject: status code %d", code)
	}
	doing := s.a.do(func() {
		if s.phase != ringing {
			err = s.wrongPhase("reject")
			return
		}
		err = s.refuse(code, reason, "")
	})
	return errors.Join(doing, err)
}

func (s *session) refuse(code int, phrase, reason string) error {
	if phrase == "" {
		phrase = reasonPhrase(code)
	}
	var headers []sip.Header
	if reason != "" {
		headers = append(headers, sip.NewHeader("Reason", reason))
	}
	err := s.respond(s.inviteTx, code, phrase, headers...)
	s.finish(signal.End{Originator: signal.Local, Cause: signal.CauseRejected, StatusCode: code, Reason: phrase})
	return err
}

// respond answers a request of this session's peer, with our tag.
func (s *session) respond(tx *transaction.Server, code int, phrase string, headers ...sip.Header) error {
	return tx.Respond(s.response(tx, code, phrase, nil, headers...))
}

func (s *session) response(tx *transaction.Server, code int, phrase string, body []byte, headers ...sip.Header) *sip.Response {
	res := sip.NewResponseFromRequest(tx.Request(), code, strings.Map(printable, phrase), nil)
	res.To().Params.Add("tag", s.localTag)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if body != nil {
		res.AppendHeader(sip.NewHeader("Content-Type", sdpType))
	}
	res.SetBody(body)
	return res
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

// ackWait is a 2xx to an INVITE that waits for its ACK.
type ackWait struct {
	tx       *transaction.Server
	res      *sip.Response
	interval time.Duration
	timer    *time.Timer // sends it again
	limit    *time.Timer // gives up
	onAck    func(sdp string)
}

const maxInterval = 4 * time.Second // T2 of RFC 3261 17.1.2.1

// answerInvite sends a 200 to an INVITE or re-INVITE and repeats it until the ACK comes: also over reliable transports,
// for the way behind the first proxy may not be one (RFC 3261 13.3.1.4).
func (s *session) answerInvite(tx *transaction.Server, sdp string, headers []sip.Header) error {
	headers = append(headers, sip.NewHeader("Allow", allowMethods), sip.NewHeader("Supported", s.a.supported()))
	w := &ackWait{tx: tx, interval: transaction.T1, res: s.response(tx, sip.StatusOK, "OK", []byte(sdp), headers...)}
	if err := tx.Respond(w.res); err != nil {
		return err
	}
	seq := tx.Request().CSeq().SeqNo
	s.acks[seq] = w
	w.timer = s.a.after(w.interval, func() { s.repeat(w) })
	w.limit = s.a.after(64*transaction.T1, func() { s.notAcked(seq) })
	return nil
}

func (s *session) repeat(w *ackWait) {
	if w.timer == nil || w.tx.Respond(w.res) != nil {
		return
	}
	w.interval = min(2*w.interval, maxInterval)
	w.timer = s.a.after(w.interval, func() { s.repeat(w) })
}

// forgetAck stops waiting for an ACK.
func (s *session) forgetAck(seq uint32) *ackWait {
	w := s.acks[seq]
	if w == nil {
		return nil
	}
	stopTimer(w.timer)
	stopTimer(w.limit)
	w.timer = nil
	delete(s.acks, seq)
	return w
}

// notAcked gives up: the dialog is confirmed but the call ends (RFC 3261 13.3.1.4).
func (s *session) notAcked(seq uint32) {
	if s.acks[seq] == nil {
		return
	}
	live := s.phase != ended
	s.acked(seq)
	if live {
		s.finish(signal.End{Originator: signal.Remote, Cause: signal.CauseNoACK})
		s.a.sendBye(s.dialog, reasonHeader(408, string(signal.CauseNoACK)), nil)
	}
}

// acked forgets a 2xx of ours; when the session was hung up meanwhile, the BYE goes out now.
func (s *session) acked(seq uint32) *ackWait {
	w := s.forgetAck(seq)
	if s.phase == ended && len(s.acks) == 0 {
		delete(s.a.sessions, s.key())
		if bye := s.byeAfter; bye != nil {
			s.byeAfter = nil
			s.a.sendBye(s.dialog, bye.reason, bye.result)
		}
	}
	return w
}

// receiveAck handles the ACK to a 2xx of ours.
func (s *session) receiveAck(req *sip.Request) {
	sdp := sdpOf(req)
	initial := s.phase == answered
	w := s.acked(req.CSeq().SeqNo)
	if w == nil {
		return
	}
	if w.onAck != nil {
		w.onAck(sdp)
	}
	if !initial {
		return
	}
	s.phase = confirmed
	s.timers.run()
	if s.offer == "" {
		s.lateAnswer(sdp)
		return
	}
	s.notify(func(h *signal.SessionHandler) {
		if h.OnConfirmed != nil {
			h.OnConfirmed()
		}
	})
}

// lateAnswer takes the answer that came in the ACK to an INVITE without offer.
func (s *session) lateAnswer(sdp string) {
	if sdp == "" {
		s.hangUpUnusable(400, signal.CauseMissingSDP)
		return
	}
	s.notify(func(h *signal.SessionHandler) {
		if h.OnAnswer != nil && h.OnAnswer(sdp) != nil {
			s.a.post(func() { s.hangUpUnusable(488, signal.CauseBadMediaDescription) })
			return
		}
		if h.OnConfirmed != nil {
			h.OnConfirmed()
		}
	})
}

// reasonPhrase of the status codes that are sent, or reported of another call, without one of the application's.
func reasonPhrase(code int) string {
	switch code {
	case sip.StatusTrying:
		return "Trying"
	case sip.StatusRinging:
		return "Ringing"
	case sip.StatusOK:
		return "OK"
	case sip.StatusRequestTimeout:
		return "Request Timeout"
	case sip.StatusTemporarilyUnavailable:
		return "Temporarily Unavailable"
	case sip.StatusBusyHere:
		return "Busy Here"
	case sip.StatusRequestTerminated:
		return "Request Terminated"
	case sip.StatusNotAcceptableHere:
		return "Not Acceptable Here"
	case sip.StatusRequestPending:
		return "Request Pending"
	case sip.StatusInternalServerError:
		return "Server Internal Error"
	case sip.StatusGlobalDecline:
		return "Decline"
	default:
		return "Rejected"
	}
}
