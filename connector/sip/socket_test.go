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

// deaf replaces the server's end of the socket by one that reads and says nothing.
func (s *server) deaf() {
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	_ = conn.CloseNow()
	synctest.Wait()
	s.mu.Lock()
	s.mute = true
	s.mu.Unlock()
	time.Sleep(6 * time.Second)
}

// drop cuts the socket.
func (b *bench) drop(code int) {
	b.t.Helper()
	_ = b.conn.Close(code, "")
	synctest.Wait()
}

// A lost socket is opened again and the registration renewed.
func TestSocketIsOpenedAgain(t *testing.T) {
	inBench(t, registering, func(b *bench) {
		b.answer(b.next(sip.REGISTER), 200)
		b.rec.want(t, "registered")
		b.down = true
		b.drop(1001)
		b.rec.want(t, "disconnected 1001 clean false | unregistered")
		if b.agent.Connected() || b.agent.Registered() {
			t.Error("still connected")
		}
		wantError(t, b.agent.Options(context.Background(), ""), 503, signal.CauseConnection)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		last := b.dials[0]
		for i, at := range b.dials[1:] {
			if wait := at.Sub(last); wait < 2*time.Second && i > 0 || wait > 6*time.Second {
				t.Errorf("attempt %d after %v", i+2, wait)
			}
			last = at
		}
		if len(b.dials) < 5 {
			t.Errorf("%d attempts in 30 s", len(b.dials))
		}
		b.mu.Lock()
		b.down = false
		b.mu.Unlock()
		time.Sleep(6 * time.Second)
		b.answer(b.next(sip.REGISTER), 200)
		if !b.agent.Connected() || !b.agent.Registered() {
			t.Error("not connected again")
		}
		b.rec.mu.Lock()
		n := len(b.rec.words)
		tail := b.rec.words[n-2:]
		b.rec.words = nil
		b.rec.mu.Unlock()
		if tail[0] != "connected" || tail[1] != "registered" {
			t.Errorf("in the end %v", tail)
		}
	})
}

// Reopen without a socket: an attempt that takes a way which is gone begins anew at once, and nothing is waited for.
func TestReopenWithoutASocket(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		b.mu.Lock()
		b.away = true
		b.mu.Unlock()
		b.drop(1006)
		time.Sleep(7 * time.Second) // the next attempt is under way by now
		b.mu.Lock()
		attempts := len(b.dials)
		b.away = false
		b.mu.Unlock()
		if attempts != 2 {
			t.Fatalf("%d attempts", attempts)
		}
		begin := time.Now()
		b.agent.Reopen()
		synctest.Wait()
		if time.Since(begin) > 0 || !b.agent.Connected() {
			t.Error("the attempt that hangs was waited for")
		}
		b.rec.want(t, "disconnected 1006 clean false | connecting 1 | connecting 1 | connected")

		b.mu.Lock()
		b.down = true
		b.mu.Unlock()
		b.drop(1006) // and now in the pause before the next attempt
		b.mu.Lock()
		b.down = false
		b.mu.Unlock()
		b.agent.Reopen()
		synctest.Wait()
		if !b.agent.Connected() {
			t.Error("the pause was waited for")
		}
		b.rec.want(t, "disconnected 1006 clean false | connecting 1 | connected")
		time.Sleep(time.Minute)
		b.rec.want(t, "") // nothing is left of it
	})
}

// Reopen of a live socket: the next one is opened at once, without the pause after a loss, and only one.
func TestReopenIsNoLoss(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		begin := time.Now()
		b.agent.Reopen()
		synctest.Wait()
		if took := time.Since(begin); took > 0 || !b.agent.Connected() {
			t.Errorf("connected %v after %v", b.agent.Connected(), took)
		}
		b.rec.want(t, "disconnected 1006 clean false | connecting 1 | connected")
		time.Sleep(time.Minute)
		b.rec.want(t, "")
	})
}

