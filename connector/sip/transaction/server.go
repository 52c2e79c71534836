package transaction

import (
	"fmt"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Server is a server transaction (RFC 3261 17.2, RFC 6026).
type Server struct {
	l      *Layer
	req    *sip.Request
	key    string
	invite bool
	done   chan struct{}

	// Guarded by l.mu.
	state    state
	last     []byte // for a request that comes again
	timer    *time.Timer
	canceled bool
	onCancel func()
}

// Request that opened the transaction.
func (s *Server) Request() *sip.Request { return s.req }

// Done is closed at the end of the transaction: the final response was sent and, for INVITE, acknowledged or given up
// after 32 s; or the connection ended.
func (s *Server) Done() <-chan struct{} { return s.done }

// OnCancel sets what happens when the peer cancels a pending INVITE. The CANCEL itself has been answered; answering the
// INVITE with 487 is the caller's. If the CANCEL has come already, f is called at once.
func (s *Server) OnCancel(f func()) {
	s.l.mu.Lock()
	s.onCancel = f
	now := s.canceled && s.state == proceeding
	s.l.mu.Unlock()
	if now && f != nil {
		f()
	}
}

// Respond sends a response. After a 2xx to an INVITE the same may be sent again (RFC 3261 13.3.1.4); after any other final
// response it fails with ErrFinished.
func (s *Server) Respond(res *sip.Response) error {
	if res.ContentLength() == nil {
		res.SetBody(res.Body())
	}
	b, err := encode(res)
	if err != nil {
		return err
	}
	l := s.l
	l.mu.Lock()
	err = s.advance(res.StatusCode)
	if err == nil {
		s.last = b
	}
	l.mu.Unlock()
	if err != nil {
		return fmt.Errorf("respond %d to %s: %w", res.StatusCode, s.req.Method, err)
	}
	return l.enqueue(b)
}

// advance is the state machine of RFC 3261 figures 7 and 8 and RFC 6026 7.1. l.mu is held.
func (s *Server) advance(code int) error {
	switch {
	case l2xx(code) && s.invite && (s.state == proceeding || s.state == accepted):
		if s.state == proceeding {
			s.state = accepted
			s.timer = s.l.after(timeout, s.finish) // timer L
		}
	case s.state != proceeding:
		return ErrFinished
	case code < 200:
	case s.invite:
		s.state = completed
		s.timer = s.l.after(timeout, s.finish) // timer H
	default:
		s.terminate() // timer J is 0 on a reliable transport
	}
	return nil
}

func l2xx(code int) bool { return code >= 200 && code < 300 }

// again handles the same request coming once more, which a reliable transport should not bring.
func (s *Server) again() {
	s.l.mu.Lock()
	last := s.last
	if s.state == accepted {
		last = nil
	}
	s.l.mu.Unlock()
	if last != nil {
		_ = s.l.enqueue(last)
	}
}

// acknowledged tells whether an ACK belongs to this transaction's non-2xx response, and ends it.
func (s *Server) acknowledged() bool {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	if s.state != completed {
		return false
	}
	s.terminate()
	return true
}

// cancel notes the peer's CANCEL and returns what to call.
func (s *Server) cancel() func() {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	if s.state != proceeding || s.canceled {
		return nil
	}
	s.canceled = true
	return s.onCancel
}

func (s *Server) finish() {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	s.terminate()
}

// terminate forgets the transaction. l.mu is held.
func (s *Server) terminate() {
	if s.state == terminated {
		return
	}
	s.state = terminated
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.l.servers[s.key] == s {
		delete(s.l.servers, s.key)
	}
	close(s.done)
}

// serverKey matches requests to transactions (RFC 3261 17.2.3); ACK and CANCEL match as if they were the INVITE.
func serverKey(req *sip.Request, method sip.RequestMethod) string {
	via := req.Via()
	branch, _ := via.Params.Get("branch")
	if len(branch) > len(sip.RFC3261BranchMagicCookie) && strings.HasPrefix(branch, sip.RFC3261BranchMagicCookie) {
		return strings.ToLower(branch+"|"+via.SentBy()) + "|" + string(method)
	}
	// RFC 2543 peers.
	tag, _ := req.From().Params.Get("tag")
	return fmt.Sprintf("%s|%s|%d|%s|%s", req.CallID().Value(), tag, req.CSeq().SeqNo, via.Value(), method)
}
