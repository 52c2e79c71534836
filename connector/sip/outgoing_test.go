package sip

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

// invite makes a call and returns its INVITE.
func (b *bench) invite(change ...func(*signal.SessionHandler)) (signal.Session, incoming) {
	b.t.Helper()
	s, err := b.agent.Invite("2001", signal.InviteOptions{Offer: offerSDP, ExtraHeaders: []signal.Header{
		{Name: "X-Vinteo-Mic-State", Value: "1"}, {Name: "X-Vinteo-MainCam-State", Value: "0"}}}, b.rec.session(change...))
	if err != nil {
		b.t.Fatal(err)
	}
	in := b.next(sip.INVITE)
	b.rec.want(b.t, "sending")
	return s, in
}

// An outgoing call: headers in order, provisional answers, ACK, BYE.
func TestOutgoingCall(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		s, in := b.invite()
		text := in.req.String()
		mic, cam := strings.Index(text, "X-Vinteo-Mic-State: 1"), strings.Index(text, "X-Vinteo-MainCam-State: 0")
		if mic < 0 || cam < mic || string(in.req.Body()) != offerSDP || in.req.Recipient.String() != "sip:2001@example.org" ||
			headerValue(in.req, "content-type") != sdpType || !strings.HasSuffix(headerValue(in.req, "contact"), ";transport=ws;ob>") ||
			headerValue(in.req, "session-expires") != "" || in.req.MaxForwards().Val() != 70 {
			t.Errorf("INVITE\n%s", text)
		}
		b.answer(in, 180)
		b.answer(in, 183, toTag("fork 2"), body(answerSDP))
		b.rec.want(t, "progress 180 0 | progress 183 43")
		b.answer(in, 200, body(answerSDP), header("Record-Route", "<sip:p1.example;lr>"), header("Record-Route", "<sip:p2.example;lr>"))
		b.rec.want(t, "answer 43 | accepted | confirmed")
		ack := b.next(sip.ACK)
		routes := ack.req.GetHeaders("route")
		if ack.req.Recipient.String() != "sip:callee@192.0.2.9:5070;transport=ws" || len(routes) != 2 ||
			routes[0].Value() != "<sip:p2.example;lr>" || ack.req.CSeq().SeqNo != in.req.CSeq().SeqNo {
			t.Errorf("ACK\n%s", ack.req)
		}
		b.answer(in, 200, body(answerSDP)) // again
		b.next(sip.ACK)
		if s.Incoming() || s.Remote().User != "2001" || s.ID() != in.req.CallID().Value() {
			t.Errorf("session %v %+v %s", s.Incoming(), s.Remote(), s.ID())
		}
		done := async(func() error { return s.Terminate(context.Background(), 408, "RTP Timeout") })
		b.rec.want(t, "ended local RTP Timeout 408")
		bye := b.next(sip.BYE)
		if headerValue(bye.req, "reason") != `SIP ;cause=408 ;text="RTP Timeout"` || len(bye.req.GetHeaders("route")) != 2 {
			t.Errorf("BYE\n%s", bye.req)
		}
		b.answer(bye, 200)
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.nothing()
	})
}

// A route set whose first hop is a strict router is followed as RFC 3261 asks.
func TestStrictRouter(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		_, in := b.invite()
		b.answer(in, 200, body(answerSDP), header("Record-Route", "<sip:strict.example>"))
		ack := b.next(sip.ACK)
		if ack.req.Recipient.String() != "sip:strict.example" ||
			headerValue(ack.req, "route") != "<sip:callee@192.0.2.9:5070;transport=ws>" {
			t.Errorf("ACK\n%s", ack.req)
		}
	})
}

