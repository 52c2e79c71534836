package sip

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"parley/connector/signal"
	"parley/connector/sip/internal/pipe"
)

// torture is what becomes of each message of RFC 4475 that a server sends us: the codes that go back, a space between.
// "session" is an INVITE that reaches the application, which then says 486 here; "message" a MESSAGE that does; nothing at
// all is a message that is dropped. Where the RFC leaves a choice, the reason stands beside.
var torture = map[string]string{
	// 3.1.1, valid
	"wsinv":      "481",         // its To has a tag, and we have no such dialog
	"intmeth":    "405",         // a method that nobody knows; its characters are allowed
	"esc01":      "486 session", // the escaped user is not taken apart
	"escnull":    "405",         // a registration, and we are no registrar: the contacts are not looked at
	"esc02":      "405",         // RE%47IST%45R is not REGISTER, and 405 all the same
	"lwsdisp":    "200",
	"longreq":    "486 session",
	"dblreq":     "405", // one WebSocket message is one SIP message (RFC 7118 5): what follows its body is not another one
	"semiuri":    "200",
	"transports": "200",
	"mpart01":    "200 message",
	"unreason":   "", // responses to nothing that we asked
	"noreason":   "",
	// 3.1.2, invalid
	"badinv01":   "400",
	"clerr":      "400",
	"ncl":        "400",
	"scalar02":   "400",
	"scalarlg":   "", // a response: nobody to answer
	"quotbal":    "400",
	"ltgtruri":   "400",
	"lwsruri":    "400",
	"lwsstart":   "400",         // an element may be liberal or not
	"trws":       "400",         // the same
	"escruri":    "486 session", // the header in the Request-URI is ignored, as the RFC allows; nothing is sent by it
	"baddate":    "486 session", // a date we have no use for may be ignored
	"regbadct":   "405",
	"badaspec":   "400",
	"baddn":      "400",
	"badvers":    "505",
	"mismatch01": "400",
	"mismatch02": "400", // or 501: both are wrong about it
	"bigcode":    "",
	// 3.2, transaction layer
	"badbranch": "200", // a branch that is only the cookie is a branch like RFC 2543's
	// 3.3, application layer
	"insuf":    "400",
	"unkscm":   "416",
	"novelsc":  "416",
	"unksm2":   "405",
	"bext01":   "420",
	"invut":    "415",
	"regaut01": "405",
	"multi01":  "400",
	"mcl01":    "400",
	"bcast":    "",    // a response that is not for us
	"zeromf":   "200", // nothing is forwarded, so that the count does not matter
	"cparam01": "405",
	"cparam02": "405",
	"regescrt": "405",
	"sdp01":    "406", // our answer is a type that the caller does not take
	// 3.4, backwards compatibility
	"inv2543": "486 session",
	// no message of the RFC's: sipgo's own heap of nonsense
	"test": "",
}

// wire is the server's end of the socket, without a SIP layer: whatever is sent, the agent's answers are kept.
type wire struct {
	conn *pipe.Conn
	mu   sync.Mutex
	came []string
}

func (w *wire) note(word string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.came = append(w.came, word)
}

func (w *wire) listen(ctx context.Context) {
	for {
		raw, err := w.conn.Read(ctx)
		if err != nil {
			return
		}
		w.note(string(raw))
	}
}

// words gives codes instead of whole responses, and then what the application saw. A 100 may or may not be in time.
func (w *wire) words() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var codes, words []string
	for _, text := range w.came {
		if code, is := strings.CutPrefix(text, "SIP/2.0 "); is {
			if strings.HasPrefix(code, "100") {
				continue
			}
			codes = append(codes, code[:3])
			continue
		}
		words = append(words, text)
	}
	return append(codes, words...)
}

// onWire runs a test with an agent whose server is the test's.
func onWire(t *testing.T, handler signal.Handler, test func(t *testing.T, w *wire, agent signal.UserAgent), log ...*slog.Logger) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		near, far := pipe.New()
		w := &wire{conn: far}
		handler.OnSession = func(s signal.Session) {
			w.note("session")
			s.SetHandler(signal.SessionHandler{})
			if err := s.Reject(486, ""); err != nil {
				t.Error(err)
			}
		}
		handler.OnMessage = func(signal.Message) { w.note("message") }
		var listening sync.WaitGroup
		dialer := Dialer{dial: func(context.Context) (connection, error) {
			listening.Go(func() { w.listen(ctx) })
			return near, nil
		}}
		if len(log) > 0 {
			dialer.Logger = log[0]
		}
		agent, err := dialer.NewUserAgent(testConfig(), handler)
		if err != nil {
			t.Fatal(err)
		}
		if err := agent.Start(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		test(t, w, agent)
		if err := agent.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
		cancel()
		listening.Wait()
	})
}

