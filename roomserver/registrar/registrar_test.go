package registrar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

func register(t *testing.T, user, contact string, cseq int, extra string) *sip.Request {
	t.Helper()
	m, err := sip.ParseMessage([]byte(fmt.Sprintf("REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/WSS a;branch=z9hG4bK1\r\n"+
		"From: <sip:%s@h>;tag=1\r\nTo: <sip:%s@h>\r\nCall-ID: one\r\nCSeq: %d REGISTER\r\nContact: %s\r\n%s\r\n",
		user, user, cseq, contact, extra)))
	if err != nil {
		t.Fatal(err)
	}
	return m.(*sip.Request)
}

func TestBindings(t *testing.T) {
	now := time.Unix(1000, 0)
	r := New[int](30 * time.Second)
	r.now = func() time.Time { return now }
	ok := func(req *sip.Request, flow, contacts int) {
		t.Helper()
		res := r.Register(req, flow)
		if res.StatusCode != 200 || len(res.GetHeaders("contact")) != contacts {
			t.Fatalf("%s", res)
		}
	}
	ok(register(t, "Ann", "<sip:a@a.invalid>;expires=60", 1, ""), 1, 1)
	ok(register(t, "ann", "<sip:b@b.invalid>;expires=90", 2, ""), 2, 2)
	ok(register(t, "ann", "<sip:a@a.invalid>;expires=60", 3, ""), 1, 2)
	if list := r.Lookup("ANN", ""); len(list) != 2 || list[0].Flow != 2 {
		t.Errorf("%+v", list)
	}
	if res := r.Register(register(t, "ann", "<sip:a@a.invalid>", 3, ""), 1); res.StatusCode != 500 {
		t.Errorf("old CSeq: %d", res.StatusCode)
	}
	now = now.Add(61 * time.Second)
	if list := r.Lookup("ann", ""); len(list) != 1 || list[0].Flow != 2 {
		t.Errorf("after expiry: %+v", list)
	}
	if users := r.Expire(); len(users) != 0 {
		t.Errorf("%v", users)
	}
	now = now.Add(time.Minute)
	if users := r.Expire(); len(users) != 1 || len(r.bindings) != 0 {
		t.Errorf("%v", users)
	}
	// One client that comes back from another address takes the place of its old self.
	instance := `;+sip.instance="<urn:uuid:1>";reg-id=1;expires=60`
	ok(register(t, "ann", "<sip:x@x.invalid>"+instance, 10, "Supported: gruu\r\n"), 3, 1)
	ok(register(t, "ann", "<sip:y@y.invalid>"+instance, 11, "Supported: gruu\r\n"), 4, 1)
	if list := r.Lookup("ann", "urn:uuid:1"); len(list) != 1 || list[0].Flow != 4 {
		t.Errorf("%+v", list)
	}
	if list := r.Lookup("ann", "urn:uuid:2"); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	for i := range 20 {
		r.Register(register(t, "ben", fmt.Sprintf("<sip:c%d@c.invalid>", i), 1, ""), i)
	}
	if n := len(r.Lookup("ben", "")); n != maxContacts {
		t.Errorf("%d contacts", n)
	}
	if users := r.RemoveFlow(19); len(users) != 1 || users[0] != "ben" {
		t.Errorf("%v", users)
	}
	ok(register(t, "ben", "*", 50, "Expires: 0\r\n"), 1, 0)
	if res := r.Register(register(t, "ben", "*", 51, ""), 1); res.StatusCode != 400 {
		t.Errorf("wildcard without Expires 0: %d", res.StatusCode)
	}
}

func TestDigest(t *testing.T) {
	now := time.Unix(1000, 0)
	a, err := NewAuthenticator("here", map[string]string{"ann": "apple"}, []string{"MD5", "SHA-256"})
	if err != nil {
		t.Fatal(err)
	}
	a.now = func() time.Time { return now }
	answer := func(challenge, user, password string) *sip.Request {
		c, err := digest.ParseChallenge(challenge)
		if err != nil {
			t.Fatal(err)
		}
		credentials, err := digest.Digest(c, digest.Options{Method: "REGISTER", URI: "sip:h", Username: user, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		return register(t, "ann", "<sip:a@a.invalid>", 1, "Authorization: "+credentials.String()+"\r\n")
	}
	check := func(req *sip.Request, connection string) Verdict {
		return a.Check(req, "Authorization", "ann", connection)
	}
	for _, challenge := range a.Challenges("c1", false) {
		if v := check(answer(challenge, "ann", "apple"), "c1"); v != Right {
			t.Errorf("%s: %v", challenge, v)
		}
		if v := check(answer(challenge, "ann", "guess"), "c1"); v != Wrong {
			t.Errorf("wrong password: %v", v)
		}
		if v := check(answer(challenge, "ben", "apple"), "c1"); v != Wrong {
			t.Errorf("other user: %v", v)
		}
		if v := check(answer(challenge, "ann", "apple"), "c2"); v != Stale {
			t.Errorf("other connection: %v", v)
		}
		old := answer(challenge, "ann", "apple")
		now = now.Add(nonceLife + time.Second)
		if v := check(old, "c1"); v != Stale {
			t.Errorf("old nonce: %v", v)
		}
		now = now.Add(-nonceLife - time.Second)
	}
	if v := check(register(t, "ann", "<sip:a@a.invalid>", 1, ""), "c1"); v != Absent {
		t.Errorf("no credentials: %v", v)
	}
	if stale := a.Challenges("c1", true)[0]; !strings.Contains(stale, "stale=true") {
		t.Error(stale)
	}
	for _, garbage := range []string{"Digest", "Basic x", `Digest realm="here"`, `Digest username="ann",realm="here",nonce="",uri="",response=""`} {
		req := register(t, "ann", "<sip:a@a.invalid>", 1, "Authorization: "+garbage+"\r\n")
		if v := check(req, "c1"); v == Right || v == Stale {
			t.Errorf("%s: %v", garbage, v)
		}
	}
	if _, err := NewAuthenticator("here", nil, []string{"ROT13"}); err == nil {
		t.Error("an unknown algorithm was taken")
	}
}

func TestCanonical(t *testing.T) {
	for _, s := range []string{"ann", "ANN", "%61nn", "a%6En"} {
		if Canonical(s) != "ann" {
			t.Errorf("%s: %s", s, Canonical(s))
		}
	}
}
