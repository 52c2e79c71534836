package sip

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
)

const noAnswerTimeout = 60 * time.Second

var errEnded = errors.New("session has ended")

// phase of a session's life.
type phase int

const (
	waiting   phase = iota // outgoing: before the INVITE was sent
	calling                // outgoing: INVITE sent
	ringing                // incoming: INVITE received
	answered               // incoming: 200 sent, ACK awaited
	confirmed              // ACK sent or received
	ended
)

// session implements signal.Session. But for the first group and the atomics, the loop owns it.
type session struct {
	a        *agent
	id       string
	incoming bool
	remote   signal.Identity
	headers  []signal.Header // incoming: of the INVITE, outgoing: the extra ones
	offer    string          // incoming: of the INVITE
	localTag string

	handler  atomic.Pointer[signal.SessionHandler]
	accepted bool // OnAccepted was called; the dispatcher owns it

	phase  phase
	dialog *dialog // nil before a response with a tag came

	// Outgoing.
	target  sip.Uri
	options signal.InviteOptions
	seq     uint32
	invite  *exchange
	early   map[string]*dialog // by remote tag
	onFinal []func(error)      // Terminate waits for the INVITE's end

	// Incoming.
	inviteTx *transaction.Server

	noAnswer *time.Timer
	expires  *time.Timer
	acks     map[uint32]*ackWait // 2xx of ours that are not acknowledged yet, by CSeq
	byeAfter *farewell           // hung up before the ACK came

	offers   negotiation
	timers   sessionTimers
	referral *referral // what the peer is told of, nil for nothing
	noUpdate bool      // the peer does not allow UPDATE (RFC 3311)
}

type farewell struct {
	reason string
	result func(error)
}

func sessionKey(callID, localTag string) string { return callID + "|" + localTag }

func (s *session) ID() string                         { return s.id }
func (s *session) Incoming() bool                     { return s.incoming }
func (s *session) Remote() signal.Identity            { return s.remote }
func (s *session) Headers() []signal.Header           { return s.headers }
func (s *session) Offer() string                      { return s.offer }
func (s *session) key() string                        { return sessionKey(s.id, s.localTag) }
func (s *session) SetHandler(h signal.SessionHandler) { s.handler.Store(&h) }

// learnAllow takes what the peer says it allows (RFC 3261 20.5); a message that says nothing changes nothing.
func (s *session) learnAllow(m interface{ GetHeaders(string) []sip.Header }) {
	if methods := headerTokens(m, "allow"); len(methods) > 0 {
		s.noUpdate = !slices.Contains(methods, "update")
	}
}

// notify hands a callback to the dispatcher.
func (s *session) notify(f func(h *signal.SessionHandler)) {
	s.a.queue.add(func() {
		if h := s.handler.Load(); h != nil {
			f(h)
		}
	})
}

// Terminate ends the session whatever its phase. The session is over for its owner at once; Terminate then waits for the
// peer's answer, bounded by ctx; an error says only that the peer did not take it well.
func (s *session) Terminate(ctx context.Context, code int, reason string) error {
	return s.a.await(ctx, func(result func(error)) { s.terminate(code, reason, result) })
}

func (s *session) terminate(code int, reason string, result func(error)) {
	end := signal.End{Originator: signal.Local, Cause: signal.CauseTerminated, StatusCode: code, Reason: reason}
	header := reasonHeader(code, reason)
	switch s.phase {
	case waiting:
		end.Cause = signal.CauseCanceled
		s.finish(end)
		result(nil)
	case calling:
		end.Cause = signal.CauseCanceled
		s.onFinal = append(s.onFinal, result)
		s.invite.cancel(header)
		s.finish(end)
	case ringing:
		if code < 300 || code > 699 {
			code = sip.StatusTemporarilyUnavailable
		}
		result(s.refuse(code, "", header))
	case answered:
		// RFC 3261 15: no BYE before the ACK has come or can no longer come.
		end.Cause = endCause(reason)
		s.byeAfter = &farewell{header, result}
		s.finish(end)
	case confirmed:
		end.Cause = endCause(reason)
		s.finish(end)
		s.a.sendBye(s.dialog, header, result)
	case ended:
		result(nil)
	}
}

