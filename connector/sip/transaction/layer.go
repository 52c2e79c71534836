// Package transaction runs SIP transactions (RFC 3261 17) over one reliable message connection.
//
// It uses sipgo's messages and parser, not its layers: those start a goroutine a message, which loses the order of the
// wire, dial on their own and close the connection when a message does not parse. Here messages are handed on in the order
// in which they came, a malformed one costs nothing but itself, and the connection is never opened by this package.
//
// Concurrency: every callback (Options, Send, Server.OnCancel) runs on the goroutine of Run, one at a time, and must not
// block; methods may be called from any goroutine, from callbacks too, and never wait for the network: what is sent goes
// through a bounded queue. A peer that lets the queue fill up has stopped reading: the connection ends.
package transaction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	// T1 is the round-trip time estimate of RFC 3261 17.1.1.1; timeouts are 64 times as long.
	T1      = 500 * time.Millisecond
	timeout = 64 * T1 // timers B, F, H, L and M

	maxServers     = 1024    // open server transactions; a peer that opens more gets 503
	maxQueued      = 1024    // messages waiting to be written
	maxQueuedBytes = 8 << 20 // bytes waiting to be written
)

var (
	// ErrTimeout: no final response within 32 s (timers B and F, and after a CANCEL).
	ErrTimeout = errors.New("SIP transaction timed out")
	// ErrTransport: the connection ended before the final response. It wraps what the connection said.
	ErrTransport = errors.New("SIP transport failed")
	// ErrQueueFull: the peer does not take what is sent to it.
	ErrQueueFull = errors.New("peer does not read")
	// ErrFinished: the transaction has had its final response.
	ErrFinished = errors.New("SIP transaction is finished")
)

// Conn is one reliable, message-keeping connection. Read must return when its ctx is cancelled.
type Conn interface {
	Read(ctx context.Context) ([]byte, error)
	Write(ctx context.Context, message []byte) error
}

// Options of a Layer. Nil functions are skipped; a nil OnRequest answers 501.
type Options struct {
	Transport string // WSS or WS, for a Via that the layer adds
	Host      string // sent-by of a Via that the layer adds when a request has none
	// OnRequest gets every new request, in the order of the wire. An ACK that belongs to no open transaction (that is:
	// to a 2xx) comes with tx == nil. CANCEL never comes: see Server.OnCancel.
	OnRequest func(req *sip.Request, tx *Server)
	// OnStray gets responses that match no transaction, such as a 2xx that is sent again after 32 s.
	OnStray     func(res *sip.Response)
	OnMalformed func(raw []byte, err error)
	Logger      *slog.Logger
}

// Layer is made by New and works while Run runs.
type Layer struct {
	conn   Conn
	o      Options
	log    *slog.Logger
	source string

	out    chan outgoing
	events chan func() // timers, for the goroutine of Run
	done   chan struct{}

	mu      sync.Mutex
	clients map[string]*Client
	servers map[string]*Server
	queued  int // bytes in out
	closed  error
	stop    context.CancelCauseFunc // ends Run

	malformed int // only Run touches it
}

type outgoing struct {
	bytes   []byte
	written chan struct{} // closed once everything before is written; bytes is nil then
}

// New makes a layer on an open connection. Call Run to make it work.
func New(conn Conn, o Options) *Layer {
	l := &Layer{
		conn: conn, o: o, log: o.Logger,
		out:     make(chan outgoing, maxQueued),
		events:  make(chan func()),
		done:    make(chan struct{}),
		clients: make(map[string]*Client),
		servers: make(map[string]*Server),
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if l.o.Host == "" {
		l.o.Host = sip.GenerateTagN(12) + ".invalid"
	}
	if r, ok := conn.(interface{ RemoteAddr() string }); ok {
		l.source = r.RemoteAddr()
	}
	return l
}

// Run reads until the connection or ctx ends, then fails every open transaction and returns what ended it. The
// connection is not closed by Run, but its pending Read is cancelled. Call it once.
func (l *Layer) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	l.mu.Lock()
	l.stop = cancel
	l.mu.Unlock()

	in := make(chan []byte)
	var work sync.WaitGroup
	work.Go(func() { cancel(l.read(ctx, in)) })
	work.Go(func() {
		if err := l.write(ctx); err != nil {
			cancel(err)
		}
	})
	for ctx.Err() == nil {
		select {
		case raw := <-in:
			l.receive(raw)
		case f := <-l.events:
			f()
		case <-ctx.Done():
		}
	}
	err := context.Cause(ctx)
	l.shut(err)
	work.Wait()
	return err
}

