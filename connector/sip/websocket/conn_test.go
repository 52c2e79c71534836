package websocket

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve accepts one connection and hands it to the test.
func serve(t *testing.T, secure bool, o Options) (url string, accepted chan *Conn, config *tls.Config) {
	t.Helper()
	accepted = make(chan *Conn, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r, o)
		if err != nil {
			return
		}
		accepted <- c
	})
	server := httptest.NewUnstartedServer(handler)
	if secure {
		server.StartTLS()
		config = server.Client().Transport.(*http.Transport).TLSClientConfig
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http") + "/webrtc/wss/", accepted, config
}

func pair(t *testing.T, client, server Options) (c, s *Conn) {
	t.Helper()
	url, accepted, _ := serve(t, false, server)
	c, err := Dial(t.Context(), url, client)
	if err != nil {
		t.Fatal(err)
	}
	s = <-accepted
	t.Cleanup(func() { _ = c.CloseNow(); _ = s.CloseNow() })
	return c, s
}

// Messages of all sizes, text and binary, over TLS.
func TestMessagesBothWaysOverTLS(t *testing.T) {
	url, accepted, config := serve(t, true, Options{})
	c, err := Dial(t.Context(), url, Options{TLS: config})
	if err != nil {
		t.Fatal(err)
	}
	s := <-accepted
	defer c.CloseNow()
	defer s.CloseNow()
	if !c.Secure() || !s.Secure() || c.RemoteAddr() == "" || s.RemoteAddr() == "" {
		t.Errorf("secure %v %v, addresses %q %q", c.Secure(), s.Secure(), c.RemoteAddr(), s.RemoteAddr())
	}
	big := strings.Repeat("x", 200<<10)
	for _, text := range []string{"hello", "\xff\xfe not UTF-8", big} {
		if err := c.Write(t.Context(), []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := s.Read(t.Context())
		if err != nil || string(got) != text {
			t.Fatalf("server read %d bytes, %v", len(got), err)
		}
		if err := s.Write(t.Context(), got); err != nil {
			t.Fatal(err)
		}
		if got, err = c.Read(t.Context()); err != nil || string(got) != text {
			t.Fatalf("client read %d bytes, %v", len(got), err)
		}
	}
}

// A certificate that nobody vouches for is refused.
func TestUnknownCertificateIsRefused(t *testing.T) {
	url, _, _ := serve(t, true, Options{})
	c, err := Dial(t.Context(), url, Options{})
	var unknown *tls.CertificateVerificationError
	if !errors.As(err, &unknown) {
		t.Fatalf("dial to a self-signed server: %v, %v", c, err)
	}
}

// A double CRLF is answered by a single one.
func TestKeepAliveCRLF(t *testing.T) {
	c, s := pair(t, Options{}, Options{})
	read := make(chan string, 4)
	go func() {
		defer close(read)
		for {
			m, err := s.Read(context.Background())
			if err != nil {
				return
			}
			read <- string(m)
		}
	}()
	// What the client gets is seen below Read, which would swallow it.
	for _, m := range []string{"\r\n", "\r\n\r\n", "after"} {
		if err := c.Write(t.Context(), []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	_, answer, err := c.ws.Read(t.Context())
	if err != nil || string(answer) != "\r\n" {
		t.Fatalf("double CRLF was answered by %q, %v", answer, err)
	}
	if got := <-read; got != "after" {
		t.Fatalf("server read %q", got)
	}
	_ = c.CloseNow()
	for range read {
	}
}

// A message above the limit ends the socket with code 1009.
func TestTooBigMessageEndsWith1009(t *testing.T) {
	c, s := pair(t, Options{}, Options{MaxMessage: 1000})
	if err := c.Write(t.Context(), make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if m, err := s.Read(t.Context()); err != nil || len(m) != 1000 {
		t.Fatalf("a message at the limit: %d bytes, %v", len(m), err)
	}
	if err := c.Write(t.Context(), make([]byte, 1001)); err != nil {
		t.Fatal(err)
	}
	_, err := s.Read(t.Context())
	wantClose(t, err, MessageTooBig)
	_, err = c.Read(t.Context())
	wantClose(t, err, MessageTooBig)
}

func wantClose(t *testing.T, err error, code int) {
	t.Helper()
	var closed *CloseError
	if !errors.As(err, &closed) || closed.Code != code {
		t.Fatalf("connection ended with %v, want code %d", err, code)
	}
}

// How a socket ended is told by its code.
func TestCloseCodes(t *testing.T) {
	t.Run("peer goes away", func(t *testing.T) {
		c, s := pair(t, Options{}, Options{})
		closed := make(chan error, 1)
		go func() { closed <- s.Close(GoingAway, "restart") }()
		_, err := c.Read(t.Context())
		wantClose(t, err, GoingAway)
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
	})
	t.Run("no handshake", func(t *testing.T) {
		c, s := pair(t, Options{}, Options{})
		_ = s.raw.Close()
		_, err := c.Read(t.Context())
		wantClose(t, err, AbnormalClosure)
	})
	t.Run("our own", func(t *testing.T) {
		c, s := pair(t, Options{}, Options{})
		go func() { _, _ = s.Read(context.Background()) }()
		read := make(chan error, 1)
		go func() { _, err := c.Read(context.Background()); read <- err }()
		if err := c.Close(NormalClosure, "bye"); err != nil {
			t.Fatal(err)
		}
		wantClose(t, <-read, NormalClosure)
	})
}

// Servers that do not agree to the subprotocol, or redirect, are not talked to.
func TestNeitherSilentNorForeignServers(t *testing.T) {
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := coder.Accept(w, r, nil) // agrees to no subprotocol
		if err == nil {
			_ = ws.CloseNow()
		}
	}))
	defer foreign.Close()
	if _, err := Dial(t.Context(), "ws"+foreign.URL[4:], Options{}); !errors.Is(err, ErrSubprotocol) {
		t.Errorf("no subprotocol: %v", err)
	}
	moved := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound))
	defer moved.Close()
	if _, err := Dial(t.Context(), "ws"+moved.URL[4:], Options{}); err == nil || !strings.Contains(err.Error(), "302") {
		t.Errorf("redirection: %v", err)
	}
	url, _, _ := serve(t, false, Options{})
	if _, _, err := coder.Dial(t.Context(), url, nil); err == nil {
		t.Error("a client without the subprotocol was accepted")
	}
	if _, err := Dial(t.Context(), "http://127.0.0.1/", Options{}); err == nil {
		t.Error("a URL that is not a WebSocket's was dialled")
	}
}

