package roomserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"parley/connector/sip/transaction"
	"parley/connector/sip/websocket"
)

// client is a scripted SIP client over a real WebSocket.
type client struct {
	t        *testing.T
	server   *Server
	conn     *websocket.Conn
	layer    *transaction.Layer
	user     string
	name     string
	password string
	contact  sip.Uri
	instance string
	cseq     uint32
	callID   string
	requests chan inbound
	done     chan struct{}
	cancel   context.CancelFunc
}

type inbound struct {
	req *sip.Request
	tx  *transaction.Server
}

func dial(t *testing.T, s *Server, user, password string) *client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	conn, err := websocket.Dial(t.Context(), s.URL(), websocket.Options{TLS: &tls.Config{RootCAs: roots}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &client{
		t: t, server: s, conn: conn, user: user, name: user, password: password,
		requests: make(chan inbound, 1000), done: make(chan struct{}), cancel: cancel,
		contact: sip.Uri{
			Scheme: "sip", User: sip.GenerateTagN(8), Host: sip.GenerateTagN(12) + ".invalid",
			UriParams: sip.HeaderParams{{K: "transport", V: "ws"}},
		},
		callID: sip.GenerateTagN(20),
	}
	c.layer = transaction.New(conn, transaction.Options{Transport: "WSS", OnRequest: func(req *sip.Request, tx *transaction.Server) {
		select {
		case c.requests <- inbound{req, tx}:
		default:
			t.Error("client's queue is full")
		}
	}})
	go func() {
		defer close(c.done)
		_ = c.layer.Run(ctx)
	}()
	t.Cleanup(c.close)
	return c
}

func (c *client) close() {
	c.cancel()
	_ = c.conn.CloseNow()
	<-c.done
}

func (c *client) uri(user string) sip.Uri {
	return sip.Uri{Scheme: "sip", User: user, Host: "127.0.0.1"}
}

// request outside a dialog.
func (c *client) request(method sip.RequestMethod, target sip.Uri, from string) *sip.Request {
	c.cseq++
	req := sip.NewRequest(method, target)
	f := &sip.FromHeader{DisplayName: c.name, Address: c.uri(from), Params: sip.HeaderParams{{K: "tag", V: sip.GenerateTagN(8)}}}
	id := sip.CallIDHeader(c.callID)
	req.AppendHeader(f)
	req.AppendHeader(&sip.ToHeader{Address: target, Params: sip.NewParams()})
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: c.cseq, MethodName: method})
	if method == sip.REGISTER {
		req.To().Address = c.uri(from)
	}
	return req
}

func (c *client) do(req *sip.Request) *sip.Response {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	res, err := c.layer.Do(ctx, req)
	if err != nil {
		c.t.Fatalf("%s: %v", req.Method, err)
	}
	return res
}

// doAuthenticated answers a challenge for algorithm.
func (c *client) doAuthenticated(build func() *sip.Request, algorithm string) *sip.Response {
	c.t.Helper()
	res := c.do(build())
	challengeName, answerName := "WWW-Authenticate", "Authorization"
	if res.StatusCode == 407 {
		challengeName, answerName = "Proxy-Authenticate", "Proxy-Authorization"
	} else if res.StatusCode != 401 {
		return res
	}
	req := build()
	for _, h := range res.GetHeaders(challengeName) {
		challenge, err := digest.ParseChallenge(h.Value())
		if err != nil {
			c.t.Fatal(err)
		}
		if challenge.Algorithm != algorithm {
			continue
		}
		credentials, err := digest.Digest(challenge, digest.Options{
			Method: req.Method.String(), URI: req.Recipient.String(), Username: c.user, Password: c.password,
		})
		if err != nil {
			c.t.Fatal(err)
		}
		req.AppendHeader(sip.NewHeader(answerName, credentials.String()))
		return c.do(req)
	}
	c.t.Fatalf("no challenge for %s", algorithm)
	return nil
}

func (c *client) registerRequest(expires int) *sip.Request {
	req := c.request(sip.REGISTER, sip.Uri{Scheme: "sip", Host: "127.0.0.1"}, c.user)
	value := fmt.Sprintf("<%s>;expires=%d", c.contact.String(), expires)
	if c.instance != "" {
		value = fmt.Sprintf(`<%s>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:%s>";expires=%d`, c.contact.String(), c.instance, expires)
		req.AppendHeader(sip.NewHeader("Supported", "path,gruu,outbound"))
	}
	req.AppendHeader(sip.NewHeader("Contact", value))
	return req
}

