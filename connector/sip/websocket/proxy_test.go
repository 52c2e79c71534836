package websocket

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// tunnels answers CONNECT (RFC 9110 9.3.6) and tells where to.
func tunnels(t *testing.T, to chan<- string) *url.URL {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		far, err := net.Dial("tcp", r.Host)
		if r.Method != http.MethodConnect || err != nil {
			http.Error(w, "no", http.StatusBadGateway)
			return
		}
		defer far.Close()
		to <- r.Host
		near, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer near.Close()
		_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		done := make(chan struct{}, 2)
		go func() { _, _ = io.Copy(far, near); _ = far.Close(); done <- struct{}{} }()
		go func() { _, _ = io.Copy(near, far); _ = near.Close(); done <- struct{}{} }()
		<-done
		<-done
	}))
	t.Cleanup(proxy.Close)
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Messages go through an HTTP proxy that opens a tunnel.
func TestMessagesThroughAProxy(t *testing.T) {
	target, accepted, config := serve(t, true, Options{})
	to := make(chan string, 1)
	c, err := Dial(t.Context(), target, Options{TLS: config, Proxy: tunnels(t, to)})
	if err != nil {
		t.Fatal(err)
	}
	s := <-accepted
	defer func() { _, _ = c.CloseNow(), s.CloseNow() }()
	u, _ := url.Parse(target)
	if got := <-to; got != u.Host {
		t.Errorf("the proxy was asked for %s, want %s", got, u.Host)
	}
	go func() { _ = c.Write(t.Context(), []byte("through")) }()
	if got, err := s.Read(t.Context()); err != nil || string(got) != "through" {
		t.Errorf("%q, %v", got, err)
	}
}

// That the proxy cannot be reached is said, and not taken for the server's fault.
func TestAProxyThatIsGoneIsSaid(t *testing.T) {
	closed := tunnels(t, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Host = listener.Addr().String()
	_ = listener.Close()
	target, _, config := serve(t, true, Options{})
	if _, err := Dial(t.Context(), target, Options{TLS: config, Proxy: closed}); err == nil {
		t.Error("connected past the proxy")
	}
}