// rawPeer is the server's side of a connection, byte by byte.
type rawPeer struct {
	net.Conn
	r *bufio.Reader
}

func rawServer(t *testing.T, o Options) (*Conn, *rawPeer) {
	t.Helper()
	peers := make(chan *rawPeer, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		key := r.Header.Get("Sec-WebSocket-Key")
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Accept: "+acceptKey(key)+"\r\n\r\n")
		peers <- &rawPeer{conn, buffered.Reader}
	}))
	t.Cleanup(server.Close)
	c, err := Dial(t.Context(), "ws"+server.URL[4:], o)
	if err != nil {
		t.Fatal(err)
	}
	p := <-peers
	t.Cleanup(func() { _ = c.CloseNow(); _ = p.Close() })
	return c, p
}

// frame writes an unmasked frame: fin and opcode in the first byte.
func (p *rawPeer) frame(t *testing.T, first byte, payload string) {
	t.Helper()
	if _, err := p.Write(append([]byte{first, byte(len(payload))}, payload...)); err != nil {
		t.Fatal(err)
	}
}

// next reads a masked frame of the client's.
func (p *rawPeer) next(t *testing.T) (first byte, payload string) {
	t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(10 * time.Second))
	head := make([]byte, 6)
	if _, err := io.ReadFull(p.r, head); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, head[1]&0x7f)
	if _, err := io.ReadFull(p.r, body); err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] ^= head[2+i%4]
	}
	return head[0], string(body)
}

