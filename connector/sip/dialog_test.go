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

func reinvite(s signal.Session, method func(context.Context, string, []signal.Header) (string, error)) chan error {
	return async(func() error {
		answer, err := method(context.Background(), offerSDP, []signal.Header{{Name: "X-Why", Value: "share"}})
		if err == nil && answer != answerSDP {
			err = errors.New("answer " + answer)
		}
		return err
	})
}

// Our re-INVITE and UPDATE, and their answers.
func TestReinviteAndUpdateOut(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		s, _ := b.establish()
		done := reinvite(s, s.Reinvite)
		waiting := reinvite(s, s.Update) // its turn comes after
		in := b.next(sip.INVITE)
		b.nothing()
		if string(in.req.Body()) != offerSDP || headerValue(in.req, "x-why") != "share" || in.req.Contact() == nil ||
			tagOf(in.req.To().Params) != "remote" {
			t.Errorf("re-INVITE\n%s", in.req)
		}
		b.answer(in, 200, body(answerSDP), func(r *sip.Response) {
			r.RemoveHeader("Contact")
			r.AppendHeader(sip.NewHeader("Contact", "<sip:moved@192.0.2.9>"))
		})
		if err := <-done; err != nil {
			t.Error(err)
		}
		if ack := b.next(sip.ACK); ack.req.Recipient.User != "moved" || ack.req.CSeq().SeqNo != in.req.CSeq().SeqNo {
			t.Errorf("ACK\n%s", ack.req)
		}
		update := b.next(sip.UPDATE)
		if update.req.Recipient.User != "moved" {
			t.Errorf("the target was not refreshed\n%s", update.req)
		}
		b.answer(update, 200, body(answerSDP))
		if err := <-waiting; err != nil {
			t.Error(err)
		}
		b.answer(in, 200, body(answerSDP)) // again
		b.next(sip.ACK)
		b.rec.want(t, "")
	})
}

// An UPDATE for a peer that knows none goes as a re-INVITE, whether the peer has said so before or says it now.
func TestUpdateBecomesReinvite(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		_, in := b.invite()
		b.answer(in, 200, body(answerSDP), header("Allow", "INVITE, ACK, BYE"))
		b.next(sip.ACK)
		s := b.agent.(*agent).sessions[sessionKey(in.req.CallID().Value(), tagOf(in.req.From().Params))]
		done := reinvite(s, s.Update)
		again := b.next(sip.INVITE)
		if headerValue(again.req, "x-why") != "share" {
			t.Errorf("re-INVITE\n%s", again.req)
		}
		b.answer(again, 200, body(answerSDP), header("Allow", "INVITE, ACK, BYE, UPDATE")) // it has learnt something
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.next(sip.ACK)
		done = reinvite(s, s.Update)
		b.answer(b.next(sip.UPDATE), 501)
		b.answer(b.next(sip.INVITE), 200, body(answerSDP))
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.next(sip.ACK)
		b.nothing()
	})
}

// A renegotiation that is refused leaves the call as it was.
func TestFailedRenegotiationLeavesTheCall(t *testing.T) {
	for _, code := range []int{488, 500, 606, 603, 200, 408, 481} {
		inBench(t, nil, func(b *bench) {
			s, _ := b.establish()
			done := reinvite(s, s.Reinvite)
			in := b.next(sip.INVITE)
			b.answer(in, code) // the 200 without SDP
			err := <-done
			var failure *signal.ResponseError
			if !errors.As(err, &failure) || failure.StatusCode != code {
				t.Errorf("%d: %v", code, err)
			}
			switch code {
			case 200:
				b.next(sip.ACK)
				b.rec.want(t, "")
			case 408, 481:
				b.rec.want(t, "ended local Dialog Error "+itoa(code))
			default:
				b.rec.want(t, "")
			}
		})
	}
}