// TestTorture sends each message of RFC 4475 to a client that is connected. None ends the connection or is without the
// outcome that the RFC names; after each the client still answers.
func TestTorture(t *testing.T) {
	files, err := filepath.Glob("transaction/testdata/torture/*/*.dat")
	if err != nil || len(files) != len(torture) {
		t.Fatalf("%d files, %d expectations, %v", len(files), len(torture), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".dat")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, known := torture[name]
			if !known {
				t.Fatal("no expectation")
			}
			onWire(t, signal.Handler{}, func(t *testing.T, w *wire, agent signal.UserAgent) {
				if err := w.conn.Write(t.Context(), raw); err != nil {
					t.Fatal(err)
				}
				got := w.words()
				if text := strings.Join(got, " "); text != want {
					t.Errorf("came %q, want %q", text, want)
				}
				for _, text := range w.came {
					checkAnswer(t, name, text)
				}
				w.came = nil
				if err := w.conn.Write(t.Context(), []byte(ping)); err != nil {
					t.Fatal(err)
				}
				if got := w.words(); !slices.Equal(got, []string{"200"}) || !agent.Connected() {
					t.Errorf("afterwards OPTIONS got %v", got)
				}
			})
		})
	}
}

// checkAnswer looks for what the codes must come with (RFC 3261 8.2, 21.4).
func checkAnswer(t *testing.T, name, text string) {
	t.Helper()
	needs := map[string]string{
		"405": "Allow: ", "415": "Accept: application/sdp", "406": "Accept: application/sdp",
		"420": "Unsupported: nothingsupportsthis,nothingsupportsthiseither",
	}
	code, is := strings.CutPrefix(text, "SIP/2.0 ")
	if !is {
		return
	}
	if header := needs[code[:3]]; header != "" && !strings.Contains(text, "\r\n"+header) {
		t.Errorf("%s: no %q in\n%s", name, header, text)
	}
	if !strings.Contains(text, "\r\nVia: ") || !strings.Contains(text, "\r\nCSeq: ") {
		t.Errorf("%s: nobody can tell what is answered by\n%s", name, text)
	}
}

const ping = "OPTIONS sip:alice@example.org SIP/2.0\r\nVia: SIP/2.0/WSS server.example;branch=z9hG4bKping\r\n" +
	"From: <sip:server@example.org>;tag=1\r\nTo: <sip:alice@example.org>\r\nCall-ID: ping\r\nCSeq: 1 OPTIONS\r\n\r\n"

// TestMalformedIsLoggedOnce: of each message that cannot be used one line says what was wrong, the first of them a warning,
// and none quotes credentials.
func TestMalformedIsLoggedOnce(t *testing.T) {
	var book bytes.Buffer // written on the agent's goroutines, read while all of them wait
	logger := slog.New(slog.NewTextHandler(&book, &slog.HandlerOptions{Level: slog.LevelDebug}))
	onWire(t, signal.Handler{}, func(t *testing.T, w *wire, _ signal.UserAgent) {
		w.words()
		book.Reset()
		head := "OPTIONS sip:alice@example.org SIP/2.0\r\nVia: SIP/2.0/WSS x;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
		for i, c := range []struct{ raw, reason string }{
			{"garbage", "malformed SIP message"},
			{head + "Call-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n", "CSeq has method"},
			{head + "CSeq: 1 OPTIONS\r\n\r\n", "0 headers call-id"},
			{head + "Call-ID: 1\r\nCall-ID: 2\r\nCSeq: 1 OPTIONS\r\n\r\n", "2 headers call-id"},
			{strings.Replace(head, "SIP/2.0\r\n", "SIP/3.0\r\n", 1) + "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "version"},
			{"SIP/2.0 999 Odd\r\n" + head[strings.Index(head, "Via"):] + "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "status code 999"},
			{head + "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nAuthorization: Digest response=\"secret\r\n\x00\r\n\r\n", "error="},
			{strings.Repeat("X", 200_000), "length=200000"},
		} {
			if err := w.conn.Write(t.Context(), []byte(c.raw)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			text := book.String()
			book.Reset()
			if strings.Count(text, "\n") != 1 || !strings.Contains(text, c.reason) || strings.Contains(text, "secret") || len(text) > 500 {
				t.Errorf("%.60q: logged %q, want %q", c.raw, text, c.reason)
			}
			if warned := strings.Contains(text, "level=WARN"); warned != (i == 0) {
				t.Errorf("message %d: %s", i, text)
			}
		}
	}, logger)
}