// Attempts to open the socket again come less and less often.
func TestRecoveryDelayRises(t *testing.T) {
	a := &agent{config: signal.Config{RecoveryMin: 2 * time.Second, RecoveryMax: 6 * time.Second}}
	bounds := [][2]time.Duration{{2000, 3334}, {2000, 4667}, {2000, 6000}, {2000, 6000}}
	var sums [4]time.Duration
	for failures, b := range bounds {
		for range 300 {
			d := a.recoveryDelay(failures)
			if d < b[0]*time.Millisecond || d > b[1]*time.Millisecond {
				t.Errorf("after %d failures %v", failures, d)
			}
			sums[failures] += d
		}
	}
	if sums[0] >= sums[1] || sums[1] >= sums[2] {
		t.Errorf("sums do not rise: %v", sums)
	}
	a.config.RecoveryMax = 2 * time.Second
	if d := a.recoveryDelay(5); d != 2*time.Second {
		t.Errorf("equal bounds: %v", d)
	}
}

// An established call goes on over the next socket.
func TestEstablishedCallOutlivesTheSocket(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		s, c := b.establish()
		pending := info(s, false)
		offer := reinvite(s, s.Reinvite)
		b.next(sip.INFO)
		b.next(sip.INVITE)
		b.drop(1006)
		wantError(t, <-pending, 503, signal.CauseConnection)
		wantError(t, <-offer, 503, signal.CauseConnection)
		b.rec.want(t, "disconnected 1006 clean false")
		wantError(t, <-info(s, false), 503, signal.CauseConnection)

		time.Sleep(6 * time.Second)
		b.rec.want(t, "connecting 1 | connected")
		done := info(s, false)
		b.answer(b.next(sip.INFO), 200)
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.send(c.request(sip.BYE, "")).want(t, "200")
		b.rec.want(t, "ended remote Terminated 0")
	})
}

// Calls that were not answered fail with the socket.
func TestUnansweredCallsFailWithTheSocket(t *testing.T) {
	t.Run("outgoing", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			_, in := b.invite()
			b.answer(in, 180)
			b.drop(1006)
			b.rec.want(t, "progress 180 0 | failed system Connection Error 0 | disconnected 1006 clean false")
		})
	})
	t.Run("incoming", func(t *testing.T) {
		inIncoming(t, offerSDP, nil, func(b *bench, _ signal.Session, _ *call, _ *responses) {
			b.drop(1006)
			b.rec.want(t, "failed system Connection Error 0 | disconnected 1006 clean false")
		})
	})
	t.Run("while there is none", func(t *testing.T) {
		inBench(t, nil, func(b *bench) {
			b.drop(1006)
			if _, err := b.agent.Invite("1", signal.InviteOptions{Offer: offerSDP}, b.rec.session()); err != nil {
				t.Fatal(err)
			}
			b.rec.want(t, "disconnected 1006 clean false | sending | failed system Connection Error 0")
		})
	})
}

// A call that is hung up while there is no socket is over at once.
func TestHungUpWhileThereIsNoSocket(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		s, _ := b.establish()
		b.drop(1006)
		if err := s.Terminate(context.Background(), 0, ""); err != nil {
			t.Error(err)
		}
		b.rec.want(t, "disconnected 1006 clean false | ended local Terminated 0")
		time.Sleep(6 * time.Second)
		b.answer(b.next(sip.BYE), 200) // the peer is told as soon as it can be
	})
}

// Stop says BYE and unregisters.
func TestStopSaysGoodbye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, registering)
		_ = b.agent.Start()
		b.answer(b.next(sip.REGISTER), 200)
		b.rec.want(t, "connecting 1 | connected | registered")
		b.establish()
		done := async(func() error { return b.agent.Stop(context.Background()) })
		b.answer(b.next(sip.BYE), 200)
		last := b.next(sip.REGISTER)
		if headerValue(last.req, "expires") != "0" {
			t.Errorf("REGISTER\n%s", last.req)
		}
		b.answer(last, 200)
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.rec.want(t, "ended local Terminated 0 | unregistered | disconnected 1000 clean true")
		if err := b.agent.Options(context.Background(), ""); !errors.Is(err, errStopped) {
			t.Errorf("after Stop: %v", err)
		}
		if err := b.agent.Start(); err == nil {
			t.Error("started again")
		}
		if err := b.agent.Stop(context.Background()); err != nil {
			t.Errorf("second Stop: %v", err)
		}
	})
}