// TestGlareOut: our re-INVITE meets theirs at the other end.
func TestGlareOut(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		s, _ := b.establish()
		done := reinvite(s, s.Reinvite)
		b.answer(b.next(sip.INVITE), 491)
		start := time.Now()
		for b.empty() {
			time.Sleep(10 * time.Millisecond)
		}
		if waited := time.Since(start); waited < 2100*time.Millisecond || waited > 4*time.Second {
			t.Errorf("the caller tried again after %v", waited)
		}
		b.answer(b.next(sip.INVITE), 491)
		wantError(t, <-done, 491, signal.CauseSIPFailure)
		time.Sleep(time.Minute)
		b.nothing()
		b.rec.want(t, "")
	})
	// The called side waits for less.
	inIncoming(t, offerSDP, nil, func(b *bench, s signal.Session, c *call, _ *responses) {
		_ = s.Accept(answerSDP, nil)
		c.ack("")
		done := reinvite(s, s.Reinvite)
		b.answer(b.next(sip.INVITE), 491)
		time.Sleep(2 * time.Second)
		b.answer(b.next(sip.INVITE), 200, body(answerSDP))
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.next(sip.ACK)
	})
}

// TestGlareIn: what the peer offers while an offer is pending.
func TestGlareIn(t *testing.T) {
	type pending string
	for _, c := range []struct {
		pending pending
		method  sip.RequestMethod
		code    string
	}{
		{"ours", sip.INVITE, "491"}, {"ours", sip.UPDATE, "491"},
		{"theirs", sip.INVITE, "500"}, {"theirs", sip.UPDATE, "500"},
	} {
		inBench(t, nil, func(b *bench) {
			var offer signal.InDialogOffer
			s, call := b.establish(func(h *signal.SessionHandler) {
				h.OnOffer = func(o signal.InDialogOffer) { offer = o; b.rec.add("offer %s %d", o.Method, len(o.Offer)) }
			})
			if c.pending == "ours" {
				done := reinvite(s, s.Reinvite)
				in := b.next(sip.INVITE)
				b.send(call.request(c.method, offerSDP)).want(t, c.code)
				b.rec.want(t, "") // not processed
				b.answer(in, 200, body(answerSDP))
				if err := <-done; err != nil {
					t.Error(err)
				}
				b.next(sip.ACK)
				return
			}
			first := b.send(call.request(sip.INVITE, offerSDP))
			second := b.send(call.request(c.method, offerSDP)).want(t, c.code)
			if seconds := retryAfter(second); seconds < time.Second || seconds > 10*time.Second {
				t.Errorf("Retry-After %v", seconds)
			}
			b.rec.want(t, "offer INVITE 43")
			done := reinvite(s, s.Reinvite) // waits for theirs
			b.nothing()
			offer.Accept(answerSDP)
			res := first.want(t, "200")
			if string(res.Body()) != answerSDP || res.Contact() == nil {
				t.Errorf("200\n%s", res)
			}
			call.seq--
			call.ack("")
			b.answer(b.next(sip.INVITE), 200, body(answerSDP))
			if err := <-done; err != nil {
				t.Error(err)
			}
			b.next(sip.ACK)
		})
	}
}

