package roomserver

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/connector"
	"parley/connector/recorder"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/sip"
	"parley/media/device"
	"parley/media/peer"
	"parley/roomserver/room"
)

// The marks that must be found nowhere.
const (
	markedPassword   = "Marked-Password-5d1e"
	wrongPassword    = "Marked-Wrong-Password-77ab"
	markedCredential = "Marked-Turn-Credential-c3f0"
)

// paper collects everything that a person or a report could get to see.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// value as a log, a debugger's view and a report would write it.
func (p *paper) value(what string, v any) {
	raw, err := json.Marshal(v)
	_, _ = fmt.Fprintf(p, "%s: %s %v\n%v\n%+v\n%#v\n", what, raw, err, v, v, v)
}

func (p *paper) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Split(p.text.String(), "\n")
}

// bearers keeps the tokens that go out in HTTP requests.
type bearers struct {
	transport http.Transport
	mu        sync.Mutex
	tokens    []string
}

func (b *bearers) RoundTrip(q *http.Request) (*http.Response, error) {
	b.mu.Lock()
	if token, is := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer "); is {
		b.tokens = append(b.tokens, token)
	}
	b.mu.Unlock()
	return b.transport.RoundTrip(q)
}

// digestText is what credentials and challenges of RFC 7616 look like.
var digestText = regexp.MustCompile(`(?i)digest +[a-z]+ *=|[^a-z]response *= *"?[0-9a-f]{32}|[cs]?nonce *= *"`)

// TestSecretsStayInside signs in with a wrong and with the right password, calls, becomes a spectator with a token and with
// another one, comes back and leaves, with logs at their loudest and nothing cleaned. No password, token, TURN credential
// or digest is in a log, an event, a snapshot, a statistic, an error or a recording, of the client or of the server.
func TestSecretsStayInside(t *testing.T) {
	told := &paper{}
	loud := func(who string) *slog.Logger {
		return slog.New(slog.NewTextHandler(told, &slog.HandlerOptions{Level: slog.LevelDebug - 4})).With("who", who)
	}
	events := newEventLog()
	s, err := New(Config{Listen: "127.0.0.1:0", Loopback: true, Users: map[string]string{"1001": markedPassword}, Bots: 1,
		Logger: loud("server"), Events: func(e Event) {
			told.value("server's event", e)
			events.add(e)
		}})
	must(t, err)
	must(t, s.Start(t.Context()))
	defer func() { must(t, s.Close(context.Background())) }()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	trust := &tls.Config{RootCAs: roots}
	wire := &bearers{transport: http.Transport{TLSClientConfig: trust, DisableKeepAlives: true}}
	c, err := connector.New(connector.Config{Peers: peer.New(peer.Config{Loopback: true, Logger: loud("peer")}),
		Dialer: sip.Dialer{Logger: loud("sip")}, HTTP: &http.Client{Transport: wire}, Logger: loud("connector")})
	must(t, err)
	defer func() { must(t, c.Close(context.Background())) }()
	happened := make(chan string, 10_000)
	defer c.Subscribe(func(e connector.Event) {
		told.value("event "+e.Name, e.Data)
		select {
		case happened <- e.Name:
		default:
			t.Error("too many events")
		}
	})()
	defer c.Watch(func(s session.Snapshot) {
		told.value("snapshot", s)
		told.value("status", s.SystemStatus())
	})()
	recorded := recorder.New(nil)
	defer recorded.Attach(c)()
	await := func(name string) {
		t.Helper()
		for deadline := time.After(patience); ; {
			select {
			case got := <-happened:
				if got == name {
					return
				}
			case <-deadline:
				t.Fatalf("no event %s", name)
			}
		}
	}

	parameters := connector.ConnectParameters{SIPServerURL: s.Addr(), SIPServerIP: "127.0.0.1", DisplayName: "Eve", Register: true,
		User: "1001", Password: wrongPassword, TLS: trust, ICEServers: []rtc.ICEServer{{
			URLs: []string{"turn:127.0.0.1:9?transport=tcp"}, Username: "eve", Credential: markedCredential}}}
	err = c.Connect(t.Context(), parameters)
	if err == nil {
		t.Fatal("a wrong password was taken")
	}
	told.value("error", err)
	parameters.Password = markedPassword
	told.value("parameters", parameters.SIPServerURL)
	must(t, c.Connect(t.Context(), parameters))
	camera, err := device.OpenVideoTrack("pattern", device.VideoOptions{Width: 160, Height: 90, FPS: 5}, device.TrackOptions{})
	must(t, err)
	defer func() { camera.Stop(); <-camera.Released() }()
	must(t, c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: rtc.LocalStream{Video: camera}}))
	await("api:conference:participant-token-issued")
	must(t, s.Moderate().Spectator("Eve", room.ByHand, room.DefaultAudio))
	await("call:recv-session-started")
	must(t, s.Moderate().RenewToken("Eve"))
	await("api:conference:participant-token-issued")
	must(t, s.Moderate().Participant("Eve"))
	await("call:recv-session-ended")
	stats, err := c.Stats(t.Context())
	told.value("statistics", stats)
	must(t, err)
	must(t, c.HangUp(t.Context()))
	must(t, c.Disconnect(t.Context()))
	told.value("recorded", recorded.Events())
	told.value("recorded", recorded.Statistics())

	wire.mu.Lock()
	secrets := append([]string{markedPassword, wrongPassword, markedCredential}, wire.tokens...)
	wire.mu.Unlock()
	if len(secrets) < 4 {
		t.Fatal("no token went out")
	}
	lines := told.lines()
	if len(lines) < 500 {
		t.Fatalf("only %d lines were looked at", len(lines))
	}
	for _, line := range lines {
		for _, secret := range secrets {
			if strings.Contains(line, secret) || strings.Contains(line, secret[strings.LastIndexByte(secret, '.')+1:]) {
				t.Errorf("a secret is in: %.300s", line)
			}
		}
		if found := digestText.FindString(line); found != "" {
			t.Errorf("%q is in: %.300s", found, line)
		}
	}
}