// Stop ends in time, whatever the server does.
func TestStopIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, registering)
		_ = b.agent.Start()
		b.answer(b.next(sip.REGISTER), 200)
		b.establishRegistered()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		start := time.Now()
		if err := b.agent.Stop(ctx); err != nil { // nobody answers BYE and REGISTER
			t.Error(err)
		}
		if took := time.Since(start); took > 1100*time.Millisecond {
			t.Errorf("Stop took %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) { // while it waits to connect again
		b := newBench(t, nil)
		b.down = true
		_ = b.agent.Start()
		b.rec.want(t, "connecting 1 | disconnected 1006 clean false")
		if err := b.agent.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		b.rec.want(t, "disconnected 1000 clean true")
	})
	b := newBench(t, nil) // never started
	if err := b.agent.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if err := b.agent.Options(context.Background(), ""); !errors.Is(err, errNotStarted) {
		t.Errorf("before Start: %v", err)
	}
}

func (b *bench) establishRegistered() {
	b.t.Helper()
	b.rec.want(b.t, "connecting 1 | connected | registered")
	b.establish()
}

// Garbage from the socket costs nothing but itself.
func TestGarbageOnTheSocketChangesNothing(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		s, _ := b.establish()
		for _, raw := range []string{"garbage", "\x00\x01\x02", "INVITE sip:x SIP/2.0\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n",
			"SIP/2.0 200 OK\r\nVia: SIP/2.0/WSS x;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n",
			"BYE sip:x@y SIP/2.0\r\nVia: SIP/2.0/WSS x;branch=z9hG4bK2\r\nFrom: a\r\nTo: b\r\nCall-ID: 1\r\nCSeq: 99999999999 BYE\r\n\r\n"} {
			if err := b.conn.Write(context.Background(), []byte(raw)); err != nil {
				t.Fatal(err)
			}
		}
		done := info(s, false)
		b.answer(b.next(sip.INFO), 200)
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.rec.want(t, "")
	})
}

// MESSAGE both ways.
func TestMessages(t *testing.T) {
	inBench(t, nil, func(b *bench) {
		done := async(func() error {
			return b.agent.SendMessage(context.Background(), "sip:bob@elsewhere.example", "text/plain", []byte("hi"))
		})
		in := b.next(sip.MESSAGE)
		if in.req.Recipient.String() != "sip:bob@elsewhere.example" || string(in.req.Body()) != "hi" ||
			headerValue(in.req, "content-type") != "text/plain" || in.req.From().DisplayName != "Alice_A" {
			t.Errorf("MESSAGE\n%s", in.req)
		}
		b.answer(in, 404, header("Retry-After", "7 (busy)"))
		err := <-done
		wantError(t, err, 404, signal.CauseNotFound)
		if err.(*signal.ResponseError).RetryAfter != 7*time.Second {
			t.Errorf("Retry-After %v", err)
		}
	})
}

// A socket that is dropped for a test is opened again.
func TestSocketIsDroppedOnPurpose(t *testing.T) {
	inBench(t, registering, func(b *bench) {
		b.answer(b.next(sip.REGISTER), 200)
		b.rec.want(t, "registered")
		if !b.agent.(*agent).DropSocket() {
			t.Error("there was no socket")
		}
		synctest.Wait()
		b.rec.want(t, "disconnected 1006 clean false | unregistered")
		if b.agent.(*agent).DropSocket() {
			t.Error("a socket was dropped twice")
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if !b.agent.Connected() {
			t.Error("not connected again")
		}
	})
}