// Offers of the peer within a call: accepted, refused, without SDP, withdrawn.
func TestOffersIn(t *testing.T) {
	var offer signal.InDialogOffer
	withOffers := func(b *bench) func(*signal.SessionHandler) {
		return func(h *signal.SessionHandler) {
			h.OnOffer = func(o signal.InDialogOffer) { offer = o; b.rec.add("offer %s %d", o.Method, len(o.Offer)) }
		}
	}
	t.Run("rejected", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			_, c := b.establish(withOffers(b))
			r := b.send(c.request(sip.INVITE, offerSDP))
			offer.Reject(488, "")
			offer.Accept(answerSDP) // too late
			r.want(t, "488")
			b.rec.want(t, "offer INVITE 43")
		})
	})
	t.Run("nobody listens", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			_, c := b.establish()
			b.send(c.request(sip.UPDATE, offerSDP)).want(t, "488")
		})
	})
	t.Run("never answered", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			_, c := b.establish(withOffers(b))
			r := b.send(c.request(sip.INVITE, offerSDP))
			time.Sleep(offerTimeout)
			if headerValue(r.want(t, "500"), "retry-after") == "" {
				t.Error("nothing says that another try may go better")
			}
			offer.Accept(answerSDP) // too late
			b.send(c.request(sip.INVITE, offerSDP))
			b.rec.want(t, "offer INVITE 43 | offer INVITE 43")
		})
	})
	t.Run("cancelled", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			_, c := b.establish(withOffers(b))
			r := b.send(c.request(sip.INVITE, offerSDP))
			_ = r.tx.Cancel()
			r.want(t, "487")
			b.rec.want(t, "offer INVITE 43")
		})
	})
	t.Run("update", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			_, c := b.establish(withOffers(b))
			r := b.send(c.request(sip.UPDATE, offerSDP))
			offer.Accept(answerSDP)
			r.want(t, "200")
			b.send(c.request(sip.UPDATE, "")).want(t, "200") // a mere refresh
			b.rec.want(t, "offer UPDATE 43")
		})
	})
	t.Run("re-INVITE without SDP", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			s, c := b.establish(withOffers(b))
			r := b.send(c.request(sip.INVITE, ""))
			offer.OnAnswer(func(sdp string) { b.rec.add("late answer %d", len(sdp)) })
			offer.Accept(offerSDP)
			r.want(t, "200")
			done := reinvite(s, s.Reinvite)
			b.nothing() // our offer is pending in the 200
			b.send(c.request(sip.UPDATE, offerSDP)).want(t, "500")
			c.seq--
			c.ack(answerSDP)
			b.rec.want(t, "offer INVITE 0 | late answer 43")
			b.answer(b.next(sip.INVITE), 200, body(answerSDP))
			b.next(sip.ACK)
			<-done
		})
	})
	t.Run("re-INVITE without SDP, withdrawn while we make an offer", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			s, c := b.establish(withOffers(b))
			r := b.send(c.request(sip.INVITE, ""))
			_ = r.tx.Cancel()
			r.want(t, "487")
			offer.OnAnswer(func(sdp string) { b.rec.add("late answer %d", len(sdp)) })
			offer.Accept(offerSDP)
			b.rec.want(t, "offer INVITE 0 | late answer 0") // who waits for one is told that none will come
			done := reinvite(s, s.Reinvite)
			b.answer(b.next(sip.INVITE), 200, body(answerSDP))
			b.next(sip.ACK)
			<-done
		})
	})
	t.Run("re-INVITE without SDP, whose ACK goes down with the socket", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			s, c := b.establish(withOffers(b))
			b.send(c.request(sip.INVITE, ""))
			offer.OnAnswer(func(sdp string) { b.rec.add("late answer %d", len(sdp)) })
			offer.Accept(offerSDP)
			b.rec.want(t, "offer INVITE 0")
			b.drop(1001)
			b.rec.want(t, "late answer 0 | disconnected 1001 clean false")
			time.Sleep(10 * time.Second) // a socket follows
			done := reinvite(s, s.Reinvite)
			b.answer(b.next(sip.INVITE), 200, body(answerSDP))
			b.next(sip.ACK)
			<-done
		})
	})
	t.Run("never acknowledged", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			_, c := b.establish(withOffers(b))
			b.send(c.request(sip.INVITE, offerSDP))
			offer.Accept(answerSDP)
			time.Sleep(32 * time.Second)
			b.rec.want(t, "offer INVITE 43 | ended remote No ACK 0")
		})
	})
	t.Run("hung up meanwhile", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			_, c := b.establish(withOffers(b))
			r := b.send(c.request(sip.INVITE, offerSDP))
			b.send(c.request(sip.BYE, "")).want(t, "200")
			r.want(t, "487")
			offer.Accept(answerSDP)
			b.rec.want(t, "offer INVITE 43 | ended remote Terminated 0")
		})
	})
}

// A renegotiation that its caller gives up is cancelled, and the call lives.
func TestRenegotiationGivenUp(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		s, _ := b.establish()
		ctx, cancel := context.WithCancel(context.Background())
		done := async(func() error { _, err := s.Reinvite(ctx, offerSDP, nil); return err })
		in := b.next(sip.INVITE)
		in.tx.OnCancel(func() { _ = in.tx.Respond(sip.NewResponseFromRequest(in.req, 487, "Request Terminated", nil)) })
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		synctest.Wait()
		b.rec.want(t, "") // the call lives
		again := reinvite(s, s.Reinvite)
		b.answer(b.next(sip.INVITE), 200, body(answerSDP))
		if err := <-again; err != nil {
			t.Error(err)
		}
		b.next(sip.ACK)
	})
}

