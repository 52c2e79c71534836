package sip

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

func itoa(n int) string { return strconv.Itoa(n) }

// inIncoming runs a test with an INVITE on its way to the agent.
func inIncoming(t *testing.T, sdp string, headers []signal.Header, test func(b *bench, s signal.Session, c *call, r *responses)) {
	t.Helper()
	var s signal.Session
	var rec *recorder
	inBench(t, func(_ *signal.Config, h *signal.Handler) {
		h.OnSession = func(session signal.Session) {
			s = session
			s.SetHandler(rec.session())
			if err := s.Ring(); err != nil { // the agent can be called from within its callbacks
				t.Error(err)
			}
		}
	}, func(b *bench) {
		rec = b.rec
		c := &call{s: b.server, callID: "in-1", localTag: "remote", target: sip.Uri{Scheme: "sip", User: "alice", Host: "x.invalid"}}
		r := b.send(c.request(sip.INVITE, sdp, headers...))
		res := r.want(t, "180")
		c.remoteTag = tagOf(res.To().Params)
		if res.Contact() == nil {
			t.Error("180 without Contact")
		}
		test(b, s, c, r)
	})
}

func (c *call) ack(sdp string) {
	c.s.t.Helper()
	req := c.request(sip.ACK, sdp)
	c.seq--
	req.CSeq().SeqNo = c.seq
	if err := c.s.layer.Write(req); err != nil {
		c.s.t.Fatal(err)
	}
	synctest.Wait()
}

// An incoming call is rung, accepted and acknowledged.
func TestIncomingCall(t *testing.T) {
	inIncoming(t, offerSDP, []signal.Header{{Name: "X-Test", Value: "yes"}}, func(b *bench, s signal.Session, c *call, r *responses) {
		who := s.Remote()
		if !s.Incoming() || s.Offer() != offerSDP || who.DisplayName != `The "Other" Side` || who.User != "2001" || who.Host != "example.org" {
			t.Errorf("session %+v offer %q", who, s.Offer())
		}
		found := false
		for _, h := range s.Headers() {
			found = found || h.Name == "X-Test" && h.Value == "yes"
		}
		if !found {
			t.Errorf("headers %v", s.Headers())
		}
		if err := s.Accept(answerSDP, []signal.Header{{Name: "X-Mine", Value: "1"}}); err != nil {
			t.Fatal(err)
		}
		res := r.want(t, "180 200")
		if string(res.Body()) != answerSDP || tagOf(res.To().Params) != c.remoteTag || headerValue(res, "x-mine") != "1" ||
			!strings.Contains(headerValue(res, "contact"), ";ob>") {
			t.Errorf("200\n%s", res)
		}
		b.rec.want(t, "accepted")
		time.Sleep(time.Second)
		r.want(t, "180 200 200") // repeated until the ACK comes
		c.ack("")
		b.rec.want(t, "confirmed")
		time.Sleep(time.Minute)
		r.want(t, "180 200 200")
		if err := s.Accept(answerSDP, nil); err == nil {
			t.Error("accepted twice")
		}
		done := async(func() error { return s.Terminate(context.Background(), 0, "") })
		bye := b.next(sip.BYE)
		if bye.req.Recipient.String() != "sip:2001@192.0.2.9:5070;transport=ws" || tagOf(bye.req.From().Params) != c.remoteTag ||
			tagOf(bye.req.To().Params) != "remote" {
			t.Errorf("BYE\n%s", bye.req)
		}
		b.answer(bye, 200)
		<-done
		b.rec.want(t, "ended local Terminated 0")
	})
}

// Incoming calls that are rejected, cancelled, not answered or expire.
func TestIncomingCallThatDoesNotComeAbout(t *testing.T) {
	for _, c := range []struct {
		name    string
		headers []signal.Header
		act     func(b *bench, s signal.Session, c *call, r *responses)
		codes   string
		want    string
	}{
		{"rejected", nil, func(_ *bench, s signal.Session, _ *call, _ *responses) { _ = s.Reject(487, "") }, "180 487", "failed local Rejected 487"},
		{"busy", nil, func(_ *bench, s signal.Session, _ *call, _ *responses) { _ = s.Reject(486, "Busy Here") }, "180 486", "failed local Rejected 486"},
		{"terminated", nil, func(_ *bench, s signal.Session, _ *call, _ *responses) { _ = s.Terminate(context.Background(), 0, "") }, "180 480", "failed local Rejected 480"},
		{"cancelled", nil, func(_ *bench, _ signal.Session, _ *call, r *responses) { _ = r.tx.Cancel() }, "180 487", "failed remote Canceled 487"},
		{"BYE instead of CANCEL", nil, func(b *bench, _ signal.Session, c *call, _ *responses) {
			b.send(c.request(sip.BYE, "")).want(b.t, "200")
		}, "180 487", "failed remote Canceled 0"},
		{"not answered", nil, func(*bench, signal.Session, *call, *responses) { time.Sleep(60 * time.Second) }, "180 408", "failed local No Answer 408"},
		{"expired", []signal.Header{{Name: "Expires", Value: "20"}}, func(*bench, signal.Session, *call, *responses) { time.Sleep(20 * time.Second) }, "180 487", "failed system Expires 487"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inIncoming(t, offerSDP, c.headers, func(b *bench, s signal.Session, call *call, r *responses) {
				c.act(b, s, call, r)
				r.want(t, c.codes)
				b.rec.want(t, c.want)
				if err := s.Accept(answerSDP, nil); err == nil {
					t.Error("accepted after the end")
				}
				b.nothing()
			})
		})
	}
}

