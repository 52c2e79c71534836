package connector_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/sip"
	"parley/connector/sip/transaction"
	"parley/connector/sip/websocket"
)

// talker is a server over a real socket that answers every call and then says what the test wants.
type talker struct {
	tb    testing.TB
	http  *httptest.Server
	calls chan *talk
}

// talk is one call as the server sees it.
type talk struct {
	layer      *transaction.Layer
	target     sipmsg.Uri
	callID, to string
	seq        uint32
}

func newTalker(tb testing.TB) *talker {
	s := &talker{tb: tb, calls: make(chan *talk, 4)}
	s.http = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	tb.Cleanup(s.http.Close)
	return s
}

func (s *talker) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, websocket.Options{})
	if err != nil {
		return
	}
	current := &talk{}
	current.layer = transaction.New(conn, transaction.Options{Transport: "WSS", OnRequest: func(req *sipmsg.Request, tx *transaction.Server) {
		switch {
		case tx == nil:
			s.calls <- current
			return
		case req.Method == sipmsg.INVITE:
			res := sipmsg.NewResponseFromRequest(req, 200, "OK", []byte("v=0 answer"))
			res.To().Params.Add("tag", "server")
			res.AppendHeader(sipmsg.NewHeader("Contact", "<sip:room@127.0.0.1;transport=ws>"))
			res.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
			tag, _ := req.From().Params.Get("tag")
			current.target, current.callID, current.to = req.Contact().Address, req.CallID().Value(), tag
			_ = tx.Respond(res)
		default:
			_ = tx.Respond(sipmsg.NewResponseFromRequest(req, 200, "OK", nil))
		}
	}})
	_ = current.layer.Run(r.Context())
}

// info builds an INFO of the server's protocol.
func (c *talk) info(kind string, headers ...[2]string) *sipmsg.Request {
	c.seq++
	req := sipmsg.NewRequest(sipmsg.INFO, c.target)
	from := &sipmsg.FromHeader{Address: sipmsg.Uri{Scheme: "sip", User: "room", Host: "sip.example"}}
	from.Params.Add("tag", "server")
	to := &sipmsg.ToHeader{Address: sipmsg.Uri{Scheme: "sip", User: "me", Host: "sip.example"}}
	to.Params.Add("tag", c.to)
	id := sipmsg.CallIDHeader(c.callID)
	for _, h := range []sipmsg.Header{from, to, &id, &sipmsg.CSeqHeader{SeqNo: c.seq, MethodName: sipmsg.INFO},
		sipmsg.NewHeader("Content-Type", "application/vinteo.webrtc."+kind)} {
		req.AppendHeader(h)
	}
	for _, h := range headers {
		req.AppendHeader(sipmsg.NewHeader(h[0], h[1]))
	}
	return req
}

// talking makes a call to a talker and returns the server's end of it.
func talking(tb testing.TB, subscriber func(connector.Event)) *talk {
	tb.Helper()
	server := newTalker(tb)
	media := &fake.Factory{Prepare: func(p *fake.Peer) { p.Connects = true }}
	c, err := connector.New(connector.Config{Peers: media, Dialer: sip.Dialer{}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	c.Subscribe(subscriber)
	host := strings.TrimPrefix(server.http.URL, "https://")
	if err := c.Connect(tb.Context(), connector.ConnectParameters{SIPServerURL: host, SIPServerIP: "127.0.0.1", DisplayName: "me",
		TLS: server.http.Client().Transport.(*http.Transport).TLSClientConfig.Clone()}); err != nil {
		tb.Fatal(err)
	}
	if err := c.Call(tb.Context(), connector.CallParameters{Number: "2001", Stream: camera()}); err != nil {
		tb.Fatal(err)
	}
	return <-server.calls
}

// flood sends so many numbered INFO, with at most window of them unanswered, and waits for all answers.
func flood(tb testing.TB, c *talk, n, window int) {
	tb.Helper()
	free := make(chan struct{}, window)
	var open sync.WaitGroup
	for i := range n {
		free <- struct{}{}
		open.Add(1)
		_, err := c.layer.Send(c.info("notify", [2]string{"x-vinteo-notify",
			fmt.Sprintf(`{"cmd":"channels","input":%d,"output":"1"}`, i)}), func(res *sipmsg.Response, err error) {
			if err != nil || res.StatusCode != 200 {
				tb.Errorf("INFO %d: %v, %v", i, res, err)
			}
			<-free
			open.Done()
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	open.Wait()
}

// numbered checks that events carry the numbers 0, 1, 2… and closes done at the n-th.
type numbered struct {
	tb   testing.TB
	next int
	n    int
	done chan struct{}
}

func (c *numbered) event(e connector.Event) {
	if e.Name != "api:channels:notify" {
		return
	}
	data, _ := e.Data.(map[string]any)
	if got, _ := data["inputChannels"].(float64); int(got) != c.next {
		c.tb.Errorf("event %v came, want %d", data["inputChannels"], c.next)
	}
	if c.next++; c.next == c.n {
		close(c.done)
	}
}

// TestInfoFlood lets a server say ten thousand things in a call: each is answered, none is lost, and their order is kept.
func TestInfoFlood(t *testing.T) {
	const n = 10_000
	seen := &numbered{tb: t, n: n, done: make(chan struct{})}
	c := talking(t, seen.event)
	flood(t, c, n, 200)
	select {
	case <-seen.done:
	case <-time.After(time.Minute):
		t.Fatal("some INFO led to no event")
	}
}

// BenchmarkInfo measures how many INFO a second go from a real socket (TLS, WebSocket) through transactions, dialog and
// loop to an event, each answered, none lost, in order. The sender runs in the same process. The goal is 10 000.
func BenchmarkInfo(b *testing.B) {
	seen := &numbered{tb: b, n: b.N, done: make(chan struct{})}
	c := talking(b, seen.event)
	b.ReportAllocs()
	b.ResetTimer()
	flood(b, c, b.N, 200)
	<-seen.done
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "INFO/s")
}
