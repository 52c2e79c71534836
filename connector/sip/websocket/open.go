package websocket

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"

	"github.com/coder/websocket"
)

// ErrSubprotocol means that the peer does not speak SIP over WebSocket.
var ErrSubprotocol = errors.New("websocket: the peer did not agree to the subprotocol sip")

// Dial opens a WebSocket to a ws: or wss: URL. ctx bounds the opening only. Redirections are not followed, as browsers do
// not: one could lead from wss to ws.
func Dial(ctx context.Context, target string, o Options) (*Conn, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("websocket dial: %w", err)
	}
	if u.Scheme != "ws" && u.Scheme != "wss" {
		return nil, fmt.Errorf("websocket dial: scheme %q is neither ws nor wss", u.Scheme)
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: o.TLS.Clone()}
	if o.Proxy != nil {
		transport.Proxy = http.ProxyURL(o.Proxy)
	}
	defer transport.CloseIdleConnections()

	var raw net.Conn
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { raw = info.Conn },
	})
	ws, response, err := websocket.Dial(ctx, target, &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		Subprotocols:   []string{Subprotocol},
		OnPongReceived: pong(o),
	})
	if err != nil {
		if response != nil {
			return nil, fmt.Errorf("websocket dial: HTTP status %s: %w", response.Status, err)
		}
		return nil, fmt.Errorf("websocket dial: %w", err)
	}
	if ws.Subprotocol() != Subprotocol {
		_ = ws.CloseNow()
		return nil, ErrSubprotocol
	}
	return newConn(ws, raw, raw.RemoteAddr().String(), u.Scheme == "wss", o), nil
}

// Accept answers the opening handshake of a client. On error the HTTP answer has been written. Pages of other origins are
// refused unless Options.Origins names them; clients that are no browsers send no Origin.
func Accept(w http.ResponseWriter, r *http.Request, o Options) (*Conn, error) {
	if !offersSIP(r.Header) {
		http.Error(w, "subprotocol sip needed", http.StatusBadRequest)
		return nil, ErrSubprotocol
	}
	recorder := &hijackRecorder{ResponseWriter: w}
	ws, err := websocket.Accept(recorder, r, &websocket.AcceptOptions{
		Subprotocols:   []string{Subprotocol},
		OriginPatterns: o.Origins,
		OnPongReceived: pong(o),
	})
	if err != nil {
		return nil, fmt.Errorf("websocket accept: %w", err)
	}
	return newConn(ws, recorder.conn, r.RemoteAddr, r.TLS != nil, o), nil
}

func offersSIP(h http.Header) bool {
	for _, line := range h.Values("Sec-WebSocket-Protocol") {
		for _, protocol := range strings.Split(line, ",") {
			if strings.EqualFold(strings.TrimSpace(protocol), Subprotocol) {
				return true
			}
		}
	}
	return false
}

func pong(o Options) func(context.Context, []byte) {
	return func(context.Context, []byte) {
		if o.OnPong != nil {
			o.OnPong()
		}
	}
}

// hijackRecorder remembers the connection that the library takes over.
type hijackRecorder struct {
	http.ResponseWriter
	conn net.Conn
}

func (h *hijackRecorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = conn
	return conn, buffered, err
}
