// Package exchange is the SIP side of the room server: it serves WebSocket clients (RFC 7118), registers users, routes
// requests between them as a stateful proxy (RFC 3261 16), and hands calls to rooms over as server-side dialogs.
//
// Concurrency: each client has a transaction layer whose goroutine calls into this package, in the order of his wire.
// What clients share (bindings, dialogs, calls) has small locks of its own, never held while calling out. Sending never
// waits for the network.
package exchange

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/sip/transaction"
	"parley/connector/sip/websocket"
	"parley/roomserver/registrar"
)

// ErrFull means that no more clients are taken.
var ErrFull = errors.New("too many connections")

const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, MESSAGE, NOTIFY, REFER, REGISTER, SUBSCRIBE"

// Options of an Exchange. Functions may be nil.
type Options struct {
	Users      map[string]string // password by user; secrets
	Realm      string            // of the digest challenges
	Algorithms []string          // of the digest challenges, in order
	MinExpires time.Duration     // shorter registrations are refused with 423
	NoGuests   bool              // only registered users may call
	MaxClients int
	// MessagesPerSecond a client may send; faster ones are slowed down by not reading.
	MessagesPerSecond int
	Agent             string // Server header
	Logger            *slog.Logger
	// IsRoom tells whether a number is a room; OnCall gets the calls to rooms. OnCall must not block.
	IsRoom func(number string) bool
	OnCall func(*Call)
	// OnEvent is told what happened: name and a value that encodes to JSON and holds no secret. It must not block.
	OnEvent func(name string, data map[string]any)
}

// Exchange is made by New.
type Exchange struct {
	o         Options
	log       *slog.Logger
	auth      *registrar.Authenticator
	registrar *registrar.Registrar[*Client]
	host      string // our name in Via

	fault    atomic.Pointer[Fault] // of every socket
	mu       sync.Mutex
	refusals []Refusal
	clients  map[*Client]struct{}
	calls    map[string]*Call
	dialogs  map[string]*dialog // of proxied calls, by Call-ID
	closed   bool
	stop     chan struct{}
	work     sync.WaitGroup
}

// New makes an exchange.
func New(o Options) (*Exchange, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.IsRoom == nil {
		o.IsRoom = func(string) bool { return false }
	}
	auth, err := registrar.NewAuthenticator(o.Realm, o.Users, o.Algorithms)
	if err != nil {
		return nil, err
	}
	x := &Exchange{
		o: o, log: o.Logger, auth: auth,
		registrar: registrar.New[*Client](o.MinExpires),
		host:      sip.GenerateTagN(12) + ".invalid",
		clients:   map[*Client]struct{}{},
		calls:     map[string]*Call{},
		dialogs:   map[string]*dialog{},
		stop:      make(chan struct{}),
	}
	x.work.Go(x.sweep)
	return x, nil
}

// Serve runs one client until his connection ends. host is the address by which he reached us, host[:port]; silence makes
// the connection below the WebSocket fall silent.
func (x *Exchange) Serve(ctx context.Context, conn *websocket.Conn, host string, silence func()) error {
	c := newClient(x, conn, host)
	c.silence = silence
	ctx, c.cancel = context.WithCancel(ctx)
	defer c.cancel()
	x.mu.Lock()
	if x.closed || x.o.MaxClients > 0 && len(x.clients) >= x.o.MaxClients {
		x.mu.Unlock()
		_ = conn.Close(1013, "try again later") // RFC 6455's registry: 1013 Try Again Later
		return ErrFull
	}
	x.clients[c] = struct{}{}
	x.work.Add(1)
	x.mu.Unlock()
	defer x.work.Done()

	x.event("connected", map[string]any{"client": c.id, "address": conn.RemoteAddr()})
	err := c.layer.Run(ctx)
	_ = conn.CloseNow()
	x.gone(c, err)
	return err
}

// gone forgets a client. His calls go on: media does not need the socket, and he may come back (see reattach).
func (x *Exchange) gone(c *Client, err error) {
	x.mu.Lock()
	delete(x.clients, c)
	x.mu.Unlock()
	x.lose(c)
	for _, user := range x.registrar.RemoveFlow(c) {
		x.event("unregistered", map[string]any{"user": user, "client": c.id, "reason": "socket closed"})
	}
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	x.event("disconnected", map[string]any{"client": c.id, "reason": reason, "requests": c.Requests()})
}

// sweep removes what time has ended.
func (x *Exchange) sweep() {
	// The shortest registration is noticed to be over a quarter of its time later.
	ticker := time.NewTicker(max(100*time.Millisecond, min(10*time.Second, x.o.MinExpires/4)))
	defer ticker.Stop()
	for {
		select {
		case <-x.stop:
			return
		case now := <-ticker.C:
			for _, user := range x.registrar.Expire() {
				x.event("unregistered", map[string]any{"user": user, "reason": "expired"})
			}
			x.mu.Lock()
			for id, d := range x.dialogs {
				if d.abandoned(now) {
					delete(x.dialogs, id)
				}
			}
			x.mu.Unlock()
		}
	}
}

// Clients lists who is connected.
func (x *Exchange) Clients() []*Client {
	x.mu.Lock()
	defer x.mu.Unlock()
	list := make([]*Client, 0, len(x.clients))
	for c := range x.clients {
		list = append(list, c)
	}
	return list
}

// Close says BYE to every call, closes every connection and waits, at most as long as ctx lives.
func (x *Exchange) Close(ctx context.Context) error {
	x.mu.Lock()
	if x.closed {
		x.mu.Unlock()
		return nil
	}
	x.closed = true
	close(x.stop)
	calls := make([]*Call, 0, len(x.calls))
	for _, call := range x.calls {
		calls = append(calls, call)
	}
	x.mu.Unlock()
	for _, call := range calls {
		call.Bye(0, "server is closing")
	}
	done := make(chan struct{})
	go func() {
		var closing sync.WaitGroup
		for _, c := range x.Clients() {
			closing.Go(func() { c.close(ctx) })
		}
		closing.Wait()
		x.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		for _, c := range x.Clients() {
			c.Drop()
		}
		<-done
		return ctx.Err()
	}
}

func (x *Exchange) event(name string, data map[string]any) {
	if x.o.OnEvent != nil {
		x.o.OnEvent(name, data)
	}
}

// hostOnly is a host[:port] without the port.
func hostOnly(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.Trim(address, "[]")
}

func respond(tx *transaction.Server, code int, reason string, headers ...sip.Header) {
	res := sip.NewResponseFromRequest(tx.Request(), code, reason, nil)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	_ = tx.Respond(res) // fails only with the connection, which has its own end
}
