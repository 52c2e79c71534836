package sip

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

// referred is a bench with a call whose peer has sent a REFER that was accepted.
func referred(b *bench) (signal.Session, *call) {
	b.t.Helper()
	s, c := b.establish(func(h *signal.SessionHandler) {
		h.OnRefer = func(to string) bool { b.rec.add("refer %s", to); return true }
	})
	b.refer(c)
	return s, c
}

func (b *bench) refer(c *call) {
	b.t.Helper()
	b.send(c.request(sip.REFER, "", signal.Header{Name: "Refer-To", Value: "<sip:3@example.org>"})).want(b.t, "202")
	b.rec.want(b.t, "refer sip:3@example.org")
}

// notified takes a NOTIFY with that state of the subscription and that status line, and answers it.
func (b *bench) notified(state, status string, answer int) {
	b.t.Helper()
	in := b.next(sip.NOTIFY)
	if got := headerValue(in.req, "subscription-state"); got != state {
		b.t.Errorf("subscription %q, want %q", got, state)
	}
	if got := string(in.req.Body()); got != "SIP/2.0 "+status+"\r\n" {
		b.t.Errorf("reports %q, want %q", got, status)
	}
	if !strings.HasPrefix(headerValue(in.req, "content-type"), "message/sipfrag") || !strings.HasPrefix(headerValue(in.req, "event"), "refer;id=") {
		b.t.Errorf("NOTIFY\n%s", in.req)
	}
	b.answer(in, answer)
}

func report(s signal.Session, code int, reason string) chan error {
	return async(func() error { return s.NotifyRefer(context.Background(), code, reason) })
}

// REFER asks the application; the peer is told 100 at once, then what the application reports, and with the final code that is
// all.
func TestRefer(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		s, _ := referred(b)
		b.notified("active;expires=180", "100 Trying", 200)
		time.Sleep(10 * time.Second)
		ringing := report(s, 180, "")
		b.notified("active;expires=170", "180 Ringing", 200)
		if err := <-ringing; err != nil {
			t.Error(err)
		}
		if err := <-report(s, 42, ""); err == nil {
			t.Error("42 was reported")
		}
		answered := report(s, 200, "")
		b.notified("terminated;reason=noresource", "200 OK", 200)
		if err := <-answered; err != nil {
			t.Error(err)
		}
		if err := <-report(s, 200, ""); !errors.Is(err, signal.ErrNoRefer) {
			t.Errorf("reported twice: %v", err)
		}
		time.Sleep(10 * time.Minute)
		b.nothing()
	})
}

// The new call is often placed when the old one has ended: the peer is told all the same.
func TestReferIsReportedAfterTheCall(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		s, c := referred(b)
		b.notified("active;expires=180", "100 Trying", 200)
		b.send(c.request(sip.BYE, "")).want(t, "200")
		failed := report(s, 486, "Busy\r\nX-Evil: 1")
		b.notified("terminated;reason=noresource", "486 Busy  X-Evil: 1", 200)
		if err := <-failed; err != nil {
			t.Error(err)
		}
		b.rec.want(t, "ended remote Terminated 0")
	})
}

// A subscription ends by time, by a newer REFER, and when the peer does not know it any more.
func TestReferSubscriptionEnds(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		s, c := referred(b)
		b.notified("active;expires=180", "100 Trying", 200)
		b.refer(c)
		b.notified("terminated;reason=giveup", "100 Trying", 200)
		b.notified("active;expires=180", "100 Trying", 200)
		time.Sleep(referTime)
		synctest.Wait()
		b.notified("terminated;reason=timeout", "100 Trying", 200)
		if err := <-report(s, 200, ""); !errors.Is(err, signal.ErrNoRefer) {
			t.Errorf("after its time: %v", err)
		}
		b.refer(c)
		b.notified("active;expires=180", "100 Trying", 481)
		synctest.Wait()
		if err := <-report(s, 200, ""); !errors.Is(err, signal.ErrNoRefer) {
			t.Errorf("to a peer that knows no subscription: %v", err)
		}
	})
}
