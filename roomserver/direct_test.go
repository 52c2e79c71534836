package roomserver

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

var users = map[string]string{"ann": "apple", "ben": "banana"}

func TestRegistration(t *testing.T) {
	s, events := startServer(t, Config{Users: users})
	a := dial(t, s, "ann", "apple")
	a.instance = "0e3c0f0e-6a2a-4a4f-9f6c-111111111111"
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		res := a.register(algorithm)
		if res.StatusCode != 200 {
			t.Fatalf("%s: %d %s", algorithm, res.StatusCode, res.Reason)
		}
		text := res.String()
		if !strings.Contains(text, `pub-gruu="sip:ann@127.0.0.1;gr=urn:uuid:`+a.instance) ||
			!strings.Contains(text, "expires=300") || !strings.Contains(text, "Require: outbound") {
			t.Errorf("%s", text)
		}
		if n := len(res.GetHeaders("contact")); n != 1 {
			t.Errorf("%d contacts", n)
		}
	}
	second := dial(t, s, "ann", "apple")
	if res := second.register("MD5"); len(res.GetHeaders("contact")) != 2 {
		t.Errorf("second contact: %s", res)
	}
	events.wait(t, "registered", func(d map[string]any) bool { return d["contacts"] == 2 })
	second.close()
	events.wait(t, "unregistered", func(d map[string]any) bool { return d["user"] == "ann" })

	brief := a.doAuthenticated(func() *sip.Request { return a.registerRequest(5) }, "MD5")
	if brief.StatusCode != 423 || brief.GetHeader("Min-Expires").Value() != "30" {
		t.Errorf("5 s: %s", brief)
	}
	res := a.doAuthenticated(func() *sip.Request { return a.registerRequest(0) }, "MD5")
	if res.StatusCode != 200 || len(res.GetHeaders("contact")) != 0 {
		t.Errorf("unregister: %s", res)
	}

	wrong := dial(t, s, "ann", "guess")
	if res := wrong.register("MD5"); res.StatusCode != 403 {
		t.Errorf("wrong password: %d", res.StatusCode)
	}
	nobody := dial(t, s, "nobody", "x")
	if res := nobody.register("MD5"); res.StatusCode != 404 {
		t.Errorf("unknown user: %d", res.StatusCode)
	}
	ping := a.request(sip.OPTIONS, a.uri("ann"), "ann")
	if res := a.do(ping); res.StatusCode != 200 {
		t.Errorf("OPTIONS: %d", res.StatusCode)
	}
}

func TestNobodyPassesForAUser(t *testing.T) {
	s, _ := startServer(t, Config{Users: users})
	eve := dial(t, s, "ann", "guess")
	for _, from := range []string{"ann", "ANN", "%61nn"} {
		eve.user = from
		if res, _ := eve.invite("2001", "v=0\r\n"); res.StatusCode != 403 {
			t.Errorf("INVITE as %s: %d", from, res.StatusCode)
		}
	}
	req := eve.request(sip.MESSAGE, eve.uri("ben"), "ann")
	if res := eve.do(req); res.StatusCode != 407 {
		t.Errorf("MESSAGE as ann: %d", res.StatusCode)
	}
	// What ann's socket has proven is of no use to another one, not even with her challenge's answer.
	a := dial(t, s, "ann", "apple")
	a.register("MD5")
	challenge, err := digest.ParseChallenge(a.do(a.registerRequest(300)).GetHeader("WWW-Authenticate").Value())
	must(t, err)
	answer, err := digest.Digest(challenge, digest.Options{
		Method: "REGISTER", URI: "sip:127.0.0.1", Username: "ann", Password: "apple",
	})
	must(t, err)
	eve.user = "ann"
	req = eve.registerRequest(300)
	req.AppendHeader(sip.NewHeader("Authorization", answer.String()))
	if res := eve.do(req); res.StatusCode != 401 {
		t.Errorf("stolen credentials: %d", res.StatusCode)
	}
}

