package sip

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
	"parley/connector/sip/websocket"
)

// TestOverRealSockets registers, messages and loses the socket over TLS on the loopback.
func TestOverRealSockets(t *testing.T) {
	conns := make(chan *websocket.Conn, 4)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, websocket.Options{})
		if err != nil {
			return
		}
		conns <- conn
		layer := transaction.New(conn, transaction.Options{Transport: "WSS", OnRequest: func(req *sip.Request, tx *transaction.Server) {
			if tx != nil {
				_ = tx.Respond(sip.NewResponseFromRequest(req, 200, "OK", nil))
			}
		}})
		_ = layer.Run(r.Context())
	}))
	defer server.Close()
	config := testConfig()
	config.URL = "wss" + server.URL[len("https"):] + "/webrtc/wss/"
	config.Register = true
	config.RecoveryMin, config.RecoveryMax = 50*time.Millisecond, 100*time.Millisecond
	config.TLS = server.Client().Transport.(*http.Transport).TLSClientConfig

	registered := make(chan struct{}, 4)
	lost := make(chan signal.Disconnect, 4)
	agent, err := Dialer{}.NewUserAgent(config, signal.Handler{
		OnRegistered:   func() { registered <- struct{}{} },
		OnDisconnected: func(d signal.Disconnect) { lost <- d },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	<-registered
	big := make([]byte, 200<<10)
	for i := range big {
		big[i] = 'x'
	}
	if err := agent.SendMessage(t.Context(), "bob", "text/plain", big); err != nil {
		t.Error(err)
	}
	if err := agent.SendMessage(t.Context(), "bob", "application/octet-stream", []byte("\xff\xfe")); err != nil {
		t.Error("binary:", err)
	}
	_ = (<-conns).Close(websocket.GoingAway, "restart")
	if d := <-lost; d.Code != websocket.GoingAway || d.Reason != "restart" || d.Clean {
		t.Errorf("lost: %+v", d)
	}
	<-registered
	if err := agent.Options(t.Context(), ""); err != nil {
		t.Error(err)
	}
	if err := agent.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if d := <-lost; !d.Clean {
		t.Errorf("stopped: %+v", d)
	}
}

// A server whose certificate is not trusted is not talked to.
func TestCertificatesAreVerified(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	config := testConfig()
	config.URL = "wss" + server.URL[len("https"):] + "/webrtc/wss/"
	config.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	lost := make(chan signal.Disconnect, 4)
	agent, err := Dialer{}.NewUserAgent(config, signal.Handler{OnDisconnected: func(d signal.Disconnect) { lost <- d }})
	if err != nil {
		t.Fatal(err)
	}
	_ = agent.Start()
	if d := <-lost; d.Code != websocket.AbnormalClosure || d.Err == nil {
		t.Errorf("%+v", d)
	}
	_ = agent.Stop(context.Background())
}

// Configurations that cannot work are refused.
func TestConfigurationIsChecked(t *testing.T) {
	for _, change := range []func(*signal.Config){
		func(c *signal.Config) { c.URL = "https://x/" },
		func(c *signal.Config) { c.URL = "wss://" },
		func(c *signal.Config) { c.User = "" },
		func(c *signal.Config) { c.Domain = "" },
		func(c *signal.Config) { c.Domain = "a b" },
	} {
		config := testConfig()
		change(&config)
		if _, err := (Dialer{}).NewUserAgent(config, signal.Handler{}); err == nil {
			t.Errorf("taken: %+v", config)
		}
	}
}
