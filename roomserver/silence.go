package roomserver

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
)

// line is a TCP connection that can fall silent: what comes is thrown away, what goes is swallowed. That is below TLS and
// WebSocket, so that no pong answers a ping, as when the other machine has vanished.
type line struct {
	net.Conn
	silent atomic.Bool
}

func (l *line) Read(b []byte) (int, error) {
	for {
		n, err := l.Conn.Read(b)
		if err != nil || !l.silent.Load() {
			return n, err
		}
	}
}

func (l *line) Write(b []byte) (int, error) {
	if l.silent.Load() {
		return len(b), nil
	}
	return l.Conn.Write(b)
}

// lines makes a line of every connection it accepts.
type lines struct{ net.Listener }

func (l lines) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &line{Conn: conn}, nil
}

type lineKey struct{}

// withLine lets a request find its line.
func withLine(ctx context.Context, conn net.Conn) context.Context {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	return context.WithValue(ctx, lineKey{}, conn)
}

// silencer is what makes a request's connection fall silent.
func silencer(ctx context.Context) func() {
	if l, ok := ctx.Value(lineKey{}).(*line); ok {
		return func() { l.silent.Store(true) }
	}
	return func() {}
}