// Session timers: we refresh, they refresh, 422, and a refresh that stays away ends the call.
func TestSessionTimers(t *testing.T) {
	timers := func(c *signal.Config, _ *signal.Handler) { c.SessionTimers = true }
	t.Run("we refresh", func(t *testing.T) {
		inBench(t, timers, func(b *bench) {
			_, in := b.invite()
			if headerValue(in.req, "session-expires") != "90" || !strings.Contains(headerValue(in.req, "supported"), "timer") {
				t.Errorf("INVITE\n%s", in.req)
			}
			b.answer(in, 422, header("Min-SE", "120"))
			in = b.next(sip.INVITE)
			b.answer(in, 200, body(answerSDP), header("Session-Expires", headerValue(in.req, "session-expires")+";refresher=uac"))
			b.next(sip.ACK)
			for range 3 {
				time.Sleep(60 * time.Second)
				update := b.next(sip.UPDATE)
				if len(update.req.Body()) > 0 || headerValue(update.req, "session-expires") != "120;refresher=uac" {
					t.Errorf("UPDATE\n%s", update.req)
				}
				b.answer(update, 200, header("Session-Expires", "120;refresher=uac"))
			}
			b.rec.want(t, "answer 43 | accepted | confirmed")
		})
	})
	refreshes := func(h *signal.SessionHandler) (ask *int) {
		ask = new(int)
		h.OnRefresh = func() { *ask++ }
		return ask
	}
	for name, allow := range map[string]string{"a peer without UPDATE": "INVITE, ACK, BYE, INFO", "one that says it late": ""} {
		t.Run(name, func(t *testing.T) {
			inBench(t, timers, func(b *bench) {
				var asked *int
				s, in := b.invite(func(h *signal.SessionHandler) { asked = refreshes(h) })
				options := []option{body(answerSDP), header("Session-Expires", "90;refresher=uac")}
				if allow != "" {
					options = append(options, header("Allow", allow))
				}
				b.answer(in, 200, options...)
				b.next(sip.ACK)
				for round := range 2 {
					time.Sleep(45 * time.Second)
					if allow == "" && round == 0 {
						b.answer(b.next(sip.UPDATE), 405, header("Allow", "INVITE, ACK, BYE"))
					}
					b.nothing()
					if *asked != round+1 {
						t.Fatalf("asked %d times for a re-INVITE in round %d", *asked, round)
					}
					done := reinvite(s, s.Reinvite) // what the application does about it
					again := b.next(sip.INVITE)
					if headerValue(again.req, "session-expires") != "90;refresher=uac" {
						t.Errorf("re-INVITE\n%s", again.req)
					}
					b.answer(again, 200, body(answerSDP), header("Session-Expires", "90;refresher=uac"))
					b.next(sip.ACK)
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
				b.rec.want(t, "answer 43 | accepted | confirmed")
			})
		})
	}
	t.Run("a refresh that crossed the peer's and failed leaves no clock behind", func(t *testing.T) {
		inBench(t, timers, func(b *bench) {
			_, in := b.invite()
			b.answer(in, 200, body(answerSDP), header("Session-Expires", "90;refresher=uac"))
			b.next(sip.ACK)
			c := b.callOf(in)
			refresh := func() {
				b.send(c.request(sip.UPDATE, "", signal.Header{Name: "Session-Expires", Value: "90;refresher=uac"},
					signal.Header{Name: "Supported", Value: "timer"})).want(t, "200")
			}
			time.Sleep(45 * time.Second)
			ours := b.next(sip.UPDATE)
			refresh() // from here on the peer refreshes
			b.answer(ours, 500)
			for range 4 {
				time.Sleep(45 * time.Second)
				b.nothing()
				refresh()
			}
			b.rec.want(t, "answer 43 | accepted | confirmed") // and the call lives
		})
	})
	t.Run("the peer refreshes until it does not", func(t *testing.T) {
		inBench(t, timers, func(b *bench) {
			_, in := b.invite()
			b.answer(in, 200, body(answerSDP), header("Session-Expires", "90;refresher=uas"))
			b.next(sip.ACK)
			c := b.callOf(in)
			time.Sleep(45 * time.Second)
			res := b.send(c.request(sip.UPDATE, "", signal.Header{Name: "Session-Expires", Value: "90;refresher=uac"},
				signal.Header{Name: "Supported", Value: "timer"})).want(t, "200")
			if headerValue(res, "session-expires") != "90;refresher=uac" || headerValue(res, "require") != "timer" {
				t.Errorf("200\n%s", res)
			}
			time.Sleep(59 * time.Second)
			b.rec.want(t, "answer 43 | accepted | confirmed")
			time.Sleep(time.Second)
			b.rec.want(t, "ended local Request Timeout 408")
			b.next(sip.BYE)
		})
	})
}
