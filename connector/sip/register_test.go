package sip

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"parley/connector/signal"
)

func registering(c *signal.Config, _ *signal.Handler) { c.Register = true }

// granting answers a REGISTER with its own contact and expiry.
func granting(in incoming, expires int, params string) option {
	contact := in.req.GetHeader("contact").Value()
	contact, _, _ = strings.Cut(contact, ";expires=")
	return func(r *sip.Response) {
		for r.RemoveHeader("Contact") {
		}
		r.AppendHeader(sip.NewHeader("Contact", "<sip:alice@other.invalid>;expires=17, "+contact+params+";expires="+
			strconv.Itoa(expires)))
	}
}

// REGISTER with digest, refresh before expiry, and the end of the registration.
func TestRegisterWithDigest(t *testing.T) {
	for _, c := range []struct{ name, challenge string }{
		{"MD5", `Digest realm="r", nonce="n1", qop="auth"`},
		{"SHA-256", `Digest realm="r", nonce="n1", qop="auth, auth-int", algorithm=SHA-256, opaque="o"`},
		{"without qop", `Digest realm="r", nonce="n1"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBench(t, registering, func(b *bench) {
				first := b.next(sip.REGISTER)
				want := fmt.Sprintf(`<sip:%s@%s;transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:%s>";expires=300`,
					first.req.Contact().Address.User, first.req.Contact().Address.Host, testConfig().InstanceID)
				if got := first.req.GetHeader("contact").Value(); got != want || !strings.HasSuffix(want, ".invalid;transport=ws>"+
					`;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:11111111-2222-3333-4444-555555555555>";expires=300`) {
					t.Errorf("Contact\n got %s\nwant %s", got, want)
				}
				if got := headerValue(first.req, "supported"); got != "path,gruu,outbound" {
					t.Errorf("Supported: %s", got)
				}
				if first.req.Recipient.String() != "sip:example.org" || headerValue(first.req, "expires") != "300" ||
					headerValue(first.req, "user-agent") != "Parley/test" || first.req.Via().Transport != "WSS" ||
					!strings.HasSuffix(first.req.Via().Host, ".invalid") || first.req.GetHeader("authorization") != nil {
					t.Errorf("REGISTER\n%s", first.req)
				}
				b.answer(first, 401, header("WWW-Authenticate", c.challenge))
				second := b.next(sip.REGISTER)
				checkDigest(t, second.req, c.challenge, 1)
				if second.req.CSeq().SeqNo != first.req.CSeq().SeqNo+1 || second.req.CallID().Value() != first.req.CallID().Value() {
					t.Errorf("second try\n%s", second.req)
				}
				b.answer(second, 200, granting(second, 100, ""))
				b.rec.want(t, "registered")
				if !b.agent.Registered() {
					t.Error("not registered")
				}

				// The refresh comes in the second half and answers the known challenge at once.
				start := time.Now()
				for b.empty() {
					time.Sleep(time.Second)
				}
				if after := time.Since(start); after < 50*time.Second || after > 91*time.Second {
					t.Errorf("refreshed after %v", after)
				}
				third := b.next(sip.REGISTER)
				checkDigest(t, third.req, c.challenge, 2)
				b.answer(third, 401, header("WWW-Authenticate", strings.Replace(c.challenge, "n1", "n2", 1)+`, stale=true`))
				fourth := b.next(sip.REGISTER)
				checkDigest(t, fourth.req, strings.Replace(c.challenge, "n1", "n2", 1), 1)
				b.answer(fourth, 200, granting(fourth, 100, ""))
				b.rec.want(t, "") // nothing new

				done := async(func() error { return b.agent.Unregister(b.t.Context()) })
				last := b.next(sip.REGISTER)
				if headerValue(last.req, "expires") != "0" || !strings.HasSuffix(last.req.GetHeader("contact").Value(), ";expires=0") {
					t.Errorf("unregister\n%s", last.req)
				}
				b.answer(last, 200)
				if err := <-done; err != nil {
					t.Error(err)
				}
				b.rec.want(t, "unregistered")
				time.Sleep(10 * time.Minute)
				b.nothing()
			})
		})
	}
}

// checkDigest computes the answer anew.
func checkDigest(t *testing.T, req *sip.Request, challenge string, count int) {
	t.Helper()
	got, err := digest.ParseCredentials(headerValue(req, "authorization"))
	if err != nil {
		t.Fatalf("no credentials: %v\n%s", err, req)
	}
	ch, _ := digest.ParseChallenge(challenge)
	want, _ := digest.Digest(ch, digest.Options{Method: string(req.Method), URI: req.Recipient.String(), Count: count,
		Username: "alice", Password: "secret", Cnonce: got.Cnonce})
	if got.Response != want.Response || got.Nonce != ch.Nonce || got.Algorithm != ch.Algorithm || got.Opaque != ch.Opaque {
		t.Errorf("credentials %+v, want %+v", got, want)
	}
	if len(ch.QOP) > 0 && (got.Nc != count || got.QOP != "auth") {
		t.Errorf("nc %d qop %s", got.Nc, got.QOP)
	}
}

// Credentials that are refused are not sent again.
func TestWrongPasswordEndsAtOnce(t *testing.T) {
	inBench(t, registering, func(b *bench) {
		challenge := `Digest realm="r", nonce="%d", qop="auth"`
		b.answer(b.next(sip.REGISTER), 401, header("WWW-Authenticate", fmt.Sprintf(challenge, 1)))
		b.answer(b.next(sip.REGISTER), 401, header("WWW-Authenticate", fmt.Sprintf(challenge, 2)))
		b.rec.want(t, "registration failed 401 Authentication Error")
		b.nothing()
	})
}

