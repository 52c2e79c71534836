package sip

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
)

var allowHeader = signal.Header{Name: "Allow", Value: allowMethods}

// receive handles a request from the socket. tx is nil for an ACK.
func (a *agent) receive(req *sip.Request, tx *transaction.Server) {
	tag := tagOf(req.To().Params)
	s := a.sessions[sessionKey(req.CallID().Value(), tag)]
	if tx == nil {
		if s != nil {
			s.receiveAck(req)
		}
		return
	}
	switch scheme := strings.ToLower(req.Recipient.Scheme); {
	case scheme != "sip" && scheme != "sips":
		a.reply(tx, 416, "Unsupported URI Scheme")
	case a.refusesExtension(req, tx):
	case tag == "":
		a.receiveOutside(req, tx)
	case s == nil || !s.matches(req):
		a.reply(tx, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist")
	default:
		s.receive(req, tx)
	}
}

// refusesExtension answers 420 when the peer requires what we cannot do (RFC 3261 8.2.2.3).
func (a *agent) refusesExtension(req *sip.Request, tx *transaction.Server) bool {
	var unknown []string
	can := strings.Split(a.supported(), ",")
	for _, extension := range headerTokens(req, "require") {
		if !slices.Contains(can, extension) {
			unknown = append(unknown, extension)
		}
	}
	if len(unknown) == 0 {
		return false
	}
	a.reply(tx, sip.StatusBadExtension, "Bad Extension",
		signal.Header{Name: "Unsupported", Value: strings.Map(printable, strings.Join(unknown, ","))})
	return true
}

// receiveOutside handles requests outside any dialog.
func (a *agent) receiveOutside(req *sip.Request, tx *transaction.Server) {
	switch req.Method {
	case sip.INVITE:
		a.receiveInvite(req, tx)
	case sip.OPTIONS:
		a.replyOptions(tx)
	case sip.MESSAGE:
		a.receiveMessage(req, tx)
	case sip.NOTIFY:
		a.reply(tx, sip.StatusOK, "OK")
		headers, body := headersOf(req), req.Body()
		a.notify(func(h *signal.Handler) {
			if h.OnNotify != nil {
				h.OnNotify(headers, body)
			}
		})
	case sip.BYE:
		a.reply(tx, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist")
	default:
		a.reply(tx, sip.StatusMethodNotAllowed, "Method Not Allowed", allowHeader)
	}
}

func (a *agent) replyOptions(tx *transaction.Server) {
	a.reply(tx, sip.StatusOK, "OK", allowHeader, signal.Header{Name: "Accept", Value: acceptTypes},
		signal.Header{Name: "Supported", Value: a.supported()})
}

func (a *agent) receiveMessage(req *sip.Request, tx *transaction.Server) {
	a.reply(tx, sip.StatusOK, "OK")
	m := signal.Message{
		From:        identity(req.From().DisplayName, req.From().Address),
		ContentType: contentType(req), Body: req.Body(),
	}
	a.notify(func(h *signal.Handler) {
		if h.OnMessage != nil {
			h.OnMessage(m)
		}
	})
}

// matches tells whether a request belongs to this session's dialog, or to one of its early ones.
func (s *session) matches(req *sip.Request) bool {
	if s.phase == ended {
		return false
	}
	tag := tagOf(req.From().Params)
	if s.dialog != nil && s.dialog.remoteTag == tag {
		return true
	}
	return s.early[tag] != nil
}

// dialogFor is the dialog that a matching request belongs to.
func (s *session) dialogFor(req *sip.Request) *dialog {
	if early := s.early[tagOf(req.From().Params)]; early != nil {
		return early
	}
	return s.dialog
}

// receive handles a request within the session's dialog (RFC 3261 12.2.2).
func (s *session) receive(req *sip.Request, tx *transaction.Server) {
	if !s.dialogFor(req).inOrder(req.CSeq().SeqNo) {
		_ = s.respond(tx, sip.StatusInternalServerError, "Server Internal Error")
		return
	}
	switch req.Method {
	case sip.INVITE, sip.UPDATE:
		s.receiveOffer(req, tx)
	case sip.BYE:
		s.receiveBye(req, tx)
	case sip.INFO:
		s.receiveInfo(req, tx)
	case sip.REFER:
		s.receiveRefer(req, tx)
	case sip.NOTIFY:
		_ = s.respond(tx, sip.StatusOK, "OK") // of a REFER of ours, which there is none of; or a keep-alive
	case sip.MESSAGE:
		s.a.receiveMessage(req, tx)
	case sip.OPTIONS:
		s.a.replyOptions(tx)
	default:
		s.a.reply(tx, sip.StatusMethodNotAllowed, "Method Not Allowed", allowHeader)
	}
}

// receiveBye ends the session (RFC 3261 15.1.2).
func (s *session) receiveBye(req *sip.Request, tx *transaction.Server) {
	_ = s.respond(tx, sip.StatusOK, "OK")
	end := signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated}
	if reason := headerValue(req, "reason"); reason != "" {
		end.StatusCode, end.Reason = parseReason(reason)
		if strings.EqualFold(end.Reason, string(signal.CauseRTPTimeout)) {
			end.Cause = signal.CauseRTPTimeout // the media died at their end (spec protocol, "SIP over WebSocket")
		}
	}
	switch s.phase {
	case ringing: // the caller gives up in its own way
		_ = s.respond(s.inviteTx, sip.StatusRequestTerminated, "Request Terminated")
		end.Cause = signal.CauseCanceled
	case calling: // one fork leaves; the INVITE's final response decides
		delete(s.early, tagOf(req.From().Params))
		return
	}
	s.offers.rejectTheirs()
	for seq := range s.acks {
		s.forgetAck(seq)
	}
	s.finish(end)
}

// receiveInfo passes every package up (the server's are in docs/); what has no type is refused.
func (s *session) receiveInfo(req *sip.Request, tx *transaction.Server) {
	kind := contentType(req)
	if kind == "" {
		_ = s.respond(tx, sip.StatusUnsupportedMediaType, "Unsupported Media Type")
		return
	}
	_ = s.respond(tx, sip.StatusOK, "OK")
	headers, body := headersOf(req), req.Body()
	s.notify(func(h *signal.SessionHandler) {
		if h.OnInfo != nil {
			h.OnInfo(kind, headers, body)
		}
	})
}