// Pings with payload, fragments, control frames between them, reserved opcodes.
func TestFramesOfAnUnkindServer(t *testing.T) {
	c, p := rawServer(t, Options{})
	read := make(chan string)
	failed := make(chan error, 1)
	go func() {
		for {
			m, err := c.Read(context.Background())
			if err != nil {
				failed <- err
				return
			}
			read <- string(m)
		}
	}()

	p.frame(t, 0x89, "payload of a ping")
	if op, body := p.next(t); op != 0x8a || body != "payload of a ping" {
		t.Fatalf("a ping was answered by %#x %q", op, body)
	}
	p.frame(t, 0x82, "binary")
	if got := <-read; got != "binary" {
		t.Fatalf("binary frame: %q", got)
	}
	p.frame(t, 0x01, "in ")
	p.frame(t, 0x00, "three ")
	p.frame(t, 0x89, "") // a control frame may stand between fragments
	p.frame(t, 0x80, "parts")
	if got := <-read; got != "in three parts" {
		t.Fatalf("fragments: %q", got)
	}
	if op, _ := p.next(t); op != 0x8a {
		t.Fatalf("a ping between fragments was answered by %#x", op)
	}
	p.frame(t, 0x81, "\r\n\r\n")
	if op, body := p.next(t); op != 0x81 || body != "\r\n" {
		t.Fatalf("double CRLF was answered by %#x %q", op, body)
	}
	p.frame(t, 0x83, "opcode 3") // reserved
	if op, body := p.next(t); op != 0x88 || binary.BigEndian.Uint16([]byte(body)) != ProtocolError {
		t.Fatalf("a reserved opcode was answered by %#x %q", op, body)
	}
	wantClose(t, <-failed, AbnormalClosure)
}

// A half-open socket is found by a ping without its pong.
func TestHalfOpenIsFoundByPing(t *testing.T) {
	c, p := rawServer(t, Options{PingInterval: 50 * time.Millisecond})
	go func() { _, _ = io.Copy(io.Discard, p.r) }() // takes everything, answers nothing
	_, err := c.Read(t.Context())
	wantClose(t, err, AbnormalClosure)
}

// Pongs are reported.
func TestPongIsReported(t *testing.T) {
	pongs := make(chan struct{}, 16)
	c, s := pair(t, Options{PingInterval: 20 * time.Millisecond, OnPong: func() { pongs <- struct{}{} }}, Options{})
	done := make(chan struct{}, 2)
	for _, conn := range []*Conn{c, s} {
		go func() { _, _ = conn.Read(context.Background()); done <- struct{}{} }()
	}
	<-pongs
	<-pongs
	_ = c.CloseNow()
	<-done
	<-done
}

// A peer that stops reading is closed.
func TestPeerThatStopsReadingIsClosed(t *testing.T) {
	c, _ := rawServer(t, Options{})
	read := make(chan error, 1)
	go func() { _, err := c.Read(context.Background()); read <- err }()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var err error
	for range 1000 { // fills the socket's buffers
		if err = c.Write(ctx, make([]byte, 200<<10)); err != nil {
			break
		}
	}
	if err == nil {
		t.Fatal("200 MB went to a peer that does not read")
	}
	wantClose(t, <-read, AbnormalClosure)
}

// Closing a half-open socket takes bounded time.
func TestCloseOfHalfOpenIsBounded(t *testing.T) {
	c, _ := rawServer(t, Options{})
	read := make(chan error, 1)
	go func() { _, err := c.Read(context.Background()); read <- err }()
	start := time.Now()
	_ = c.Close(NormalClosure, strings.Repeat("long ", 100))
	if took := time.Since(start); took > 6*time.Second {
		t.Fatalf("Close took %v", took)
	}
	wantClose(t, <-read, NormalClosure)
}

// A page of another origin is refused.
func TestForeignPageIsRefused(t *testing.T) {
	url, _, _ := serve(t, false, Options{Origins: []string{"good.example"}})
	for origin, ok := range map[string]bool{"https://good.example": true, "https://evil.example": false} {
		ws, _, err := coder.Dial(t.Context(), url, &coder.DialOptions{
			Subprotocols: []string{"sip"}, HTTPHeader: http.Header{"Origin": {origin}}})
		if (err == nil) != ok {
			t.Errorf("page of %s: %v", origin, err)
		}
		if err == nil {
			_ = ws.CloseNow()
		}
	}
}