// A server that calls every nonce stale does not keep us busy.
func TestEndlessStaleNonceEnds(t *testing.T) {
	inBench(t, registering, func(b *bench) {
		for i := range 3 {
			in := b.next(sip.REGISTER)
			b.answer(in, 401, header("WWW-Authenticate", fmt.Sprintf(`Digest realm="r", nonce="%d", stale=TRUE`, i)))
		}
		b.rec.want(t, "registration failed 401 Authentication Error")
		b.nothing()
	})
}

// Of several challenges the strongest algorithm is answered, a proxy's too.
func TestStrongestChallengeFirstAndProxyToo(t *testing.T) {
	inBench(t, registering, func(b *bench) {
		b.answer(b.next(sip.REGISTER), 407, header("Proxy-Authenticate", `Digest realm="p", nonce="x", algorithm=MD5-sess`),
			header("Proxy-Authenticate", `Digest realm="p", nonce="y", algorithm=SHA-256`),
			header("Proxy-Authenticate", `Digest realm="p", nonce="z", algorithm=MD5`))
		in := b.next(sip.REGISTER)
		if got, err := digest.ParseCredentials(headerValue(in.req, "proxy-authorization")); err != nil || got.Nonce != "y" {
			t.Errorf("answered %+v, %v", got, err)
		}
		b.answer(in, 401, header("WWW-Authenticate", `Digest realm="r", nonce="w"`))
		in = b.next(sip.REGISTER)
		if in.req.GetHeader("proxy-authorization") == nil || in.req.GetHeader("authorization") == nil {
			t.Errorf("want both credentials\n%s", in.req)
		}
		b.answer(in, 200)
		b.rec.want(t, "registered")
	})
}

// What each answer to a REGISTER means, 423 and silence among them.
func TestRegistrationOutcomes(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(b *bench)
		want   string
	}{
		{"forbidden", func(b *bench) { b.answer(b.next(sip.REGISTER), 403) }, "registration failed 403 Rejected"},
		{"unknown", func(b *bench) { b.answer(b.next(sip.REGISTER), 404) }, "registration failed 404 Not Found"},
		{"silence", func(b *bench) { b.next(sip.REGISTER); time.Sleep(33 * time.Second) },
			"registration failed 408 Request Timeout"},
		{"too brief", func(b *bench) {
			b.answer(b.next(sip.REGISTER), 423, header("Min-Expires", "1800"))
			in := b.next(sip.REGISTER)
			if headerValue(in.req, "expires") != "1800" {
				b.t.Errorf("Expires %s", headerValue(in.req, "expires"))
			}
			b.answer(in, 200)
		}, "registered"},
		{"too brief without end", func(b *bench) {
			b.answer(b.next(sip.REGISTER), 423, header("Min-Expires", "1800"))
			b.answer(b.next(sip.REGISTER), 423, header("Min-Expires", "1800"))
		}, "registration failed 423 SIP Failure Code"},
		{"refused in a 200", func(b *bench) { in := b.next(sip.REGISTER); b.answer(in, 200, granting(in, 0, "")) },
			"registration failed 200 SIP Failure Code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBench(t, registering, func(b *bench) {
				c.answer(b)
				b.rec.want(t, c.want)
				b.nothing()
			})
		})
	}
}

// A guest who is challenged fails clearly.
func TestGuestCannotAnswerChallenges(t *testing.T) {
	inBench(t, func(c *signal.Config, _ *signal.Handler) { c.Password = "" }, func(b *bench) {
		b.nothing() // no REGISTER
		done := async(func() error { return b.agent.Options(b.t.Context(), "") })
		in := b.next(sip.OPTIONS)
		if in.req.Recipient.String() != "sip:alice@example.org" {
			t.Errorf("own OPTIONS to %s", in.req.Recipient.String())
		}
		b.answer(in, 401, header("WWW-Authenticate", `Digest realm="r", nonce="n"`))
		wantError(t, <-done, 401, signal.CauseAuthentication)
	})
}

// The public GRUU that the registrar grants is the contact of calls.
func TestPublicGRUUIsTheContactOfCalls(t *testing.T) {
	inBench(t, registering, func(b *bench) {
		in := b.next(sip.REGISTER)
		b.answer(in, 200, granting(in, 300,
			`;pub-gruu="sip:alice@example.org;gr=urn:uuid:f81d";temp-gruu="sip:tgruu.7hs==jd7@example.org;gr"`))
		b.rec.want(t, "registered")
		if _, err := b.agent.Invite("2001", signal.InviteOptions{Offer: offerSDP}, b.rec.session()); err != nil {
			t.Fatal(err)
		}
		if got := headerValue(b.next(sip.INVITE).req, "contact"); got != "<sip:alice@example.org;gr=urn:uuid:f81d>" {
			t.Errorf("Contact %s", got)
		}
	})
}

// A caller's own headers go out with every REGISTER.
func TestExtraHeadersOfRegister(t *testing.T) {
	inBench(t, func(c *signal.Config, h *signal.Handler) {
		registering(c, h)
		c.ExtraHeaders = []signal.Header{{Name: "X-Vinteo-Remote", Value: "192.0.2.1"}, {Name: "X-Mine", Value: "1"}}
	}, func(b *bench) {
		in := b.next(sip.REGISTER)
		if headerValue(in.req, "x-vinteo-remote") != "192.0.2.1" || headerValue(in.req, "x-mine") != "1" {
			t.Errorf("REGISTER\n%s", in.req)
		}
		b.answer(in, 200)
		b.rec.want(t, "registered")
	})
}

func wantError(t *testing.T, err error, code int, cause signal.Cause) {
	t.Helper()
	e, ok := err.(*signal.ResponseError)
	if !ok || e.StatusCode != code || e.Cause != cause {
		t.Errorf("error %v, want %d %s", err, code, cause)
	}
}