// A CANCEL that comes after the answer changes nothing.
func TestCancelAfterAnswerHasNoEffect(t *testing.T) {
	inIncoming(t, offerSDP, nil, func(b *bench, s signal.Session, c *call, r *responses) {
		_ = s.Accept(answerSDP, nil)
		_ = r.tx.Cancel()
		c.ack("")
		r.want(t, "180 200")
		b.rec.want(t, "accepted | confirmed")
	})
}

// A 200 that is never acknowledged ends the call.
func TestNoAck(t *testing.T) {
	inIncoming(t, offerSDP, nil, func(b *bench, s signal.Session, _ *call, _ *responses) {
		_ = s.Accept(answerSDP, nil)
		time.Sleep(32 * time.Second)
		b.rec.want(t, "accepted | ended remote No ACK 0")
		b.answer(b.next(sip.BYE), 200)
	})
}

// A BYE waits for the ACK of what was answered.
func TestHungUpBeforeAck(t *testing.T) {
	inIncoming(t, offerSDP, nil, func(b *bench, s signal.Session, c *call, _ *responses) {
		_ = s.Accept(answerSDP, nil)
		done := async(func() error { return s.Terminate(context.Background(), 0, "") })
		b.rec.want(t, "accepted | ended local Terminated 0")
		b.nothing() // RFC 3261 15: not before the ACK
		c.ack("")
		b.answer(b.next(sip.BYE), 200)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// An INVITE without SDP is answered with our offer; the answer comes in the ACK.
func TestLateOffer(t *testing.T) {
	inIncoming(t, "", nil, func(b *bench, s signal.Session, c *call, _ *responses) {
		if s.Offer() != "" {
			t.Errorf("offer %q", s.Offer())
		}
		_ = s.Accept(offerSDP, nil)
		c.ack(answerSDP)
		b.rec.want(t, "accepted | answer 43 | confirmed")
	})
	inIncoming(t, "", nil, func(b *bench, s signal.Session, c *call, _ *responses) {
		_ = s.Accept(offerSDP, nil)
		c.ack("")
		b.rec.want(t, "accepted | ended remote Missing SDP 400")
		b.next(sip.BYE)
	})
}

// OPTIONS, MESSAGE, NOTIFY and others outside any dialog.
func TestRequestsOutsideDialogs(t *testing.T) {
	for _, c := range []struct {
		name    string
		method  sip.RequestMethod
		uri     string
		sdp     string
		headers []signal.Header
		code    string
		check   string // header that the answer must have
		want    string
	}{
		{name: "OPTIONS", method: sip.OPTIONS, code: "200", check: "allow"},
		{name: "MESSAGE", method: sip.MESSAGE, sdp: "x", code: "200", want: "message 2001 application/sdp x"},
		{name: "NOTIFY", method: sip.NOTIFY, sdp: "{}", code: "200", want: "notify {}"},
		{name: "unknown method", method: "FROBNICATE", code: "405", check: "allow"},
		{name: "SUBSCRIBE", method: sip.SUBSCRIBE, code: "405", check: "allow"},
		{name: "BYE", method: sip.BYE, code: "481"},
		{name: "INFO in an unknown dialog", method: sip.INFO, headers: []signal.Header{{Name: "to", Value: "x"}}, code: "481"},
		{name: "required extension", method: sip.OPTIONS, headers: []signal.Header{{Name: "Require", Value: "100rel, gruu"}}, code: "420", check: "unsupported"},
		{name: "foreign scheme", method: sip.OPTIONS, uri: "nobodyKnowsThisScheme:x", code: "416"},
		{name: "INVITE nobody takes", method: sip.INVITE, sdp: offerSDP, code: "480"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBench(t, nil, func(b *bench) {
				in := &call{s: b.server, callID: "x", localTag: "y", target: sip.Uri{Scheme: "sip", User: "alice", Host: "x.invalid"}}
				if c.uri != "" {
					_ = sip.ParseUri(c.uri, &in.target)
				}
				if len(c.headers) > 0 && c.headers[0].Name == "to" {
					in.remoteTag, c.headers = "unknown", nil
				}
				res := b.send(in.request(c.method, c.sdp, c.headers...)).want(t, c.code)
				if c.check != "" && res.GetHeader(c.check) == nil {
					t.Errorf("no %s in\n%s", c.check, res)
				}
				b.rec.want(t, c.want)
			})
		})
	}
}

// An INVITE with a body of another type is answered 415.
func TestInviteWithForeignBody(t *testing.T) {
	inBench(t, func(_ *signal.Config, h *signal.Handler) {
		h.OnSession = func(signal.Session) { t.Error("a session came of it") }
	}, func(b *bench) {
		c := &call{s: b.server, callID: "x", localTag: "y", target: sip.Uri{Scheme: "sip", User: "alice", Host: "x.invalid"}}
		req := c.request(sip.INVITE, "", signal.Header{Name: "Content-Type", Value: "text/plain"})
		req.SetBody([]byte("hello"))
		if res := b.send(req).want(t, "415"); headerValue(res, "accept") != sdpType {
			t.Errorf("415\n%s", res)
		}
	})
}
