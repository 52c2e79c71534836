package transaction

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"parley/connector/sip/internal/pipe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run starts a layer and ends it with the test.
func run(t *testing.T, conn Conn, o Options) (*Layer, chan error) {
	t.Helper()
	o.Transport = "WSS"
	l := New(conn, o)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-l.done
	})
	return l, ended
}

func request(method sip.RequestMethod) *sip.Request {
	req := sip.NewRequest(method, sip.Uri{Scheme: "sip", User: "bob", Host: "example.org"})
	from := &sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: "alice", Host: "example.org"}}
	from.Params.Add("tag", "from-tag")
	req.AppendHeader(from)
	req.AppendHeader(&sip.ToHeader{Address: sip.Uri{Scheme: "sip", User: "bob", Host: "example.org"}})
	id := sip.CallIDHeader("call-" + string(method))
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: method})
	return req
}

// log collects what a transaction reports.
type log struct{ lines []string }

func (l *log) on(res *sip.Response, err error) {
	if err != nil {
		switch {
		case errors.Is(err, ErrTimeout):
			l.lines = append(l.lines, "timeout")
		case errors.Is(err, ErrTransport):
			l.lines = append(l.lines, "transport")
		}
		return
	}
	l.lines = append(l.lines, fmt.Sprint(res.StatusCode))
}

func (l *log) want(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	if got := strings.Join(l.lines, " "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func respond(t *testing.T, tx *Server, codes ...int) {
	t.Helper()
	for _, code := range codes {
		res := sip.NewResponseFromRequest(tx.Request(), code, "x", nil)
		res.To().Params.Add("tag", "to-tag")
		if err := tx.Respond(res); err != nil {
			t.Errorf("respond %d: %v", code, err)
		}
	}
}

// An INVITE with provisional and final answers, and further 200s.
func TestInviteAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe.New()
		client, _ := run(t, a, Options{})
		var got, acks []string
		var server *Server
		run(t, b, Options{OnRequest: func(req *sip.Request, tx *Server) {
			got = append(got, string(req.Method))
			if tx == nil {
				acks = append(acks, req.CSeq().Value())
				return
			}
			server = tx
		}})
		var l log
		c, err := client.Send(request(sip.INVITE), func(res *sip.Response, err error) {
			l.on(res, err)
			if res != nil && res.IsSuccess() {
				_ = client.Write(request(sip.ACK))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		respond(t, server, 180)
		time.Sleep(5 * time.Minute) // ringing has no limit of the layer's
		respond(t, server, 200, 200)
		synctest.Wait()
		l.want(t, "100 180 200 200")
		if strings.Join(acks, " ") != "1 ACK 1 ACK" {
			t.Errorf("ACKs %q", acks)
		}
		if err := c.Cancel(); !errors.Is(err, ErrFinished) {
			t.Errorf("cancel after the answer: %v", err)
		}
		time.Sleep(timeout + time.Second)
		select {
		case <-server.Done():
		default:
			t.Error("server transaction still open after timer L")
		}
	})
}

func sendInvite(t *testing.T, l *Layer, to *log) *Client {
	t.Helper()
	c, err := l.Send(request(sip.INVITE), to.on)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return c
}

// The ACK to a refusal is the layer's.
func TestInviteRefusedIsAcknowledgedByTheLayer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe.New()
		client, _ := run(t, a, Options{})
		acks := 0
		var server *Server
		run(t, b, Options{OnRequest: func(req *sip.Request, tx *Server) {
			if tx == nil {
				acks++
				return
			}
			respond(t, tx, 486)
			if err := tx.Respond(sip.NewResponseFromRequest(req, 200, "OK", nil)); !errors.Is(err, ErrFinished) {
				t.Errorf("second final response: %v", err)
			}
			server = tx
		}})
		var l log
		sendInvite(t, client, &l)
		l.want(t, "486")
		if acks != 0 {
			t.Errorf("the ACK to a 486 came through %d times", acks)
		}
		<-server.Done() // by the ACK: no time passes here
		if len(client.clients) != 0 {
			t.Error("client transaction remembered after its end")
		}
	})
}

// CANCEL from either side, in every order.
func TestCancel(t *testing.T) {
	for _, c := range []struct {
		name   string
		early  bool // cancelled before any provisional response
		answer []int
		want   string
	}{
		{"after 180", false, []int{487}, "100 180 487"},
		{"before any provisional", true, []int{487}, "100 180 487"},
		{"crossed by 200", false, []int{200}, "100 180 200"},
		{"never answered", false, nil, "100 180 timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := pipe.New()
				client, _ := run(t, a, Options{})
				canceled := 0
				block := make(chan struct{})
				run(t, b, Options{OnRequest: func(_ *sip.Request, tx *Server) {
					<-block
					if tx == nil {
						return
					}
					tx.OnCancel(func() {
						canceled++
						respond(t, tx, c.answer...)
					})
					respond(t, tx, 100, 180)
				}})
				if !c.early {
					close(block)
				}
				var l log
				tx := sendInvite(t, client, &l)
				if err := tx.Cancel(sip.NewHeader("Reason", "SIP ;cause=200")); err != nil {
					t.Fatal(err)
				}
				if c.early {
					synctest.Wait()
					l.want(t, "")
					close(block)
				}
				time.Sleep(time.Minute)
				l.want(t, c.want)
				if canceled != 1 {
					t.Errorf("cancelled %d times", canceled)
				}
			})
		})
	}
}

