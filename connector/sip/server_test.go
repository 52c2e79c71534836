package sip

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"parley/connector/signal"
	"parley/connector/sip/internal/pipe"
	"parley/connector/sip/transaction"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	offerSDP  = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	answerSDP = "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
)

// server is the other end of the agent's socket, under the test's control, in virtual time.
type server struct {
	t *testing.T

	mu     sync.Mutex
	layer  *transaction.Layer
	conn   *pipe.Conn
	down   bool // refuse to be connected
	away   bool // attempts to connect are not answered
	mute   bool // of later connections: read everything, say nothing
	inbox  []incoming
	auto   map[sip.RequestMethod]func(tx *transaction.Server) // answered without the test
	strays int
	ctx    context.Context
	work   sync.WaitGroup
	dials  []time.Time
}

type incoming struct {
	req *sip.Request
	tx  *transaction.Server
}

func (s *server) dial(ctx context.Context) (connection, error) {
	s.mu.Lock()
	s.dials = append(s.dials, time.Now())
	away := s.away
	s.mu.Unlock()
	if away {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errors.New("connection refused")
	}
	near, far := pipe.New()
	s.conn = far
	if s.mute {
		s.work.Go(func() {
			for {
				if _, err := far.Read(s.ctx); err != nil {
					return
				}
			}
		})
		return near, nil
	}
	s.layer = transaction.New(far, transaction.Options{Transport: "WSS", Host: "server.example",
		OnRequest: s.receive, OnStray: func(*sip.Response) { s.strays++ }})
	layer := s.layer
	s.work.Go(func() { _ = layer.Run(s.ctx) })
	return near, nil
}

func (s *server) receive(req *sip.Request, tx *transaction.Server) {
	s.mu.Lock()
	f := s.auto[req.Method]
	if f == nil || tx == nil {
		s.inbox = append(s.inbox, incoming{req, tx})
	}
	s.mu.Unlock()
	if f != nil && tx != nil {
		f(tx)
	}
}

// next is the next request, which must have this method.
func (s *server) next(method sip.RequestMethod) incoming {
	s.t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.inbox) == 0 {
		s.t.Fatalf("no %s came", method)
	}
	in := s.inbox[0]
	s.inbox = s.inbox[1:]
	if in.req.Method != method {
		s.t.Fatalf("%s came, want %s:\n%s", in.req.Method, method, in.req)
	}
	return in
}

// empty tells whether no request waits.
func (s *server) empty() bool {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inbox) == 0
}

// nothing checks that no request waits.
func (s *server) nothing() {
	s.t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.inbox {
		s.t.Errorf("unexpected %s:\n%s", in.req.Method, in.req)
	}
}

type option func(*sip.Response)

func header(name, value string) option {
	return func(r *sip.Response) { r.AppendHeader(sip.NewHeader(name, value)) }
}

func toTag(tag string) option { return func(r *sip.Response) { r.To().Params.Add("tag", tag) } }

func body(sdp string) option {
	return func(r *sip.Response) {
		if sdp != "" {
			r.AppendHeader(sip.NewHeader("Content-Type", sdpType))
		}
		r.SetBody([]byte(sdp))
	}
}

// answer responds to a request; To gets the tag "remote" and the server's contact.
func (s *server) answer(in incoming, code int, options ...option) {
	s.t.Helper()
	res := sip.NewResponseFromRequest(in.req, code, phrases[code], nil)
	if tagOf(in.req.To().Params) == "" && code > 100 {
		res.To().Params.Add("tag", "remote")
	}
	res.AppendHeader(sip.NewHeader("Contact", "<sip:callee@192.0.2.9:5070;transport=ws>"))
	for _, o := range options {
		o(res)
	}
	if err := in.tx.Respond(res); err != nil {
		s.t.Errorf("server: %v", err)
	}
	synctest.Wait()
}

