package websocket

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	coder "github.com/coder/websocket"
)

// FuzzFrames lets a server send any bytes after the opening handshake. Whatever they are: Read ends with a CloseError when
// the bytes do, what it gave before is within the limit, and nothing waits for ever.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x81\x05hello"))
	f.Add([]byte("\x82\x03abc\x89\x02hi\x8a\x00\x88\x02\x03\xe8"))
	f.Add([]byte("\x01\x02ab\x00\x02cd\x89\x00\x80\x02ef"))
	f.Add([]byte("\x81\x04\r\n\r\n\x81\x02\r\n"))
	f.Add([]byte("\x83\x01x\x81\x7e\xff\xff\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte("\x81\x85\x01\x02\x03\x04hello\xc1\x01x\x88\x01\x03\x88\x7e\x00\x80"))
	f.Fuzz(func(t *testing.T, frames []byte) {
		const limit = 1024
		c := overPipe(t, frames, Options{MaxMessage: limit})
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		for {
			message, err := c.Read(ctx)
			if err != nil {
				var closed *CloseError
				if !errors.As(err, &closed) || ctx.Err() != nil {
					t.Fatalf("reading ended with %v", err)
				}
				return
			}
			if len(message) == 0 || len(message) > limit {
				t.Fatalf("a message of %d bytes", len(message))
			}
		}
	})
}

// overPipe opens a connection in memory to a server that sends frames, takes whatever comes, and hangs up.
func overPipe(t *testing.T, frames []byte, o Options) *Conn {
	t.Helper()
	ours, theirs := net.Pipe()
	served := make(chan struct{})
	go func() {
		defer close(served)
		defer theirs.Close()
		reader := bufio.NewReader(theirs)
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		answered := make(chan struct{})
		_, err = io.WriteString(theirs, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Accept: "+acceptKey(request.Header.Get("Sec-WebSocket-Key"))+"\r\n\r\n")
		if err != nil {
			return
		}
		go func() { defer close(answered); _, _ = io.Copy(io.Discard, reader) }()
		_, _ = theirs.Write(frames)
		_ = theirs.Close()
		<-answered
	}()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return ours, nil }}
	ws, _, err := coder.Dial(t.Context(), "ws://server.example/", &coder.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: []string{Subprotocol}, OnPongReceived: pong(o)})
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(ws, ours, "server.example", false, o)
	t.Cleanup(func() { _ = c.CloseNow(); <-served; transport.CloseIdleConnections() })
	return c
}