// endCause is the cause that a hang-up of ours is known by: one that its reason names, else the plain one.
func endCause(reason string) signal.Cause {
	text := reason
	if _, quoted := parseReason(reason); quoted != "" {
		text = quoted
	}
	switch cause := signal.Cause(text); cause {
	case signal.CauseRTPTimeout, signal.CauseWebRTC, signal.CauseInternal, signal.CauseBadMediaDescription,
		signal.CauseUserDeniedMedia, signal.CauseMissingSDP, signal.CauseDialog:
		return cause
	}
	return signal.CauseTerminated
}

// finish ends the session for its owner, once.
func (s *session) finish(end signal.End) {
	if s.phase == ended {
		return
	}
	s.phase = ended
	stopTimer(s.noAnswer)
	stopTimer(s.expires)
	s.timers.stop()
	s.offers.fail(errEnded)
	if len(s.acks) == 0 {
		delete(s.a.sessions, s.key())
	} // else the ACK, or its absence, removes it
	s.notify(func(h *signal.SessionHandler) {
		switch {
		case s.accepted && h.OnEnded != nil:
			h.OnEnded(end)
		case !s.accepted && h.OnFailed != nil:
			h.OnFailed(end)
		}
		// The INVITE's transaction remembers the session for another 32 s; the call and its media need not wait for that.
		s.handler.Store(&signal.SessionHandler{})
	})
}

// dialogGone ends a session whose dialog the peer does not know any more or does not answer in (RFC 3261 12.2.1.2).
func (s *session) dialogGone(res *sip.Response, err error) {
	if s.phase != confirmed && s.phase != answered {
		return
	}
	end := signal.End{Originator: signal.Local, Cause: signal.CauseDialog, StatusCode: 408}
	if res != nil {
		end.StatusCode, end.Reason = res.StatusCode, res.Reason
	} else if errors.Is(err, transaction.ErrTimeout) {
		end.Originator, end.Cause = signal.System, signal.CauseRequestTimeout
	}
	s.finish(end)
	s.a.sendBye(s.dialog, reasonHeader(end.StatusCode, string(end.Cause)), nil)
}

// isDialogGone tells whether the outcome of a request in the dialog means the dialog's end. The loss of the socket does
// not: the dialog goes on over the next one.
func isDialogGone(res *sip.Response, err error) bool {
	if err != nil {
		return errors.Is(err, transaction.ErrTimeout)
	}
	return res.StatusCode == sip.StatusRequestTimeout || res.StatusCode == sip.StatusCallTransactionDoesNotExists
}

// socketLost fails what cannot live on without the socket: a call that is not answered yet.
func (s *session) socketLost() {
	switch s.phase {
	case calling, ringing:
		s.finish(signal.End{Originator: signal.System, Cause: signal.CauseConnection})
	case confirmed:
		// Acknowledgements of re-INVITEs went down with the socket; the call did not.
		for seq := range s.acks {
			if w := s.forgetAck(seq); w.onAck != nil {
				w.onAck("") // the answer to our offer went down with them
			}
		}
	case ended:
		for seq := range s.acks {
			s.acked(seq)
		}
	}
}

// Info sends an INFO (RFC 6086, without its negotiation) and waits for the answer.
func (s *session) Info(ctx context.Context, contentType string, body []byte, headers []signal.Header, keepOnError bool) error {
	return s.a.await(ctx, func(result func(error)) {
		if s.dialog == nil || s.phase == ended {
			result(fmt.Errorf("INFO: %w", errEnded))
			return
		}
		s.a.start(&exchange{
			build: func() *sip.Request {
				req := s.a.inDialog(s.dialog, sip.INFO)
				for _, h := range headers {
					req.AppendHeader(sip.NewHeader(h.Name, h.Value))
				}
				if contentType != "" {
					req.AppendHeader(sip.NewHeader("Content-Type", contentType))
				}
				req.SetBody(body)
				return req
			},
			final: func(res *sip.Response, err error) {
				if isDialogGone(res, err) && !keepOnError {
					s.dialogGone(res, err)
				}
				result(responseError(sip.INFO, res, err))
			},
		})
	})
}
