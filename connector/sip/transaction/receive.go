package transaction

import (
	"context"
	"log/slog"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// receive handles one message on the goroutine of Run.
func (l *Layer) receive(raw []byte) {
	message, err := Parse(raw)
	if err != nil {
		l.dropMalformed(raw, err)
		return
	}
	message.SetTransport(l.o.Transport)
	message.SetSource(l.source)
	switch m := message.(type) {
	case *sip.Request:
		l.receiveRequest(m)
	case *sip.Response:
		l.receiveResponse(m)
	}
}

func (l *Layer) receiveResponse(res *sip.Response) {
	l.mu.Lock()
	c := l.clients[clientKey(res)]
	l.mu.Unlock()
	if c != nil {
		c.receive(res)
		return
	}
	if l.o.OnStray != nil {
		l.o.OnStray(res)
	}
}

func (l *Layer) receiveRequest(req *sip.Request) {
	switch req.Method {
	case sip.ACK:
		if s := l.server(serverKey(req, sip.INVITE)); s != nil && s.acknowledged() {
			return
		}
		if l.o.OnRequest != nil {
			l.o.OnRequest(req, nil)
		}
	case sip.CANCEL:
		l.receiveCancel(req)
	default:
		key := serverKey(req, req.Method)
		if s := l.server(key); s != nil {
			s.again()
			return
		}
		l.open(req, key)
	}
}

func (l *Layer) server(key string) *Server {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.servers[key]
}

// open starts a server transaction. An INVITE that its owner has not answered by the time OnRequest returns gets a 100
// (RFC 3261 17.2.1).
func (l *Layer) open(req *sip.Request, key string) {
	s := &Server{l: l, req: req, key: key, invite: req.Method == sip.INVITE, state: proceeding, done: make(chan struct{})}
	l.mu.Lock()
	full := len(l.servers) >= maxServers
	l.servers[key] = s
	l.mu.Unlock()
	switch {
	case full:
		_ = s.Respond(sip.NewResponseFromRequest(req, sip.StatusServiceUnavailable, "Service Unavailable", nil))
		s.finish() // an INVITE's too: what is too many must not be kept
		return
	case l.o.OnRequest == nil:
		_ = s.Respond(sip.NewResponseFromRequest(req, sip.StatusNotImplemented, "Not Implemented", nil))
		return
	}
	l.o.OnRequest(req, s)
	if s.invite {
		s.trying()
	}
}

func (s *Server) trying() {
	b, err := encode(sip.NewResponseFromRequest(s.req, sip.StatusTrying, "Trying", nil))
	if err != nil {
		return
	}
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	if s.last != nil || s.state != proceeding || s.l.closed != nil {
		return
	}
	s.last = b
	select { // under the lock, so that no other response of this transaction overtakes it
	case s.l.out <- outgoing{bytes: b}:
		s.l.queued += len(b)
	default: // the queue is full: the next message that must go out ends the connection
	}
}

func (l *Layer) receiveCancel(req *sip.Request) {
	answer := &Server{l: l, req: req, key: serverKey(req, sip.CANCEL), state: proceeding, done: make(chan struct{})}
	s := l.server(serverKey(req, sip.INVITE))
	if s == nil {
		_ = answer.Respond(sip.NewResponseFromRequest(req, sip.StatusCallTransactionDoesNotExists,
			"Call/Transaction Does Not Exist", nil))
		return
	}
	_ = answer.Respond(sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil))
	if f := s.cancel(); f != nil {
		f()
	}
}

// dropMalformed answers, reports and forgets. The first one is logged as a warning, the rest only for debugging: a peer
// must not be able to flood the log.
func (l *Layer) dropMalformed(raw []byte, err error) {
	level := slog.LevelDebug
	if l.malformed == 0 {
		level = slog.LevelWarn
	}
	l.malformed++
	l.log.Log(context.Background(), level, "malformed SIP message dropped", "peer", l.source, "length", len(raw),
		"start", excerpt(raw), "error", errText(err), "count", l.malformed)
	if answer := answerMalformed(raw, err); answer != nil {
		_ = l.enqueue(answer)
	}
	if l.o.OnMalformed != nil {
		l.o.OnMalformed(raw, err)
	}
}

// errText bounds what a parser's error quotes of the message.
func errText(err error) string {
	text := err.Error()
	if strings.Contains(strings.ToLower(text), "digest") {
		return "unusable header" // it might quote credentials
	}
	if len(text) > 160 {
		text = text[:160] + "…"
	}
	return text
}