func (l *Layer) read(ctx context.Context, in chan<- []byte) error {
	for {
		raw, err := l.conn.Read(ctx)
		if err != nil {
			return err
		}
		select {
		case in <- raw:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *Layer) write(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case o := <-l.out:
			if o.written != nil {
				close(o.written)
				continue
			}
			l.mu.Lock()
			l.queued -= len(o.bytes)
			l.mu.Unlock()
			if err := l.conn.Write(ctx, o.bytes); err != nil {
				return err
			}
		}
	}
}

// shut fails everything that is open, on the goroutine of Run.
func (l *Layer) shut(err error) {
	if err == nil {
		err = context.Canceled
	}
	l.mu.Lock()
	l.closed = fmt.Errorf("%w: %w", ErrTransport, err)
	clients, servers := l.clients, l.servers
	l.clients, l.servers = map[string]*Client{}, map[string]*Server{}
	l.mu.Unlock()
	close(l.done)
	for _, c := range clients {
		c.fail(l.closed)
	}
	for _, s := range servers {
		s.finish()
	}
}

// post runs f on the goroutine of Run. It blocks until taken, so only timers' own goroutines call it.
func (l *Layer) post(f func()) {
	select {
	case l.events <- f:
	case <-l.done:
	}
}

// after runs f on the goroutine of Run after d.
func (l *Layer) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { l.post(f) })
}

// Flush waits until what was sent before is written.
func (l *Layer) Flush(ctx context.Context) error {
	written := make(chan struct{})
	select {
	case l.out <- outgoing{written: written}:
	case <-l.done:
		return l.closed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-written:
		return nil
	case <-l.done:
		return l.closed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enqueue gives bytes to the writer without waiting.
func (l *Layer) enqueue(b []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed != nil {
		return l.closed
	}
	if l.queued+len(b) <= maxQueuedBytes {
		select {
		case l.out <- outgoing{bytes: b}:
			l.queued += len(b)
			return nil
		default:
		}
	}
	if l.stop != nil {
		l.stop(ErrQueueFull)
	}
	return fmt.Errorf("%w: %w", ErrTransport, ErrQueueFull)
}

// encode writes a message out, refusing header values with line ends: they would smuggle headers in.
func encode(m interface {
	sip.Message
	Headers() []sip.Header
	StartLine() string
}) ([]byte, error) {
	if strings.ContainsAny(m.StartLine(), "\r\n") {
		return nil, fmt.Errorf("start line contains a line end")
	}
	for _, h := range m.Headers() {
		if strings.ContainsAny(h.Name(), "\r\n") || strings.ContainsAny(h.Value(), "\r\n") {
			return nil, fmt.Errorf("header %q contains a line end", h.Name())
		}
	}
	return []byte(m.String()), nil
}

// prepare completes a request that is about to be sent.
func (l *Layer) prepare(req *sip.Request) {
	via := req.Via()
	if via == nil {
		via = &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: l.o.Transport, Host: l.o.Host}
		req.PrependHeader(via)
	}
	if branch, _ := via.Params.Get("branch"); !strings.HasPrefix(branch, sip.RFC3261BranchMagicCookie) {
		via.Params.Add("branch", sip.GenerateBranchN(16))
	}
	if req.MaxForwards() == nil {
		hops := sip.MaxForwardsHeader(70)
		req.AppendHeader(&hops)
	}
	if req.ContentLength() == nil {
		req.SetBody(req.Body())
	}
}

// Write sends a request without a transaction: the ACK to a 2xx (RFC 3261 13.2.2.4).
func (l *Layer) Write(req *sip.Request) error {
	l.prepare(req)
	b, err := encode(req)
	if err != nil {
		return err
	}
	return l.enqueue(b)
}