// Refusals by code, each with its cause.
func TestRefusedCall(t *testing.T) {
	for code, cause := range map[int]signal.Cause{
		300: "Redirected", 302: "Redirected", 380: "Redirected", 486: "Busy", 600: "Busy", 403: "Rejected", 603: "Rejected",
		404: "Not Found", 604: "Not Found", 480: "Unavailable", 410: "Unavailable", 408: "Unavailable", 430: "Unavailable",
		484: "Address Incomplete", 424: "Address Incomplete", 488: "Incompatible SDP", 606: "Incompatible SDP",
		500: "SIP Failure Code", 503: "SIP Failure Code", 422: "SIP Failure Code",
	} {
		inBench(t, nil, func(b *bench) {
			_, in := b.invite()
			b.answer(in, code)
			b.rec.want(t, "failed remote "+string(cause)+" "+itoa(code))
			b.nothing() // the ACK is the transaction's
		})
	}
}

// An INVITE that is challenged is sent again with credentials.
func TestChallengedCall(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		_, in := b.invite()
		b.answer(in, 407, header("Proxy-Authenticate", `Digest realm="r", nonce="n", qop="auth"`))
		second := b.next(sip.INVITE)
		if second.req.GetHeader("proxy-authorization") == nil || second.req.CSeq().SeqNo != in.req.CSeq().SeqNo+1 ||
			second.req.CallID().Value() != in.req.CallID().Value() {
			t.Errorf("second INVITE\n%s", second.req)
		}
		b.answer(second, 200, body(answerSDP))
		if ack := b.next(sip.ACK); ack.req.GetHeader("proxy-authorization") == nil {
			t.Error("the ACK has no credentials")
		}
		b.rec.want(t, "answer 43 | accepted | confirmed")
	})
}

// Credentials that are refused end the call; no loop.
func TestChallengeRefusedTwice(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		_, in := b.invite()
		for range 2 {
			b.answer(in, 401, header("WWW-Authenticate", `Digest realm="r", nonce="n", qop="auth"`))
			if !b.empty() {
				in = b.next(sip.INVITE)
			}
		}
		b.rec.want(t, "failed remote Authentication Error 401")
		b.nothing()
	})
}

// CANCEL before and after provisional answers, and a 200 that crosses it.
func TestCancelledCall(t *testing.T) {
	t.Run("while it rings", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			s, in := b.invite()
			in.tx.OnCancel(func() { _ = in.tx.Respond(sip.NewResponseFromRequest(in.req, 487, "Request Terminated", nil)) })
			b.answer(in, 180)
			if err := s.Terminate(context.Background(), 0, ""); err != nil {
				t.Error(err)
			}
			b.rec.want(t, "progress 180 0 | failed local Canceled 0")
			b.nothing()
		})
	})
	t.Run("crossed by the answer", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			s, in := b.invite()
			done := async(func() error { return s.Terminate(context.Background(), 0, "") })
			b.answer(in, 200, body(answerSDP))
			b.rec.want(t, "failed local Canceled 0")
			b.next(sip.ACK)
			b.answer(b.next(sip.BYE), 200)
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("nobody answers", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			_, in := b.invite()
			canceled := false
			in.tx.OnCancel(func() {
				canceled = true
				_ = in.tx.Respond(sip.NewResponseFromRequest(in.req, 487, "Request Terminated", nil))
			})
			b.answer(in, 180)
			time.Sleep(59 * time.Second)
			b.rec.want(t, "progress 180 0")
			time.Sleep(time.Second)
			b.rec.want(t, "failed local No Answer 408")
			if !canceled {
				t.Error("no CANCEL")
			}
		})
	})
}

// A server that says nothing lets the call time out.
func TestSilentServerTimesOut(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		// A server that takes messages and says nothing, not even 100.
		b.deaf()
		b.rec.want(t, "disconnected 1006 clean false | connecting 1 | connected")
		if _, err := b.agent.Invite("2001", signal.InviteOptions{Offer: offerSDP}, b.rec.session()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(32 * time.Second)
		b.rec.want(t, "sending | failed system Request Timeout 408")
		done := async(func() error { return b.agent.Options(context.Background(), "") })
		time.Sleep(32 * time.Second)
		wantError(t, <-done, 408, signal.CauseRequestTimeout)
	})
}