func TestDirectCall(t *testing.T) {
	s, _ := startServer(t, Config{Users: users})
	a, b := dial(t, s, "ann", "apple"), dial(t, s, "ben", "banana")
	a.register("MD5")
	b.register("SHA-256")
	if res, _ := a.invite("carl", "v=0\r\n"); res.StatusCode != 404 {
		t.Errorf("unknown number: %d", res.StatusCode)
	}

	type outcome struct {
		res *sip.Response
		d   *clientDialog
	}
	call := func(from *client, to string) (inbound, chan outcome) {
		done := make(chan outcome, 1)
		go func() {
			res, d := from.invite(to, "v=0\r\no=offer\r\n", sip.NewHeader("X-Vinteo-Mic-State", "1"))
			done <- outcome{res, d}
		}()
		peer := b
		if from == b {
			peer = a
		}
		return peer.next(sip.INVITE), done
	}
	accept := func(c *client, in inbound) {
		res := sip.NewResponseFromRequest(in.req, 200, "OK", nil)
		res.AppendHeader(&sip.ContactHeader{Address: c.contact})
		res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		res.SetBody([]byte("v=0\r\no=answer\r\n"))
		must(t, in.tx.Respond(res))
	}

	// Busy.
	in, done := call(a, "ben")
	must(t, in.tx.Respond(sip.NewResponseFromRequest(in.req, 486, "Busy Here", nil)))
	if o := <-done; o.res.StatusCode != 486 {
		t.Errorf("busy: %d", o.res.StatusCode)
	}

	// Accepted.
	in, done = call(a, "ben")
	if n := len(in.req.GetHeaders("via")); n != 2 || value(in.req, "X-Vinteo-Mic-State") != "1" ||
		in.req.Recipient.User != b.contact.User || value(in.req, "Proxy-Authorization") != "" {
		t.Errorf("INVITE at the callee: %s", in.req)
	}
	accept(b, in)
	o := <-done
	if o.d == nil || string(o.res.Body()) != "v=0\r\no=answer\r\n" {
		t.Fatalf("call: %s", o.res)
	}
	b.next(sip.ACK)
	callee := &clientDialog{
		c: b, local: sip.FromHeader{Address: in.req.To().Address, Params: o.d.remote.Params},
		remote: sip.ToHeader{Address: in.req.From().Address, Params: in.req.From().Params},
		target: *in.req.Contact().Address.Clone(), callID: in.req.CallID().Value(),
	}
	for _, r := range in.req.GetHeaders("record-route") {
		callee.routes = append(callee.routes, sip.NewHeader("Route", r.Value()))
	}
	for _, side := range []struct {
		d    *clientDialog
		peer *client
	}{{o.d, b}, {callee, a}} {
		for _, method := range []sip.RequestMethod{sip.INFO, sip.INVITE, sip.UPDATE, sip.MESSAGE, sip.NOTIFY, sip.REFER} {
			got := make(chan int, 1)
			go func() {
				req := side.d.request(method)
				req.AppendHeader(sip.NewHeader("Content-Type", "application/vinteo.webrtc.roomname"))
				req.SetBody([]byte("body"))
				got <- side.d.c.do(req).StatusCode
			}()
			in := side.peer.next(method)
			if string(in.req.Body()) != "body" || len(in.req.GetHeaders("route")) != 0 {
				t.Errorf("%s: %s", method, in.req)
			}
			res := sip.NewResponseFromRequest(in.req, 488, "Not Acceptable Here", nil)
			must(t, in.tx.Respond(res))
			if code := <-got; code != 488 {
				t.Errorf("%s: %d", method, code)
			}
		}
	}
	// A third party cannot get in between, even with the dialog's identifiers.
	eve := dial(t, s, "eve", "")
	stolen := *o.d
	stolen.c = eve
	if code := stolen.bye(); code != 481 {
		t.Errorf("a stranger's BYE: %d", code)
	}
	ended := make(chan int, 1)
	go func() { ended <- callee.bye() }()
	respondOK(a.next(sip.BYE))
	if code := <-ended; code != 200 {
		t.Errorf("BYE: %d", code)
	}
	if code := o.d.info("roomname"); code != 481 {
		t.Errorf("INFO after the end: %d", code)
	}
}

