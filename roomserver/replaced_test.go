package roomserver

import (
	"testing"

	"github.com/emiago/sipgo/sip"
)

// A user who registers the same instance over another socket has left the old one: it is cut at once, and a request that
// waits for an answer over it fails instead of running into its time-out; the call goes on over the new one.
func TestReplacedSocketIsCut(t *testing.T) {
	s, _ := startServer(t, Config{Users: users})
	a, b := dial(t, s, "ann", "apple"), dial(t, s, "ben", "banana")
	a.register("MD5")
	b.instance = "0e3c0f0e-6a2a-4a4f-9f6c-222222222222"
	b.register("MD5")

	dialogs := make(chan *clientDialog, 1)
	go func() {
		_, d := a.invite("ben", "v=0\r\no=offer\r\n")
		dialogs <- d
	}()
	in := b.next(sip.INVITE)
	res := sip.NewResponseFromRequest(in.req, 200, "OK", nil)
	res.AppendHeader(&sip.ContactHeader{Address: b.contact})
	res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	res.SetBody([]byte("v=0\r\no=answer\r\n"))
	must(t, in.tx.Respond(res))
	d := <-dialogs
	if d == nil {
		t.Fatal("no call")
	}
	b.next(sip.ACK)

	waiting := make(chan int, 1)
	go func() { waiting <- a.do(d.request(sip.INFO)).StatusCode }()
	b.next(sip.INFO) // never answered

	again := dial(t, s, "ben", "banana")
	again.instance = b.instance
	if res := again.register("MD5"); len(res.GetHeaders("contact")) != 1 {
		t.Errorf("not replaced: %s", res)
	}
	<-b.done
	if code := <-waiting; code != 430 {
		t.Errorf("the waiting request got %d", code)
	}
	go func() { waiting <- a.do(d.request(sip.INFO)).StatusCode }()
	respondOK(again.next(sip.INFO))
	if code := <-waiting; code != 200 {
		t.Errorf("over the new socket: %d", code)
	}
}