var phrases = map[int]string{180: "Ringing", 183: "Session Progress", 200: "OK", 401: "Unauthorized", 486: "Busy Here"}

// call is a dialog as the server sees it.
type call struct {
	s         *server
	callID    string
	localTag  string // the server's
	remoteTag string // the agent's
	target    sip.Uri
	seq       uint32
}

// request builds a request of the server's in the dialog, or out of any when the call has no agent's tag.
func (c *call) request(method sip.RequestMethod, sdp string, headers ...signal.Header) *sip.Request {
	c.seq++
	req := sip.NewRequest(method, c.target)
	from := &sip.FromHeader{DisplayName: "The \\\"Other\\\" Side", Address: sip.Uri{Scheme: "sip", User: "2001", Host: "example.org"}}
	from.Params.Add("tag", c.localTag)
	to := &sip.ToHeader{Address: sip.Uri{Scheme: "sip", User: "alice", Host: "example.org"}}
	if c.remoteTag != "" {
		to.Params.Add("tag", c.remoteTag)
	}
	id := sip.CallIDHeader(c.callID)
	for _, h := range []sip.Header{from, to, &id, &sip.CSeqHeader{SeqNo: c.seq, MethodName: method},
		sip.NewHeader("Contact", "<sip:2001@192.0.2.9:5070;transport=ws>")} {
		req.AppendHeader(h)
	}
	for _, h := range headers {
		req.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	if sdp != "" {
		req.AppendHeader(sip.NewHeader("Content-Type", sdpType))
		req.SetBody([]byte(sdp))
	}
	return req
}

// responses collects what comes to a request of the server's.
type responses struct {
	mu   sync.Mutex
	list []*sip.Response
	err  error
	tx   *transaction.Client
}

func (s *server) send(req *sip.Request) *responses {
	s.t.Helper()
	r := &responses{}
	var err error
	r.tx, err = s.layer.Send(req, func(res *sip.Response, err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if err != nil {
			r.err = err
			return
		}
		r.list = append(r.list, res)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	synctest.Wait()
	return r
}

func (r *responses) codes() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var codes []string
	for _, res := range r.list {
		codes = append(codes, fmt.Sprint(res.StatusCode))
	}
	return strings.Join(codes, " ")
}

func (r *responses) last() *sip.Response {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list[len(r.list)-1]
}

// want checks the codes, leaving out the 100 of the transaction layer.
func (r *responses) want(t *testing.T, codes string) *sip.Response {
	t.Helper()
	synctest.Wait()
	got := strings.TrimPrefix(r.codes(), "100 ")
	if got != codes {
		t.Fatalf("agent answered %q, want %q (%v)", got, codes, r.err)
	}
	return r.last()
}

// recorder notes the callbacks as words.
type recorder struct {
	mu    sync.Mutex
	words []string
}

func (r *recorder) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.words = append(r.words, fmt.Sprintf(format, args...))
}

// want checks what was noted since the last time.
func (r *recorder) want(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if got := strings.Join(r.words, " | "); got != want {
		t.Errorf("callbacks\n got %s\nwant %s", got, want)
	}
	r.words = nil
}

func (r *recorder) handler() signal.Handler {
	return signal.Handler{
		OnConnecting:   func(n int) { r.add("connecting %d", n) },
		OnConnected:    func() { r.add("connected") },
		OnDisconnected: func(d signal.Disconnect) { r.add("disconnected %d clean %v", d.Code, d.Clean) },
		OnRegistered:   func() { r.add("registered") },
		OnUnregistered: func() { r.add("unregistered") },
		OnRegistrationFailed: func(e *signal.ResponseError) {
			r.add("registration failed %d %s", e.StatusCode, e.Cause)
		},
		OnMessage: func(m signal.Message) { r.add("message %s %s %s", m.From.User, m.ContentType, m.Body) },
		OnNotify:  func(_ []signal.Header, body []byte) { r.add("notify %s", body) },
	}
}

func (r *recorder) session(change ...func(*signal.SessionHandler)) signal.SessionHandler {
	h := signal.SessionHandler{
		OnSending:   func() { r.add("sending") },
		OnProgress:  func(code int, sdp string) { r.add("progress %d %d", code, len(sdp)) },
		OnAnswer:    func(sdp string) error { r.add("answer %d", len(sdp)); return nil },
		OnAccepted:  func() { r.add("accepted") },
		OnConfirmed: func() { r.add("confirmed") },
		OnEnded:     func(e signal.End) { r.add("ended %s %s %d", e.Originator, e.Cause, e.StatusCode) },
		OnFailed:    func(e signal.End) { r.add("failed %s %s %d", e.Originator, e.Cause, e.StatusCode) },
		OnInfo:      func(kind string, _ []signal.Header, body []byte) { r.add("info %s %s", kind, body) },
	}
	for _, f := range change {
		f(&h)
	}
	return h
}

// bench is an agent with its server and recorder.
type bench struct {
	*server
	agent signal.UserAgent
	rec   *recorder
}

func testConfig() signal.Config {
	return signal.Config{URL: "wss://sip.example.org/webrtc/wss/", Domain: "example.org", User: "alice", Password: "secret",
		DisplayName: "Alice_A", UserAgent: "Parley/test", InstanceID: "11111111-2222-3333-4444-555555555555"}
}

// inBench runs a test in virtual time with a connected agent.
func inBench(t *testing.T, change func(*signal.Config, *signal.Handler), test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, change)
		if err := b.agent.Start(); err != nil {
			t.Fatal(err)
		}
		if !b.down {
			b.rec.want(t, "connecting 1 | connected")
		}
		test(b)
		b.stop()
	})
}

