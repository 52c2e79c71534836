package sip

import (
	"context"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

// info sends an INFO of the agent's and returns its outcome.
func info(s signal.Session, keep bool) chan error {
	return async(func() error {
		return s.Info(context.Background(), "application/vinteo.webrtc.roomname", nil,
			[]signal.Header{{Name: "x-webrtc-enter-room", Value: "p2p1to2"}}, keep)
	})
}

// What an INFO's answer means for the call: only 408 and 481 end it, unless they must not.
func TestInfoOut(t *testing.T) {
	for _, c := range []struct {
		code  int
		keep  bool
		cause signal.Cause
		ended string
	}{
		{200, false, "", ""},
		{603, false, signal.CauseRejected, ""},
		{488, false, signal.CauseIncompatibleSDP, ""},
		{481, true, signal.CauseSIPFailure, ""},
		{408, true, signal.CauseUnavailable, ""},
		{481, false, signal.CauseSIPFailure, "ended local Dialog Error 481"},
		{408, false, signal.CauseUnavailable, "ended local Dialog Error 408"},
	} {
		inBench(t, nil, func(b *bench) {
			s, _ := b.establish()
			done := info(s, c.keep)
			in := b.next(sip.INFO)
			if headerValue(in.req, "content-type") != "application/vinteo.webrtc.roomname" ||
				headerValue(in.req, "x-webrtc-enter-room") != "p2p1to2" || in.req.Recipient.User != "callee" {
				t.Errorf("INFO\n%s", in.req)
			}
			b.answer(in, c.code)
			if err := <-done; c.cause == "" && err != nil {
				t.Error(err)
			} else if c.cause != "" {
				wantError(t, err, c.code, c.cause)
			}
			b.rec.want(t, c.ended)
			if c.ended != "" {
				b.answer(b.next(sip.BYE), 481)
			}
		})
	}
}

// An INFO that is never answered ends the call as timed out.
func TestInfoWithoutAnswer(t *testing.T) {
	for keep, want := range map[bool]string{true: "", false: "ended system Request Timeout 408"} {
		inBench(t, nil, func(b *bench) {
			s, _ := b.establish()
			done := info(s, keep)
			b.next(sip.INFO)
			time.Sleep(32 * time.Second)
			wantError(t, <-done, 408, signal.CauseRequestTimeout)
			b.rec.want(t, want)
		})
	}
}

// Requests of the peer within a dialog and what each is answered, old and foreign ones too.
func TestRequestsInTheDialog(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		_, c := b.establish()
		req := c.request(sip.INFO, "", signal.Header{Name: "Content-Type", Value: " application/vinteo.webrtc.notify ; x=1"})
		b.send(req).want(t, "200")
		b.rec.want(t, "info application/vinteo.webrtc.notify ; x=1 ")
		b.send(c.request(sip.INFO, "")).want(t, "415")
		b.send(c.request("FROBNICATE", "")).want(t, "405")
		b.send(c.request(sip.OPTIONS, "")).want(t, "200")
		b.send(c.request(sip.NOTIFY, "")).want(t, "200")
		b.send(c.request(sip.REFER, "", signal.Header{Name: "Refer-To", Value: "<sip:3@example.org>"})).want(t, "603")
		b.send(c.request(sip.REFER, "")).want(t, "400")

		c.seq -= 5
		b.send(c.request(sip.INFO, "")).want(t, "500") // an old CSeq
		c.seq += 5
		c.localTag = "somebody else"
		b.send(c.request(sip.BYE, "")).want(t, "481")
		b.rec.want(t, "")
	})
}
