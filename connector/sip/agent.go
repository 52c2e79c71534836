package sip

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

const (
	goodbyeTimeout  = 5 * time.Second // for BYE, unregistering and the closing handshake in Stop
	callbackTimeout = time.Second     // for the callbacks that are still to be delivered after that
)

var (
	errNotStarted   = errors.New("user agent is not started")
	errStopped      = errors.New("user agent is stopped")
	errNotConnected = errors.New("not connected")
)

// agent implements signal.UserAgent. See the package comment for who owns what.
type agent struct {
	config    signal.Config
	handler   signal.Handler
	log       *slog.Logger
	dial      dialFunc
	own       sip.Uri // our address of record
	contact   sip.Uri
	transport string // WSS or WS
	host      string // sent-by of our Vias

	hurry   chan struct{} // one place: the next attempt to open a socket need not wait
	calls   chan func()   // the loop's mailbox
	quit    chan struct{} // ends the loop
	done    chan struct{} // the loop has ended
	stopped chan struct{} // Stop has finished
	queue   *dispatcher

	mu       sync.Mutex // guards what follows
	started  bool
	stopping bool
	hangUp   context.CancelFunc // ends the goroutine that keeps the socket open
	dialing  context.CancelFunc // ends an attempt to open one, nil when none runs
	hurried  bool               // that attempt was ended by Reopen
	work     sync.WaitGroup     // that goroutine
	served   sync.WaitGroup     // loop and dispatcher

	// Owned by the loop.
	leaving      bool // Stop was called
	socket       *socket
	registration registration
	sessions     map[string]*session // by Call-ID and local tag
	farewells    []*dialog           // hung up while there was no socket
	auth         *authenticator
}

// Start begins to connect.
func (a *agent) Start() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopping {
		return errStopped
	}
	if a.started {
		return errors.New("user agent is started already")
	}
	a.started = true
	ctx, cancel := context.WithCancel(context.Background())
	a.hangUp = cancel
	a.served.Go(a.loop)
	a.served.Go(a.queue.run)
	a.work.Go(func() { a.keepConnected(ctx) })
	return nil
}

func (a *agent) loop() {
	defer close(a.done)
	for {
		select {
		case f := <-a.calls:
			f()
		case <-a.quit:
			return
		}
	}
}

// post runs f on the loop some time; it is dropped when the agent has stopped. Never called on the loop.
func (a *agent) post(f func()) {
	select {
	case a.calls <- f:
	case <-a.done:
	}
}

// do runs f on the loop and waits for it. Never called on the loop.
func (a *agent) do(f func()) error {
	a.mu.Lock()
	started := a.started
	a.mu.Unlock()
	if !started {
		return errNotStarted
	}
	ran := make(chan struct{})
	select {
	case a.calls <- func() { f(); close(ran) }:
		<-ran
		return nil
	case <-a.done:
		return errStopped
	}
}

// await runs f on the loop and waits for the result it reports, at most as long as ctx.
func (a *agent) await(ctx context.Context, f func(result func(error))) error {
	results := make(chan error, 1)
	if err := a.do(func() { f(func(err error) { results <- err }) }); err != nil {
		return err
	}
	select {
	case err := <-results:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-a.done:
		return errStopped
	}
}

// after runs f on the loop after d.
func (a *agent) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { a.post(f) })
}

func stopTimer(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}

