// Package pipe is a message connection within the process, for tests in virtual time (testing/synctest).
package pipe

import (
	"context"
	"sync"

	"parley/connector/sip/websocket"
)

// Conn is one end. It keeps messages and their order, like websocket.Conn.
type Conn struct {
	in, out chan []byte
	link    *link
}

// link is what both ends share.
type link struct {
	once   sync.Once
	closed chan struct{}
	how    *websocket.CloseError
}

// New makes two connected ends. Writes block until the other end reads, but for a few messages.
func New() (a, b *Conn) {
	l := &link{closed: make(chan struct{})}
	x, y := make(chan []byte, 16), make(chan []byte, 16)
	return &Conn{in: x, out: y, link: l}, &Conn{in: y, out: x, link: l}
}

// Read returns the next message, or a *websocket.CloseError once either end has closed.
func (c *Conn) Read(ctx context.Context) ([]byte, error) {
	select {
	case m := <-c.in: // what was written before the end is still read
		return m, nil
	default:
	}
	select {
	case m := <-c.in:
		return m, nil
	case <-c.link.closed:
		return nil, c.link.how
	case <-ctx.Done():
		_ = c.CloseNow()
		return nil, c.link.how
	}
}

// Write gives one message to the other end.
func (c *Conn) Write(ctx context.Context, message []byte) error {
	select {
	case <-c.link.closed:
		return c.link.how
	default:
	}
	select {
	case c.out <- append([]byte(nil), message...):
		return nil
	case <-c.link.closed:
		return c.link.how
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends both ends with code and reason.
func (c *Conn) Close(code int, reason string) error {
	c.link.once.Do(func() {
		c.link.how = &websocket.CloseError{Code: code, Reason: reason}
		close(c.link.closed)
	})
	return nil
}

// CloseNow ends both ends as a broken network would.
func (c *Conn) CloseNow() error { return c.Close(websocket.AbnormalClosure, "") }
