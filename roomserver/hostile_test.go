package roomserver

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/sip/websocket"
)

func TestAddress(t *testing.T) {
	s, _ := startServer(t, Config{})
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	for _, host := range []string{"127.0.0.1", "localhost"} {
		url := strings.Replace(s.URL(), "wss://127.0.0.1", "https://"+host, 1)
		res, err := (&http.Client{Transport: transport}).Get(strings.Replace(url, "/webrtc/wss/", "/api/v1/address", 1))
		must(t, err)
		body, err := io.ReadAll(res.Body)
		must(t, err)
		_ = res.Body.Close()
		var got struct {
			IP, RemoteAddress string
			Unified           bool
			IceServers        []any
		}
		must(t, json.Unmarshal(body, &got))
		if got.IP != host || got.RemoteAddress != "127.0.0.1" || !got.Unified || got.IceServers == nil {
			t.Errorf("%s", body)
		}
	}
	if f := s.Fingerprint(); len(f) != 95 {
		t.Errorf("fingerprint %q", f)
	}
}

func TestHostOf(t *testing.T) {
	for in, want := range map[string]string{
		"a.example:8443": "a.example", "a.example": "a.example", "127.0.0.1:1": "127.0.0.1", "[::1]:5": "[::1]", "[::1]": "[::1]",
	} {
		if got := hostOf(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// TestHostileClient sends what no client should. The server must stay what it was for the others.
func TestHostileClient(t *testing.T) {
	s, _ := startServer(t, Config{Users: users})
	good := dial(t, s, "ann", "apple")
	good.register("MD5")
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	open := func() *websocket.Conn {
		conn, err := websocket.Dial(t.Context(), s.URL(), websocket.Options{TLS: &tls.Config{RootCAs: roots}})
		must(t, err)
		return conn
	}
	invite := func(target, from, extra, body string) string {
		return fmt.Sprintf("INVITE sip:%s@h SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK%d\r\nFrom: <sip:%s@h>;tag=1\r\n"+
			"To: <sip:%s@h>\r\nCall-ID: %d\r\nCSeq: 1 INVITE\r\n%sContent-Length: %d\r\n\r\n%s",
			target, rand.Int(), from, target, rand.Int(), extra, len(body), body)
	}
	contact := "Contact: <sip:x@x.invalid>\r\nContent-Type: application/sdp\r\n"
	messages := []string{
		"", "\r\n\r\n", "\x00\xff\xfe", strings.Repeat("A", 10000), "INVITE", "INVITE sip:2001@h SIP/2.0\r\n\r\n",
		"SIP/2.0 200 OK\r\n\r\n", "SIP/2.0 999999999999 OK\r\n\r\n",
		invite("2001", "g", "", ""), invite("2001", "g", contact, "garbage"),
		invite("2001", "g", contact, "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"),
		invite("2001", "g", contact, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"+
			"a=mid:0\r\na=rtpmap:96 VP8/90000\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefabcdefabcdefabcdef\r\n"),
		invite("2001", "g", "Contact: *\r\n", "v=0\r\n"), invite("2001", "g", "Contact: <>\r\n", "v=0\r\n"),
		invite("2001", "g", contact+"Route: <sip:elsewhere.example;lr>\r\n", "v=0\r\n"),
		invite("%00", "g", contact, "v=0\r\n"), invite("ann", "%0d%0aEvil: yes", contact, "v=0\r\n"),
		strings.Replace(invite("2001", "g", contact, "v=0"), "Content-Length: 3", "Content-Length: 999999", 1),
		strings.Replace(invite("2001", "g", contact, "v=0"), "1 INVITE", "99999999999999 INVITE", 1),
		strings.Replace(invite("2001", "g", contact, ""), "INVITE", "REGISTER", -1),
	}
	conn := open()
	for _, m := range messages {
		if err := conn.Write(t.Context(), []byte(m)); err != nil {
			conn = open()
		}
	}
	// Mutations of a good message.
	seed := []byte(invite("2001", "g", contact, "v=0\r\n"))
	for range 2000 {
		m := append([]byte(nil), seed...)
		for range 1 + rand.IntN(8) {
			switch i := rand.IntN(len(m)); rand.IntN(3) {
			case 0:
				m[i] = byte(rand.IntN(256))
			case 1:
				m = append(m[:i], m[min(i+rand.IntN(20), len(m)):]...)
			case 2:
				m = append(m[:i:i], append([]byte(":;<>\"\r\n,="), m[i:]...)...)
			}
			if len(m) == 0 {
				break
			}
		}
		if err := conn.Write(t.Context(), m); err != nil {
			_ = conn.CloseNow()
			conn = open()
		}
	}
	_ = conn.CloseNow()
	// Too large a message costs the connection, and nothing else.
	large := open()
	_ = large.Write(t.Context(), make([]byte, 1<<20))
	if _, err := large.Read(t.Context()); err == nil {
		t.Error("a message of 1 MiB was taken")
	}
	_ = large.CloseNow()
	if res := good.do(good.request(sip.OPTIONS, good.uri("ann"), "ann")); res.StatusCode != 200 {
		t.Errorf("OPTIONS of a good client: %d", res.StatusCode)
	}
	c := join(t, s, "guest", "2200", "VP8")
	c.infoFrom("notify")
}

func TestClientsAreLimited(t *testing.T) {
	s, _ := startServer(t, Config{MaxClients: 2})
	dial(t, s, "a", "")
	b := dial(t, s, "b", "")
	b.do(b.request(sip.OPTIONS, b.uri("b"), "b"))
	c := dial(t, s, "c", "")
	select {
	case <-c.done:
	case <-time.After(patience):
		t.Error("a third client was served")
	}
}

func TestFullRoomIsBusy(t *testing.T) {
	s, _ := startServer(t, Config{MaxParticipants: 1})
	join(t, s, "ann", "2201", "VP8")
	b := dial(t, s, "ben", "")
	pc, _, _ := newPC(t, "VP8")
	if res, _ := b.invite("2201", offerOf(t, pc)); res.StatusCode != 486 {
		t.Errorf("full room: %d", res.StatusCode)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []Config{
		{Listen: "nonsense"}, {RoomFirst: 10, RoomLast: 5}, {CertFile: "a"}, {Bots: 1, BotRoom: "7"}, {Codec: "H265"},
		{Users: map[string]string{"2001": "x"}}, {CertFile: "/no/such", KeyFile: "/no/such"}, {Bots: -1},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

func TestModeratorAPI(t *testing.T) {
	s, _ := startServer(t, Config{Moderator: "127.0.0.1:0"})
	a := join(t, s, "ann", "2202", "VP8")
	a.infoFrom("notify")
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	web := &http.Client{Transport: transport}
	post := func(body string, origin string) int {
		req, err := http.NewRequest("POST", "http://"+s.ModeratorAddr()+"/command", strings.NewReader(body))
		must(t, err)
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		res, err := web.Do(req)
		must(t, err)
		_ = res.Body.Close()
		return res.StatusCode
	}
	if code := post(`{"command":"mute","who":"ann","forced":true}`, "https://evil.example"); code != 403 {
		t.Errorf("a web page's command: %d", code)
	}
	if code := post(`{"command":"mute","who":"nobody"}`, ""); code != 422 {
		t.Errorf("nobody: %d", code)
	}
	if code := post(`{"command":"mute","who":"ann","forced":true}`, ""); code != 200 {
		t.Errorf("mute: %d", code)
	}
	a.infoFrom("mic")
	res, err := web.Get("http://" + s.ModeratorAddr() + "/participants")
	must(t, err)
	body, err := io.ReadAll(res.Body)
	must(t, err)
	_ = res.Body.Close()
	if !strings.Contains(string(body), `"microphoneForcedOff":true`) || strings.Contains(string(body), "jwt") {
		t.Errorf("%s", body)
	}
	if code := post(`{"command":"end-call","who":"ann"}`, ""); code != 200 {
		t.Errorf("end-call: %d", code)
	}
	respondOK(a.next(sip.BYE))
	res, err = web.Get("http://" + s.ModeratorAddr() + "/commands")
	must(t, err)
	body, err = io.ReadAll(res.Body)
	must(t, err)
	_ = res.Body.Close()
	for _, command := range Commands() {
		if !strings.Contains(string(body), `"command":"`+command.Name+`"`) {
			t.Errorf("%s is not listed", command.Name)
		}
		if len(command.Arguments) == 0 || strings.HasSuffix(command.Arguments[0], "?") {
			continue
		}
		if code := post(`{"command":"`+command.Name+`"}`, ""); code != 422 {
			t.Errorf("%s without arguments: %d", command.Name, code)
		}
	}
	if code := post(`{"command":"mute","who":"ann","delay":"nonsense"}`, ""); code != 400 {
		t.Errorf("a time that is none: %d", code)
	}
}

// A client that sends more than a thousand messages a second is slowed down by not being read, and the others notice nothing.
func TestFastClientIsSlowedDown(t *testing.T) {
	s, _ := startServer(t, Config{Users: users})
	good := dial(t, s, "ann", "apple")
	good.register("MD5")
	fast := dial(t, s, "guest", "")
	const open = 200
	const more = 400 // than the two seconds' worth that may come at once
	answers := make(chan error, 2*messagesPerSecond+more)
	begun := time.Now()
	for i := range cap(answers) {
		_, err := fast.layer.Send(fast.request(sip.OPTIONS, fast.uri("guest"), "guest"), func(res *sip.Response, err error) {
			if err == nil && res.StatusCode != 200 {
				err = fmt.Errorf("%d %s", res.StatusCode, res.Reason)
			}
			answers <- err
		})
		must(t, err)
		if i >= open { // the layer bounds what is open
			must(t, <-answers)
		}
	}
	if res := good.do(good.request(sip.OPTIONS, good.uri("ann"), "ann")); res.StatusCode != 200 {
		t.Errorf("somebody else's OPTIONS: %d", res.StatusCode)
	}
	for range open {
		must(t, <-answers)
	}
	if least, took := time.Second*more/messagesPerSecond, time.Since(begun); took < least {
		t.Errorf("%d messages within %v; want at least %v", cap(answers), took, least)
	}
}