func newBench(t *testing.T, change func(*signal.Config, *signal.Handler)) *bench {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b := &bench{server: &server{t: t, ctx: ctx, auto: make(map[sip.RequestMethod]func(*transaction.Server))}, rec: &recorder{}}
	config, handler := testConfig(), b.rec.handler()
	if change != nil {
		change(&config, &handler)
	}
	agent, err := Dialer{dial: b.dial}.NewUserAgent(config, handler)
	if err != nil {
		t.Fatal(err)
	}
	b.agent = agent
	t.Cleanup(func() { cancel(); b.work.Wait() })
	return b
}

// stop ends the agent, with a server that says yes to everything.
func (b *bench) stop() {
	ok := func(tx *transaction.Server) {
		_ = tx.Respond(sip.NewResponseFromRequest(tx.Request(), 200, "OK", nil))
	}
	b.mu.Lock()
	b.auto[sip.BYE], b.auto[sip.REGISTER] = ok, ok
	b.mu.Unlock()
	if err := b.agent.Stop(context.Background()); err != nil {
		b.t.Errorf("stop: %v", err)
	}
}

// establish makes an outgoing call and answers it.
func (b *bench) establish(change ...func(*signal.SessionHandler)) (signal.Session, *call) {
	b.t.Helper()
	s, err := b.agent.Invite("2001", signal.InviteOptions{Offer: offerSDP}, b.rec.session(change...))
	if err != nil {
		b.t.Fatal(err)
	}
	in := b.next(sip.INVITE)
	b.answer(in, 200, body(answerSDP))
	b.next(sip.ACK)
	b.rec.want(b.t, "sending | answer 43 | accepted | confirmed")
	return s, b.callOf(in)
}

// callOf is the server's view of a call of the agent's.
func (b *bench) callOf(in incoming) *call {
	return &call{s: b.server, callID: in.req.CallID().Value(), localTag: "remote", remoteTag: tagOf(in.req.From().Params),
		target: in.req.Contact().Address, seq: 100}
}

// async runs a blocking call of the agent's.
func async(f func() error) chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	synctest.Wait()
	return done
}
