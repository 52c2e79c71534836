package sip

import (
	"context"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

// A person may register, and unregister, of an own accord.
func TestRegisterByHand(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		done := async(func() error { return b.agent.Register(context.Background()) })
		in := b.next(sip.REGISTER)
		b.answer(in, 200, granting(in, 300, ""))
		if err := <-done; err != nil || !b.agent.Registered() {
			t.Errorf("%v, registered %v", err, b.agent.Registered())
		}
		b.rec.want(t, "registered")
		done = async(func() error { return b.agent.Unregister(context.Background()) })
		in = b.next(sip.REGISTER)
		b.answer(in, 200)
		if err := <-done; err != nil || b.agent.Registered() {
			t.Errorf("%v, registered %v", err, b.agent.Registered())
		}
		b.rec.want(t, "unregistered")
		done = async(func() error { return b.agent.Register(context.Background()) })
		b.answer(b.next(sip.REGISTER), 403)
		if err := <-done; err == nil {
			t.Error("a refusal is no error")
		}
	})
}

// An INVITE that reaches us twice, on different ways, is one call (RFC 3261 8.2.2.2).
func TestMergedRequest(t *testing.T) {
	inIncoming(t, offerSDP, nil, func(b *bench, _ signal.Session, c *call, r *responses) {
		again := c.request(sip.INVITE, offerSDP)
		again.CSeq().SeqNo--
		again.To().Params.Remove("tag")
		c.seq--
		b.send(again).want(t, "482")
		r.want(t, "180")
	})
}

// A 200 that is repeated after its transaction is over is acknowledged still.
func TestVeryLateAnswer(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		_, in := b.invite()
		b.answer(in, 200, body(answerSDP))
		b.next(sip.ACK)
		b.rec.want(t, "answer 43 | accepted | confirmed")
		time.Sleep(40 * time.Second)
		res := sip.NewResponseFromRequest(in.req, 200, "OK", nil)
		res.To().Params.Add("tag", "remote")
		if err := b.conn.Write(context.Background(), []byte(res.String())); err != nil {
			t.Fatal(err)
		}
		if ack := b.next(sip.ACK); ack.req.CSeq().SeqNo != in.req.CSeq().SeqNo {
			t.Errorf("ACK\n%s", ack.req)
		}
	})
}