func (c *client) register(algorithm string) *sip.Response {
	c.t.Helper()
	return c.doAuthenticated(func() *sip.Request { return c.registerRequest(300) }, algorithm)
}

// next request of a method from the server; others are answered with 200.
func (c *client) next(method sip.RequestMethod) inbound {
	c.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case in := <-c.requests:
			if in.req.Method == method {
				return in
			}
			if in.tx != nil {
				respondOK(in)
			}
		case <-deadline:
			c.t.Fatalf("%s: no %s came", c.user, method)
		}
	}
}

func respondOK(in inbound) { _ = in.tx.Respond(sip.NewResponseFromRequest(in.req, 200, "OK", nil)) }

// dialogOf is a dialog from the client's side.
type clientDialog struct {
	c          *client
	local      sip.FromHeader
	remote     sip.ToHeader
	target     sip.Uri
	routes     []sip.Header
	callID     string
	cseq       uint32
	inviteCSeq uint32
}

// invite sends an INVITE and returns the final response and, when it is a 2xx, the dialog. The ACK is sent.
func (c *client) invite(to, sdp string, headers ...sip.Header) (*sip.Response, *clientDialog) {
	c.t.Helper()
	id := sip.GenerateTagN(20)
	build := func() *sip.Request {
		req := c.request(sip.INVITE, c.uri(to), c.user)
		callID := sip.CallIDHeader(id)
		req.ReplaceHeader(&callID)
		req.AppendHeader(&sip.ContactHeader{Address: c.contact})
		for _, h := range headers {
			req.AppendHeader(h)
		}
		if sdp != "" {
			req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
			req.SetBody([]byte(sdp))
		}
		return req
	}
	var last *sip.Request
	res := c.doAuthenticated(func() *sip.Request { last = build(); return last }, "MD5")
	if !res.IsSuccess() {
		return res, nil
	}
	return res, c.confirm(last, res)
}

// confirm makes the dialog of a 2xx and sends the ACK.
func (c *client) confirm(req *sip.Request, res *sip.Response) *clientDialog {
	c.t.Helper()
	d := &clientDialog{
		c: c, local: *res.From(), remote: *res.To(), target: *res.Contact().Address.Clone(),
		callID: res.CallID().Value(), cseq: req.CSeq().SeqNo, inviteCSeq: req.CSeq().SeqNo,
	}
	routes := res.GetHeaders("record-route")
	for i := len(routes) - 1; i >= 0; i-- {
		d.routes = append(d.routes, sip.NewHeader("Route", routes[i].Value()))
	}
	ack := d.request(sip.ACK)
	if err := c.layer.Write(ack); err != nil {
		c.t.Fatal(err)
	}
	return d
}

func (d *clientDialog) request(method sip.RequestMethod) *sip.Request {
	req := sip.NewRequest(method, *d.target.Clone())
	for _, r := range d.routes {
		req.AppendHeader(sip.HeaderClone(r))
	}
	id := sip.CallIDHeader(d.callID)
	if method != sip.ACK {
		d.cseq++
	}
	local, remote := d.local, d.remote
	req.AppendHeader(&local)
	req.AppendHeader(&remote)
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: d.cseq, MethodName: method})
	req.AppendHeader(&sip.ContactHeader{Address: d.c.contact})
	return req
}

func (d *clientDialog) info(kind string, headers ...sip.Header) int {
	d.c.t.Helper()
	req := d.request(sip.INFO)
	req.AppendHeader(sip.NewHeader("Content-Type", "application/vinteo.webrtc."+kind))
	for _, h := range headers {
		req.AppendHeader(h)
	}
	return d.c.do(req).StatusCode
}

func (d *clientDialog) bye() int { d.c.t.Helper(); return d.c.do(d.request(sip.BYE)).StatusCode }

// infoFrom waits for an INFO of a kind and answers it.
func (c *client) infoFrom(kind string) *sip.Request {
	c.t.Helper()
	for {
		in := c.next(sip.INFO)
		respondOK(in)
		if strings.HasSuffix(in.req.GetHeader("Content-Type").Value(), "."+kind) {
			return in.req
		}
	}
}