// Stop says goodbye: BYE or CANCEL to every session, unregister, close the socket. A server that does not answer holds it
// up for 5 s, or for as long as ctx if that is less; then the socket is cut, which is no error.
func (a *agent) Stop(ctx context.Context) error {
	a.mu.Lock()
	first := !a.stopping
	a.stopping = true
	started := a.started
	a.mu.Unlock()
	if !started {
		return nil
	}
	if !first {
		select {
		case <-a.stopped:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer close(a.stopped)
	limit, cancel := context.WithTimeout(ctx, goodbyeTimeout)
	defer cancel()

	_ = a.await(limit, a.sayGoodbye)
	a.closeSocket(limit)
	a.hangUp()
	a.work.Wait()
	_ = a.do(a.leave)
	close(a.quit)
	a.queue.close()
	served := make(chan struct{})
	go func() { a.served.Wait(); close(served) }()
	select {
	case <-served:
		return nil
	case <-time.After(callbackTimeout): // a callback blocks, or waits for us
		return errors.New("stop: a callback does not return")
	}
}

// sayGoodbye ends the sessions and the registration; result comes when the server has answered it all.
func (a *agent) sayGoodbye(result func(error)) {
	a.leaving = true
	waiting := 1
	one := func(error) {
		if waiting--; waiting == 0 {
			result(nil)
		}
	}
	for _, s := range a.sessions {
		waiting++
		s.terminate(0, "", one)
	}
	waiting++
	a.registration.unregister(one)
	one(nil)
}

// closeSocket does the closing handshake, cutting it short with ctx.
func (a *agent) closeSocket(ctx context.Context) {
	var conn connection
	_ = a.do(func() {
		if a.socket != nil {
			conn = a.socket.conn
		}
	})
	if conn == nil {
		return
	}
	closed := make(chan struct{})
	go func() { _ = conn.Close(1000, ""); close(closed) }()
	select {
	case <-closed:
	case <-ctx.Done():
		_ = conn.CloseNow()
		<-closed
	}
}

// leave is the last thing on the loop.
func (a *agent) leave() {
	for _, s := range a.sessions {
		for seq := range s.acks {
			s.forgetAck(seq)
		}
		s.finish(signal.End{Originator: signal.Local, Cause: signal.CauseTerminated})
	}
	a.registration.lost()
	a.notify(func(h *signal.Handler) {
		if h.OnDisconnected != nil {
			h.OnDisconnected(signal.Disconnect{Code: 1000, Clean: true})
		}
	})
}

// notify hands a callback to the dispatcher.
func (a *agent) notify(f func(h *signal.Handler)) { a.queue.add(func() { f(&a.handler) }) }

func (a *agent) Connected() (connected bool) {
	_ = a.do(func() { connected = a.socket != nil })
	return connected
}

func (a *agent) Registered() (registered bool) {
	_ = a.do(func() { registered = a.registration.registered })
	return registered
}

func (a *agent) Register(ctx context.Context) error {
	return a.await(ctx, func(result func(error)) { a.registration.register(result) })
}

func (a *agent) Unregister(ctx context.Context) error {
	return a.await(ctx, func(result func(error)) { a.registration.unregister(result) })
}

func (a *agent) Options(ctx context.Context, target string) error {
	return a.outside(ctx, sip.OPTIONS, target, func(req *sip.Request) {
		req.AppendHeader(sip.NewHeader("Accept", acceptTypes))
	})
}

func (a *agent) SendMessage(ctx context.Context, target, contentType string, body []byte) error {
	return a.outside(ctx, sip.MESSAGE, target, func(req *sip.Request) {
		req.AppendHeader(sip.NewHeader("Content-Type", contentType))
		req.SetBody(body)
	})
}

// outside sends a request outside any dialog and waits for its final response.
func (a *agent) outside(ctx context.Context, method sip.RequestMethod, target string, add func(*sip.Request)) error {
	to := a.own
	if target != "" {
		var err error
		if to, err = parseTarget(target, a.config.Domain); err != nil {
			return err
		}
	}
	callID, tag, seq := randomToken(22), randomToken(10), uint32(0)
	return a.await(ctx, func(result func(error)) {
		a.start(&exchange{
			build: func() *sip.Request {
				seq++
				req := a.newRequest(method, to, to, callID, tag, seq)
				add(req)
				return req
			},
			final: func(res *sip.Response, err error) { result(responseError(method, res, err)) },
		})
	})
}