func TestCancelReachesTheCallee(t *testing.T) {
	s, _ := startServer(t, Config{Users: users})
	a, b := dial(t, s, "guest", ""), dial(t, s, "ben", "banana")
	if res, _ := a.invite("ben", "v=0\r\n"); res.StatusCode != 480 {
		t.Errorf("not registered: %d", res.StatusCode)
	}
	b.register("MD5")
	second := dial(t, s, "ben", "banana")
	second.register("MD5")
	req := a.request(sip.INVITE, a.uri("ben"), "guest")
	req.AppendHeader(&sip.ContactHeader{Address: a.contact})
	req.SetBody([]byte("v=0\r\n"))
	final := make(chan int, 1)
	tx, err := a.layer.Send(req, func(res *sip.Response, err error) {
		if err != nil {
			t.Error(err)
			return
		}
		if res.StatusCode >= 200 {
			final <- res.StatusCode
		}
	})
	must(t, err)
	canceled := make(chan struct{}, 2)
	for _, c := range []*client{b, second} {
		in := c.next(sip.INVITE)
		in.tx.OnCancel(func() {
			canceled <- struct{}{}
			_ = in.tx.Respond(sip.NewResponseFromRequest(in.req, 487, "Request Terminated", nil))
		})
		must(t, in.tx.Respond(sip.NewResponseFromRequest(in.req, 180, "Ringing", nil)))
	}
	must(t, tx.Cancel())
	<-canceled
	<-canceled
	if code := <-final; code != 487 {
		t.Errorf("canceled: %d", code)
	}
}

func TestForkingFirstAnswerWins(t *testing.T) {
	s, _ := startServer(t, Config{Users: users})
	a, b, second := dial(t, s, "guest", ""), dial(t, s, "ben", "banana"), dial(t, s, "ben", "banana")
	b.register("MD5")
	second.register("MD5")
	done := make(chan *sip.Response, 1)
	go func() {
		res, _ := a.invite("ben", "v=0\r\n")
		done <- res
	}()
	first, other := b.next(sip.INVITE), second.next(sip.INVITE)
	canceled := make(chan struct{})
	other.tx.OnCancel(func() {
		_ = other.tx.Respond(sip.NewResponseFromRequest(other.req, 487, "Request Terminated", nil))
		close(canceled)
	})
	must(t, other.tx.Respond(sip.NewResponseFromRequest(other.req, 180, "Ringing", nil)))
	res := sip.NewResponseFromRequest(first.req, 200, "OK", nil)
	res.AppendHeader(&sip.ContactHeader{Address: b.contact})
	must(t, first.tx.Respond(res))
	if got := <-done; got.StatusCode != 200 {
		t.Errorf("%s", got)
	}
	<-canceled
	b.next(sip.ACK)
}

func TestLoopsAndHops(t *testing.T) {
	s, _ := startServer(t, Config{Users: users})
	a, b := dial(t, s, "guest", ""), dial(t, s, "ben", "banana")
	b.register("MD5")
	req := a.request(sip.MESSAGE, a.uri("ben"), "guest")
	zero := sip.MaxForwardsHeader(0)
	req.AppendHeader(&zero)
	if res := a.do(req); res.StatusCode != 483 {
		t.Errorf("no hops left: %d", res.StatusCode)
	}
	got := make(chan int, 1)
	go func() {
		req := a.request(sip.MESSAGE, a.uri("ben"), "guest")
		req.SetBody([]byte("hello"))
		got <- a.do(req).StatusCode
	}()
	in := b.next(sip.MESSAGE)
	if value(in.req, "Max-Forwards") != "69" {
		t.Errorf("Max-Forwards %s", value(in.req, "Max-Forwards"))
	}
	// The request comes back to the server: ben sends on what he got.
	again := in.req.Clone()
	again.Recipient = b.uri("ben")
	again.SetBody(in.req.Body())
	via := &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "WSS", Host: "b.invalid",
		Params: sip.HeaderParams{{K: "branch", V: sip.GenerateBranch()}}}
	again.PrependHeader(via)
	if res := b.do(again); res.StatusCode != 482 {
		t.Errorf("loop: %d", res.StatusCode)
	}
	respondOK(in)
	if code := <-got; code != 200 {
		t.Errorf("MESSAGE: %d", code)
	}
}

func TestNoGuests(t *testing.T) {
	s, _ := startServer(t, Config{Users: users, NoGuests: true})
	a := dial(t, s, "guest", "")
	if res, _ := a.invite("2001", "v=0\r\n"); res.StatusCode != 403 {
		t.Errorf("guest: %d", res.StatusCode)
	}
}
