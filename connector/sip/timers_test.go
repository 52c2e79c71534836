package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

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
