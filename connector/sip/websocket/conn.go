// Package websocket carries whole SIP messages over one WebSocket (RFC 6455, subprotocol sip of RFC 7118), as client
// and as server.
//
// Pings are answered, text and binary frames are accepted, fragments are joined. The keep-alive of RFC 5626 5.4 (double
// CRLF) is answered inside Read and never seen by the caller. Reads are bounded in size, writes in time: a peer that stops
// reading is closed. A Conn has no queue of its own.
package websocket

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

const (
	// Subprotocol is the WebSocket subprotocol of RFC 7118.
	Subprotocol = "sip"
	// DefaultMaxMessage is the largest message that is read, in bytes.
	DefaultMaxMessage = 256 << 10

	writeTimeout = 10 * time.Second // a peer that does not take one message in this time has stopped reading
	closeTimeout = 3 * time.Second  // for the closing handshake
)

// Close codes of RFC 6455 7.4.1.
const (
	NormalClosure   = 1000
	GoingAway       = 1001
	ProtocolError   = 1002
	NoStatus        = 1005 // a close frame without a code
	AbnormalClosure = 1006 // no closing handshake; never on the wire
	PolicyViolation = 1008
	MessageTooBig   = 1009
)

// Options of a connection. The zero value is usable.
type Options struct {
	TLS   *tls.Config // Dial only; nil takes the system's roots
	Proxy *url.URL    // Dial only; nil: as the environment says
	// PingInterval between pings of ours; 0 sends none. A ping that is not answered within the interval closes the socket
	// with 1006: this is how a half-open connection is found.
	PingInterval time.Duration
	MaxMessage   int64    // bytes, DefaultMaxMessage when 0
	OnPong       func()   // called from within Read
	Origins      []string // Accept only: host patterns of web pages that may connect besides our own host
}

func (o Options) maxMessage() int64 {
	if o.MaxMessage > 0 {
		return o.MaxMessage
	}
	return DefaultMaxMessage
}

// CloseError is how a connection ended. Code is AbnormalClosure when there was no closing handshake.
type CloseError struct {
	Code   int
	Reason string
	Err    error // what the network or the library said; may be nil
}

func (e *CloseError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("websocket closed: %d %s: %v", e.Code, e.Reason, e.Err)
	}
	return fmt.Sprintf("websocket closed: %d %s", e.Code, e.Reason)
}

func (e *CloseError) Unwrap() error { return e.Err }

// Conn is one open WebSocket. Read must be called by one goroutine at a time and, for pings and the closing handshake to
// work, all the time; the other methods may be called from any goroutine.
type Conn struct {
	ws     *websocket.Conn
	raw    net.Conn // below the library, to be able to cut a connection that is already in a closing handshake
	remote string
	secure bool

	done      chan struct{}
	closeOnce sync.Once

	mu     sync.Mutex
	closed *CloseError // how we closed it, nil while we have not
}

func newConn(ws *websocket.Conn, raw net.Conn, remote string, secure bool, o Options) *Conn {
	c := &Conn{ws: ws, raw: raw, remote: remote, secure: secure, done: make(chan struct{})}
	ws.SetReadLimit(o.maxMessage())
	if o.PingInterval > 0 {
		go c.keepAlive(o.PingInterval)
	}
	return c
}

// RemoteAddr is the peer's host:port.
func (c *Conn) RemoteAddr() string { return c.remote }

// Secure tells whether TLS is below.
func (c *Conn) Secure() bool { return c.secure }

var (
	crlf       = []byte("\r\n")
	doubleCRLF = []byte("\r\n\r\n")
)

// Read returns the next whole message. It fails with a *CloseError when the connection has ended. Cancelling ctx ends the
// connection.
func (c *Conn) Read(ctx context.Context) ([]byte, error) {
	for {
		_, message, err := c.ws.Read(ctx)
		if err != nil {
			return nil, c.ended(err)
		}
		if len(bytes.Trim(message, "\r\n")) > 0 {
			return message, nil
		}
		if bytes.HasPrefix(message, doubleCRLF) {
			if err := c.Write(ctx, crlf); err != nil {
				return nil, c.ended(err)
			}
		}
	}
}

// Write sends one message: as text when it is UTF-8, else as binary (RFC 7118 5). It blocks for at most 10 s; on any error
// the connection is closed.
func (c *Conn) Write(ctx context.Context, message []byte) error {
	kind := websocket.MessageText
	if !utf8.Valid(message) {
		kind = websocket.MessageBinary
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := c.ws.Write(ctx, kind, message); err != nil {
		err = fmt.Errorf("websocket write: %w", err)
		c.abort(&CloseError{Code: AbnormalClosure, Err: err})
		return err
	}
	return nil
}

// Close says goodbye with code and reason (at most 123 bytes are sent) and waits up to 3 s for the peer's answer.
func (c *Conn) Close(code int, reason string) error {
	c.setClosed(&CloseError{Code: code, Reason: reason})
	if len(reason) > 123 {
		reason = reason[:123]
	}
	cut := time.AfterFunc(closeTimeout, func() { _ = c.raw.Close() })
	defer cut.Stop()
	defer c.finish()
	err := c.ws.Close(websocket.StatusCode(code), reason)
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// CloseNow cuts the connection without a handshake.
func (c *Conn) CloseNow() error {
	c.abort(&CloseError{Code: AbnormalClosure, Reason: "closed by us"})
	return nil
}

func (c *Conn) abort(how *CloseError) {
	c.setClosed(how)
	_ = c.raw.Close()
	_ = c.ws.CloseNow()
	c.finish()
}

func (c *Conn) setClosed(how *CloseError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed == nil {
		c.closed = how
	}
}

func (c *Conn) finish() { c.closeOnce.Do(func() { close(c.done) }) }

// ended turns what the library says into a CloseError and sees to it that everything is released.
func (c *Conn) ended(err error) error {
	how := &CloseError{Code: AbnormalClosure, Err: err}
	var frame websocket.CloseError
	switch {
	case errors.As(err, &frame):
		how = &CloseError{Code: int(frame.Code), Reason: frame.Reason}
	case errors.Is(err, websocket.ErrMessageTooBig):
		how = &CloseError{Code: MessageTooBig, Reason: "message too big", Err: err}
	}
	c.mu.Lock()
	if c.closed == nil {
		c.closed = how
	}
	how = c.closed
	c.mu.Unlock()
	_ = c.raw.Close()
	_ = c.ws.CloseNow()
	c.finish()
	return how
}

// keepAlive pings until the connection ends, and ends it when a ping stays without its pong.
func (c *Conn) keepAlive(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-ticker.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), every)
		err := c.ws.Ping(ctx)
		cancel()
		if err != nil {
			c.abort(&CloseError{Code: AbnormalClosure, Reason: "no pong", Err: err})
			return
		}
	}
}
