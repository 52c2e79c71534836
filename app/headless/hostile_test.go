package headless

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"parley/connector/sip/websocket"
)

// script is a server that answers as a test wants.
type script struct {
	conn *websocket.Conn
	ctx  context.Context
}

// startScript serves the address and, on the WebSocket, whatever serve does.
func startScript(t *testing.T, serve func(s script)) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/address", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"ip":"127.0.0.1","iceServers":[]}`)
	})
	mux.HandleFunc("GET /webrtc/wss/", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, websocket.Options{})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		serve(script{conn, r.Context()})
	})
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "https://")
}

// each hands every request to handle until the client is gone.
func (s script) each(handle func(request string)) {
	for {
		message, err := s.conn.Read(s.ctx)
		if err != nil {
			return
		}
		handle(string(message))
	}
}

var copied = regexp.MustCompile(`(?mi)^(Via|From|Call-ID|CSeq): .*\r\n`)
var to = regexp.MustCompile(`(?mi)^To: (.*)\r\n`)

// answer responds to a request with a status and, if given, a session description.
func (s script) answer(request, status, sdp string) {
	var text strings.Builder
	text.WriteString("SIP/2.0 " + status + "\r\n")
	for _, line := range copied.FindAllString(request, -1) {
		text.WriteString(line)
	}
	if found := to.FindStringSubmatch(request); found != nil {
		text.WriteString("To: " + found[1])
		if !strings.Contains(found[1], "tag=") {
			text.WriteString(";tag=script")
		}
		text.WriteString("\r\n")
	}
	text.WriteString("Contact: <sip:script@127.0.0.1;transport=ws>\r\n")
	if sdp != "" {
		text.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&text, "Content-Length: %d\r\n\r\n%s", len(sdp), sdp)
	s.conn.Write(s.ctx, []byte(text.String())) // the client may be gone: then each ends
}

// method of a request; "" for a response.
func method(request string) string {
	word, _, _ := strings.Cut(request, " ")
	if strings.HasPrefix(word, "SIP/") {
		return ""
	}
	return word
}

// foreign is an answer with codecs that nobody has.
const foreign = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n" +
	"m=audio 9 UDP/TLS/RTP/SAVPF 97\r\nc=IN IP4 127.0.0.1\r\na=rtpmap:97 warble/48000/2\r\na=mid:0\r\na=sendrecv\r\n" +
	"a=rtcp-mux\r\na=setup:active\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=fingerprint:sha-256 " +
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 98\r\nc=IN IP4 127.0.0.1\r\na=rtpmap:98 flicker/90000\r\na=mid:1\r\na=sendrecv\r\n" +
	"a=rtcp-mux\r\na=setup:active\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=fingerprint:sha-256 " +
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"

func TestAPeerWithoutACommonCodec(t *testing.T) {
	said := make(chan string, 100)
	server := startScript(t, func(s script) {
		s.each(func(request string) {
			said <- method(request)
			switch method(request) {
			case "INVITE":
				s.answer(request, "200 OK", foreign)
			case "ACK", "":
			default:
				s.answer(request, "200 OK", "")
			}
		})
	})
	start(t, "--server "+server+account+"--to 1002").fails(t, "could not call 1002", "no common codec", "--codec")
	close(said)
	var methods []string
	for m := range said {
		methods = append(methods, m)
	}
	if got := strings.Join(methods, " "); !strings.Contains(got, "INVITE ACK BYE") {
		t.Errorf("the client said %q; want it to acknowledge and hang up", got)
	}
}

func TestAPeerThatRefusesTheOffer(t *testing.T) {
	server := startScript(t, func(s script) {
		s.each(func(request string) {
			switch method(request) {
			case "INVITE":
				s.answer(request, "488 Not Acceptable Here", "")
			case "ACK", "":
			default:
				s.answer(request, "200 OK", "")
			}
		})
	})
	start(t, "--server "+server+account+still+"--to 1002").fails(t, "could not call 1002", "no common codec", "--codec")
}

// garbage is what a confused or hostile server sends.
func garbage() [][]byte {
	random := make([]byte, 4096)
	source := rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = byte(source.Uint32())
	}
	return [][]byte{
		{}, {0}, []byte("\r\n\r\n"), []byte("\r\n"), random,
		[]byte("SIP/2.0"), []byte("SIP/2.0 999999999999 \r\n\r\n"), []byte("INVITE\r\n\r\n"),
		[]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), []byte(`{"json":true}`),
		[]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/WSS x;branch=y\r\nContent-Length: -5\r\n\r\n"),
		[]byte("INVITE sip:1001@127.0.0.1 SIP/2.0\r\nCSeq: 1 BYE\r\nContent-Length: 99999999\r\n\r\n"),
		[]byte("NOTIFY sip:1001@127.0.0.1 SIP/2.0\r\nVia: " + strings.Repeat("a", 60000) + "\r\n\r\n"),
	}
}

func TestGarbageAmongTheMessagesIsSurvived(t *testing.T) {
	server := startScript(t, func(s script) {
		send := func() {
			for _, message := range garbage() {
				if s.conn.Write(s.ctx, message) != nil {
					return
				}
			}
		}
		send()
		s.each(func(request string) {
			send()
			switch method(request) {
			case "INVITE":
				s.answer(request, "486 Busy Here", "")
			case "ACK", "":
			default:
				s.answer(request, "200 OK", "")
			}
		})
	})
	start(t, "--server "+server+account+still+"--to 1002").fails(t, "could not call 1002", "busy", "later")
}

func TestNothingButGarbage(t *testing.T) {
	server := startScript(t, func(s script) {
		for _, message := range garbage() {
			if s.conn.Write(s.ctx, message) != nil {
				return
			}
		}
		s.conn.Close(1002, "that was all")
	})
	start(t, "--server "+server+account+still+"--to 1002").fails(t, "could not connect", "closed", "")
}

func TestAServerThatIsNone(t *testing.T) {
	web := httptest.NewTLSServer(http.NotFoundHandler())
	defer web.Close()
	start(t, "--server "+strings.TrimPrefix(web.URL, "https://")+account+still+"--to 1002").
		fails(t, "could not connect", "WebSocket", "")
}