// Transactions without an answer end after 32 s.
func TestTimeouts(t *testing.T) {
	for _, method := range []sip.RequestMethod{sip.INVITE, sip.OPTIONS} {
		synctest.Test(t, func(t *testing.T) {
			a, b := pipe.New()
			client, _ := run(t, a, Options{})
			go func() { // takes everything, says nothing
				for {
					if _, err := b.Read(context.Background()); err != nil {
						return
					}
				}
			}()
			start := time.Now()
			_, err := client.Do(t.Context(), request(method))
			if !errors.Is(err, ErrTimeout) || time.Since(start) != 32*time.Second {
				t.Errorf("%s: %v after %v", method, err, time.Since(start))
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := client.Do(ctx, request(method)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", method, err)
			}
		})
	}
}

// What is open when the connection is lost fails.
func TestLossOfTheConnectionFailsWhatIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe.New()
		client, ended := run(t, a, Options{})
		var server *Server
		run(t, b, Options{OnRequest: func(_ *sip.Request, tx *Server) { server = tx }})
		var l log
		sendInvite(t, client, &l)
		_ = b.Close(1001, "restart")
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "1001") {
			t.Errorf("run ended with %v", err)
		}
		<-server.Done()
		l.want(t, "100 transport")
		if _, err := client.Send(request(sip.OPTIONS), l.on); !errors.Is(err, ErrTransport) {
			t.Errorf("send afterwards: %v", err)
		}
	})
}

// Messages keep their order.
func TestOrderIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe.New()
		client, _ := run(t, a, Options{})
		var got []string
		run(t, b, Options{OnRequest: func(req *sip.Request, tx *Server) {
			got = append(got, string(req.Body()))
			respond(t, tx, 200)
		}})
		var want []string
		for i := range 200 {
			req := request(sip.INFO)
			req.SetBody([]byte(fmt.Sprint(i)))
			want = append(want, fmt.Sprint(i))
			if _, err := client.Send(req, func(*sip.Response, error) {}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("arrived as %v", got)
		}
	})
}

// A peer that stops reading ends the layer, and memory stays bounded.
func TestPeerThatStopsReadingEndsTheLayer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := pipe.New()
		client, ended := run(t, a, Options{})
		var err error
		for i := 0; i < 5000 && err == nil; i++ {
			_, err = client.Send(request(sip.INFO), func(*sip.Response, error) {})
		}
		if !errors.Is(err, ErrQueueFull) {
			t.Fatalf("send: %v", err)
		}
		if err := <-ended; !errors.Is(err, ErrQueueFull) {
			t.Fatalf("run: %v", err)
		}
	})
}

// A large message arrives whole.
func TestLargeMessageIsNotCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe.New()
		client, _ := run(t, a, Options{})
		var got int
		run(t, b, Options{OnRequest: func(req *sip.Request, tx *Server) {
			got = len(req.Body())
			respond(t, tx, 200)
		}})
		req := request(sip.MESSAGE)
		req.SetBody(make([]byte, 250<<10))
		if _, err := client.Do(t.Context(), req); err != nil || got != 250<<10 {
			t.Errorf("%d bytes arrived, %v", got, err)
		}
	})
}

// A header value with a line end is not sent.
func TestHeadersAreNotSmuggledIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := pipe.New()
		client, _ := run(t, a, Options{})
		req := request(sip.INFO)
		req.AppendHeader(sip.NewHeader("X-Name", "a\r\nX-Evil: b"))
		if _, err := client.Send(req, func(*sip.Response, error) {}); err == nil {
			t.Error("a header value with a line end was sent")
		}
	})
}

// More open transactions than the limit are answered 503.
func TestTooManyOpenTransactions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe.New()
		client, _ := run(t, a, Options{})
		run(t, b, Options{OnRequest: func(*sip.Request, *Server) {}}) // answers nothing
		for range maxServers {
			if _, err := client.Send(request(sip.OPTIONS), func(*sip.Response, error) {}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		res, err := client.Do(t.Context(), request(sip.OPTIONS))
		if err != nil || res.StatusCode != 503 {
			t.Errorf("%v, %v", res, err)
		}
		if err := client.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