// Several branches answer: the first 200 is the call, the others are hung up.
func TestForkedAnswers(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		_, in := b.invite()
		b.answer(in, 180, toTag("a"))
		b.answer(in, 180, toTag("b"))
		b.answer(in, 200, toTag("b"), body(answerSDP))
		b.rec.want(t, "progress 180 0 | progress 180 0 | answer 43 | accepted | confirmed")
		if ack := b.next(sip.ACK); tagOf(ack.req.To().Params) != "b" {
			t.Errorf("ACK\n%s", ack.req)
		}
		b.answer(in, 200, toTag("a"), body(answerSDP))
		if ack := b.next(sip.ACK); tagOf(ack.req.To().Params) != "a" {
			t.Errorf("ACK\n%s", ack.req)
		}
		bye := b.next(sip.BYE)
		if tagOf(bye.req.To().Params) != "a" {
			t.Errorf("BYE\n%s", bye.req)
		}
		b.answer(bye, 200)
		b.rec.want(t, "")
	})
}

// An answer without SDP or one that the application refuses ends the call with its reason.
func TestUnusableAnswers(t *testing.T) {
	t.Run("refused by the application", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			_, in := b.invite(func(h *signal.SessionHandler) {
				h.OnAnswer = func(string) error { return errors.New("no common codec") }
			})
			b.answer(in, 200, body(answerSDP))
			b.rec.want(t, "failed remote Bad Media Description 488")
			b.next(sip.ACK)
			bye := b.next(sip.BYE)
			if !strings.Contains(headerValue(bye.req, "reason"), "cause=488") {
				t.Errorf("BYE\n%s", bye.req)
			}
		})
	})
	t.Run("none", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			_, in := b.invite()
			b.answer(in, 200)
			b.rec.want(t, "failed remote Missing SDP 400")
			b.next(sip.ACK)
			b.next(sip.BYE)
		})
	})
}

// A BYE is Terminated, but for one that says that the media died there: that one is worth calling again.
func TestReasonOfABye(t *testing.T) {
	for reason, want := range map[string]string{
		"":                                   "Terminated 0",
		`SIP;cause=408;text="RTP Timeout"`:   "RTP Timeout 408",
		`SIP ;cause=408 ;text="rtp timeout"`: "RTP Timeout 408",
		`SIP;text="Session Timer Expired";cause=408`:    "Terminated 408",
		`SIP;cause=200;text="Call completed elsewhere"`: "Terminated 200",
		`Q.850;cause=16`: "Terminated 16",
		`"`:              "Terminated 0",
	} {
		inBench(t, nil, func(b *bench) {
			_, c := b.establish()
			b.send(c.request(sip.BYE, "", signal.Header{Name: "Reason", Value: reason})).want(t, "200")
			b.rec.want(t, "ended remote "+want)
		})
	}
}

// A BYE of the peer ends the call, with its Reason.
func TestRemoteHangsUp(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		s, c := b.establish()
		b.send(c.request(sip.BYE, "")).want(t, "200")
		b.rec.want(t, "ended remote Terminated 0")
		b.send(c.request(sip.INFO, "")).want(t, "481")
		if err := s.Terminate(context.Background(), 0, ""); err != nil {
			t.Error(err)
		}
		if err := s.Info(context.Background(), "a/b", nil, nil, false); !errors.Is(err, errEnded) {
			t.Errorf("INFO after the end: %v", err)
		}
		b.nothing()
	})
}

// What is no address is not called.
func TestInvalidTargets(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		for _, target := range []string{"", "sip:", "sip:a b@c", "2001@", "sip:x@y\r\nEvil: 1", "<sip:a@b>"} {
			if _, err := b.agent.Invite(target, signal.InviteOptions{Offer: offerSDP}, b.rec.session()); err == nil {
				t.Errorf("target %q was taken", target)
			}
		}
		if _, err := b.agent.Invite("2001", signal.InviteOptions{}, b.rec.session()); err == nil {
			t.Error("a call without an offer was taken")
		}
		b.nothing()
	})
}
