package sip

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

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
