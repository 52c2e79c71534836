package sip

import (
	"errors"
	"strings"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
)

// Invite prepares a session; its INVITE goes out after the callbacks that are under way.
func (a *agent) Invite(target string, options signal.InviteOptions, handler signal.SessionHandler) (signal.Session, error) {
	uri, err := parseTarget(target, a.config.Domain)
	if err != nil {
		return nil, err
	}
	if options.Offer == "" {
		return nil, errors.New("no offer")
	}
	if options.NoAnswerTimeout <= 0 {
		options.NoAnswerTimeout = noAnswerTimeout
	}
	s := &session{
		a: a, id: randomToken(22), localTag: randomToken(10), remote: identity("", uri), headers: options.ExtraHeaders,
		target: uri, options: options, early: make(map[string]*dialog), acks: make(map[uint32]*ackWait),
	}
	s.offers.s, s.timers.s = s, s
	s.SetHandler(handler)
	err = a.do(func() {
		if a.leaving {
			err = errStopped
			return
		}
		a.sessions[s.key()] = s
		a.queue.add(func() { a.post(s.call) })
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// call sends the INVITE (RFC 3261 13.2.1).
func (s *session) call() {
	if s.phase != waiting {
		return
	}
	s.phase = calling
	s.notify(func(h *signal.SessionHandler) {
		if h.OnSending != nil {
			h.OnSending()
		}
	})
	s.noAnswer = s.a.after(s.options.NoAnswerTimeout, s.notAnswered)
	s.invite = &exchange{build: s.inviteRequest, provisional: s.progress, final: s.inviteAnswered, again: s.answeredAgain}
	s.a.start(s.invite)
}

func (s *session) inviteRequest() *sip.Request {
	s.seq++
	req := s.a.newRequest(sip.INVITE, s.target, s.target, s.id, s.localTag, s.seq)
	for _, h := range s.options.ExtraHeaders {
		req.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	req.AppendHeader(s.a.dialogContact())
	s.timers.ask(req)
	req.AppendHeader(sip.NewHeader("Content-Type", sdpType))
	req.SetBody([]byte(s.options.Offer))
	return req
}

// progress handles provisional responses; each tag is the early dialog of another fork (RFC 3261 12.1).
func (s *session) progress(res *sip.Response) {
	if s.phase != calling || res.StatusCode == sip.StatusTrying {
		return
	}
	if tag := tagOf(res.To().Params); tag != "" {
		if s.early[tag] == nil && len(s.early) < 32 {
			s.early[tag] = dialogFromResponse(s.invite.req, res)
		}
		s.dialog = s.early[tag]
	}
	code, sdp := res.StatusCode, sdpOf(res)
	s.notify(func(h *signal.SessionHandler) {
		if h.OnProgress != nil {
			h.OnProgress(code, sdp)
		}
	})
}

// sdpOf gives the body when it is SDP.
func sdpOf(m sip.Message) string {
	if len(m.Body()) == 0 || mediaType(contentType(m)) != sdpType {
		return ""
	}
	return string(m.Body())
}

func (s *session) notAnswered() {
	if s.phase != calling {
		return
	}
	s.invite.cancel(reasonHeader(408, string(signal.CauseNoAnswer)))
	s.finish(signal.End{Originator: signal.Local, Cause: signal.CauseNoAnswer, StatusCode: 408})
}

// inviteAnswered handles the final outcome of the INVITE.
func (s *session) inviteAnswered(res *sip.Response, err error) {
	for _, result := range s.onFinal {
		result(nil)
	}
	s.onFinal = nil
	switch {
	case err != nil:
		e := failureOf(sip.INVITE, nil, err)
		end := signal.End{Originator: signal.System, Cause: e.Cause}
		if errors.Is(err, transaction.ErrTimeout) {
			end.StatusCode = e.StatusCode
		}
		s.finish(end)
	case res.IsSuccess() && s.phase == calling:
		s.confirm(res)
	case res.IsSuccess(): // it crossed our CANCEL
		s.dropFork(res)
	case res.StatusCode == 422 && s.phase == calling && s.timers.raise(res):
		s.invite = &exchange{build: s.inviteRequest, provisional: s.progress, final: s.inviteAnswered, again: s.answeredAgain}
		s.a.start(s.invite)
	default:
		s.finish(signal.End{Originator: signal.Remote, Cause: signal.CauseOf(res.StatusCode), StatusCode: res.StatusCode,
			Reason: res.Reason})
	}
}

// dropFork acknowledges a 2xx that is not wanted and hangs up (RFC 3261 13.2.2.4).
func (s *session) dropFork(res *sip.Response) {
	d := dialogFromResponse(s.invite.req, res)
	s.a.sendAck(d, s.invite.req)
	s.a.sendBye(d, "", nil)
}

// answeredAgain handles a further 2xx: the same again, or another fork's.
func (s *session) answeredAgain(res *sip.Response) {
	if s.phase == confirmed && tagOf(res.To().Params) == s.dialog.remoteTag {
		s.a.sendAck(s.dialog, s.invite.req)
		return
	}
	s.dropFork(res)
}

// confirm takes the first 2xx. The ACK goes out at once; whether the answer can be used is for the application to say.
func (s *session) confirm(res *sip.Response) {
	stopTimer(s.noAnswer)
	s.dialog = dialogFromResponse(s.invite.req, res)
	if early := s.early[s.dialog.remoteTag]; early != nil {
		s.dialog.remoteSeq, s.dialog.heard = early.remoteSeq, early.heard
		s.dialog.localSeq = max(s.dialog.localSeq, early.localSeq)
	}
	s.early = nil
	s.a.sendAck(s.dialog, s.invite.req)
	sdp := sdpOf(res)
	if sdp == "" {
		s.phase = confirmed
		s.hangUpUnusable(400, signal.CauseMissingSDP)
		return
	}
	s.phase = confirmed
	s.learnAllow(res)
	s.timers.answered(res)
	s.a.queue.add(func() { s.deliverAnswer(sdp) })
}

// deliverAnswer runs on the dispatcher, so that nothing comes between the answer and its confirmation.
func (s *session) deliverAnswer(sdp string) {
	h := s.handler.Load()
	if h.OnAnswer != nil {
		if err := h.OnAnswer(sdp); err != nil {
			s.a.log.Warn("answer refused", "call", s.id, "error", err)
			s.a.post(func() { s.hangUpUnusable(488, signal.CauseBadMediaDescription) })
			return
		}
	}
	s.accepted = true
	if h.OnAccepted != nil {
		h.OnAccepted()
	}
	if h.OnConfirmed != nil {
		h.OnConfirmed()
	}
}

// hangUpUnusable ends a call whose answer is of no use.
func (s *session) hangUpUnusable(code int, cause signal.Cause) {
	if s.phase != confirmed {
		return
	}
	s.finish(signal.End{Originator: signal.Remote, Cause: cause, StatusCode: code})
	s.a.sendBye(s.dialog, reasonHeader(code, string(cause)), nil)
}

// receiveStray handles responses outside transactions: a 2xx that comes very late is acknowledged if its call is ours.
func (a *agent) receiveStray(res *sip.Response) {
	if !res.IsSuccess() || res.CSeq().MethodName != sip.INVITE || !strings.HasSuffix(res.Via().Host, a.host) {
		return
	}
	s := a.sessions[sessionKey(res.CallID().Value(), tagOf(res.From().Params))]
	if s != nil && s.phase == confirmed && s.invite != nil && s.invite.req.CSeq().SeqNo == res.CSeq().SeqNo {
		s.answeredAgain(res)
	}
}
