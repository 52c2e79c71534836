package connector_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/session"
	"parley/connector/signal"
)

// logbook is a log whose lines can be taken out.
type logbook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logbook) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if line := string(b); !strings.Contains(line, "msg=event ") { // the events have tests of their own
		l.lines = append(l.lines, line)
	}
	return len(b), nil
}

func (l *logbook) take() []string {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines
	l.lines = nil
	return lines
}

// Each message of no use is logged once, with what is wrong with it; the first of them as warnings. The call goes on, and no
// event follows.
func TestHostileMessagesAreLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &logbook{}
		w := newWorld(t)
		w.rebuild(connector.Config{Logger: book.logger()})
		defer w.close()
		w.media.Prepare = remoteTracks
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
		w.room("2001", "JwtCase")
		w.take()
		book.take()
		huge := `{"cmd":"accountChanged","x":"` + strings.Repeat("x", 100_000) + `"}`
		n := 0
		for _, c := range []struct{ kind, name, value, reason string }{
			{"roomname", "x-webrtc-enter-room", " ", "neither a room"},
			{"roomname", "x-bearer-token", "secret.secret.secret", "neither a room"},
			{"notify", "x-other", "1", "x-vinteo-notify is missing"},
			{"notify", "x-vinteo-notify", `{"cmd":`, "wrong after 7 bytes"},
			{"notify", "x-vinteo-notify", `{"cmd":"x"`, "unexpected end"},
			{"notify", "x-vinteo-notify", `[1]`, "no object"},
			{"notify", "x-vinteo-notify", `{"cmd":5}`, "no cmd"},
			{"notify", "x-vinteo-notify", `{"cmd":"makeCoffee"}`, "makeCoffee"},
			{"notify", "x-vinteo-notify", `{"cmd":"ConferenceParticipantTokenIssued","body":{"jwt":"secret"}}`, "what belongs into its body"},
			{"notify", "x-vinteo-notify", huge, "more than 65536"},
			{"sharedesktop", "x-webrtc-share-state", "GIVEMEYOURSCREEN", "GIVEMEYOURSCREEN"},
			{"mic", "x-webrtc-sync", "1", "x-webrtc-mic is missing"},
			{"uselic", "x-webrtc-use-license", "FREE\nBEER", `FREE\\nBEER`},
			{"partstate", "x-webrtc-partstate", strings.Repeat("Z", 1000), "ZZZZ"},
			{"nonsense", "x", "y", "application/vinteo.webrtc.nonsense"},
		} {
			w.info(c.kind, c.name, c.value)
			n++
			lines := book.take()
			if len(lines) != 1 || !strings.Contains(lines[0], c.reason) || len(lines[0]) > 400 {
				t.Errorf("%s %s %.80q: %d lines: %q", c.kind, c.name, c.value, len(lines), lines)
				continue
			}
			level := "level=WARN"
			if n > 10 {
				level = "level=DEBUG"
			}
			if !strings.Contains(lines[0], level) || strings.Contains(lines[0], "secret") {
				t.Errorf("message %d: %s", n, lines[0])
			}
		}
		w.info("mediastate", "x-webrtc-media-state", "currentstate") // another client's word for its server
		if lines := book.take(); len(lines) != 0 {
			t.Errorf("%q", lines)
		}
		w.net.Last().Handler.OnNotify([]signal.Header{{Name: "x-vinteo-notify", Value: "{"}}, nil)
		if lines := book.take(); len(lines) != 1 || !strings.Contains(lines[0], "wrong after") {
			t.Errorf("outside a dialog: %q", lines)
		}
		for _, name := range w.take() {
			if name != "call:newInfo" && name != "connection:sipEvent" {
				t.Errorf("%s follows", name)
			}
		}
		if s := w.c.Snapshot(); s.SystemStatus() != session.StatusCallActive {
			t.Errorf("status %s", s.SystemStatus())
		}
	})
}

// junk answers every HTTP request with what is no answer.
type junk struct{ body string }

func (j junk) RoundTrip(q *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Request: q, Body: io.NopCloser(strings.NewReader(j.body))}, nil
}

// An answer to a spectator's offer that is none is tried ten times, logged once when it is given up, and quotes no token.
func TestHostileAnswerToAnOffer(t *testing.T) {
	for _, body := range []string{"", "<html>", `{"type":"answer"}`, `{"sdp":5}`, strings.Repeat("[", 2<<20)} {
		synctest.Test(t, func(t *testing.T) {
			book := &logbook{}
			w := newWorld(t)
			w.rebuild(connector.Config{Logger: book.logger(), HTTP: &http.Client{Transport: junk{body}}})
			defer w.close()
			w.media.Prepare = func(p *fake.Peer) { p.Connects = true }
			w.must(w.c.Connect(t.Context(), user()))
			w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
			w.room("2001", "JwtCase")
			book.take()
			w.info("partstate", "x-webrtc-partstate", "SPECTATOR", "x-webrtc-audioid", "1")
			time.Sleep(30 * time.Second)
			var told []string
			for _, line := range book.take() {
				if strings.Contains(line, "receive-only session") {
					told = append(told, line)
				}
				if strings.Contains(line, "JwtCase") {
					t.Errorf("the token is in %s", line)
				}
			}
			if len(told) != 1 || !strings.Contains(told[0], "the answer holds no description") {
				t.Errorf("%.20q: %q", body, told)
			}
		})
	}
}

// A description of the peer that cannot be used is refused, logged once with what is wrong with it, and changes nothing.
func TestHostileDescriptionsAreLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &logbook{}
		w := newWorld(t)
		w.rebuild(connector.Config{Logger: book.logger()})
		defer w.close()
		w.media.Prepare = remoteTracks
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), callOf("2001")))
		w.room("2001", "JwtCase")
		peer := w.media.Last()
		for _, wrong := range []string{"m-line 2 has no port", strings.Repeat("m=video ", 10_000)} {
			peer.AnswerErr = errors.New(wrong)
			book.take()
			refused := 0
			w.session().Handler().OnOffer(signal.InDialogOffer{Method: "INVITE", Offer: "v=0",
				Accept: func(string) { t.Error("accepted") }, Reject: func(code int, _ string) { refused = code }})
			lines := book.take()
			if len(lines) != 1 || !strings.Contains(lines[0], "level=WARN") || !strings.Contains(lines[0], wrong[:10]) ||
				len(lines[0]) > 500 || refused != 488 {
				t.Errorf("refused %d: %.600q", refused, lines)
			}
		}
		peer.AnswerErr = nil
		w.must(w.c.Renegotiate(t.Context()))
		if s := w.c.Snapshot(); s.SystemStatus() != session.StatusCallActive {
			t.Errorf("status %s", s.SystemStatus())
		}
	})
}
