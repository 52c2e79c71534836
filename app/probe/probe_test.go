package probe

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v5"
	"go.uber.org/goleak"

	"parley/connector/rtc"
	"parley/connector/sip/websocket"
	"parley/roomserver"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

const (
	user   = "1001"
	secret = "sEcReT-pAsSwOrD"
	// short is the step time where a step is expected to hang.
	short = 300 * time.Millisecond
)

// room starts a room server and returns its address.
func room(t *testing.T) string {
	t.Helper()
	server, err := roomserver.New(roomserver.Config{Listen: "127.0.0.1:0", Users: map[string]string{user: secret}, Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return server.Addr()
}

// probed runs the probe with an insecure TLS configuration unless another one is given.
func probed(t *testing.T, o Options) []Result {
	t.Helper()
	if o.TLS == nil {
		o.TLS = &tls.Config{InsecureSkipVerify: true}
	}
	if o.StepTime == 0 {
		o.StepTime = 10 * time.Second
	}
	var told []Result
	results := Run(t.Context(), o, func(r Result) { told = append(told, r) })
	if len(told) != len(results) {
		t.Errorf("%d results were reported, %d returned", len(told), len(results))
	}
	for _, r := range results {
		if strings.Contains(r.String(), secret) {
			t.Errorf("the password is shown: %s", r)
		}
	}
	return results
}

// wants looks for one result of a step with a status and texts in its line.
func wants(t *testing.T, results []Result, step Step, status Status, says ...string) Result {
	t.Helper()
	for _, r := range results {
		if r.Step != step {
			continue
		}
		if r.Status != status {
			t.Errorf("%s: want %s", r, status)
		}
		for _, text := range says {
			if !strings.Contains(r.String(), text) {
				t.Errorf("%q: does not say %q", r, text)
			}
		}
		return r
	}
	t.Errorf("no step %s in %v", step, results)
	return Result{}
}

func TestEveryStepWorksWithTheRoomServer(t *testing.T) {
	relay := turnServer(t, "udp")
	results := probed(t, Options{Server: room(t), User: user, Password: secret, ICEServers: []rtc.ICEServer{
		{URLs: []string{"stun:" + relay}},
		{URLs: []string{"turn:" + relay + "?transport=udp"}, Username: "carol", Credential: "good"},
	}})
	for _, step := range []Step{StepDNS, StepTCP, StepParameters, StepWebSocket, StepOptions, StepRegistration} {
		if r := wants(t, results, step, OK); r.Took < 0 {
			t.Errorf("%s took no time", r)
		}
	}
	wants(t, results, StepTLS, Warning, "TLS 1.3", "not checked")
	wants(t, results, StepSTUN, OK, "we are seen as 127.0.0.1:")
	wants(t, results, StepTURN, OK, "relays at 127.0.0.1:")
	if err := Verdict("h", results); err != nil {
		t.Errorf("verdict %v", err)
	}
}

func TestNothingIsRegisteredAfterTheProbe(t *testing.T) {
	events := make(chan string, 64)
	server, err := roomserver.New(roomserver.Config{Listen: "127.0.0.1:0", Users: map[string]string{user: secret}, Loopback: true,
		Events: func(e roomserver.Event) { events <- e.Name }})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	wants(t, probed(t, Options{Server: server.Addr(), User: user, Password: secret}), StepRegistration, OK)
	if err := server.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	close(events)
	var names []string
	for name := range events {
		names = append(names, name)
	}
	if all := strings.Join(names, " "); !strings.Contains(all, "unregistered") {
		t.Errorf("events %s", all)
	}
}

func TestWrongPassword(t *testing.T) {
	results := probed(t, Options{Server: room(t), User: user, Password: "wrong"})
	wants(t, results, StepOptions, OK)
	wants(t, results, StepRegistration, Failed, "refused user and password", "Check both")
	err := Verdict("h", results)
	if err == nil || !strings.Contains(err.Error(), "1 of 9 checks failed: first registration") {
		t.Errorf("verdict %v", err)
	}
}

func TestCertificateOfAnUnknownAuthority(t *testing.T) {
	results := probed(t, Options{Server: room(t), TLS: &tls.Config{}})
	wants(t, results, StepTCP, OK)
	wants(t, results, StepTLS, Failed, "not signed by an authority", "SHA-256")
	wants(t, results, StepRegistration, Skipped, "TLS failed")
	wants(t, results, StepSTUN, Skipped, "could not be asked")
}

func TestCertificates(t *testing.T) {
	for _, test := range []struct {
		name   string
		host   string
		ends   time.Duration
		status Status
		says   string
	}{
		{"expired", "127.0.0.1", -time.Hour, Failed, "has expired"},
		{"for another name", "10.9.8.7", time.Hour * 9999, Failed, `not for "127.0.0.1"`},
		{"about to expire", "127.0.0.1", 50 * time.Hour, Warning, "expires in 2 days"},
		{"good", "127.0.0.1", 9999 * time.Hour, OK, "TLS 1.3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			certificate, roots := issue(t, test.host, test.ends)
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
			server.Config.ErrorLog = discardLog()
			server.StartTLS()
			defer server.Close()
			results := probed(t, Options{Server: server.Listener.Addr().String(), TLS: &tls.Config{RootCAs: roots}})
			wants(t, results, StepTLS, test.status, test.says)
			if test.status == OK {
				wants(t, results, StepParameters, OK, "none told")
				wants(t, results, StepWebSocket, Failed, "404", "/webrtc/wss/")
			}
		})
	}
}

func TestClosedPort(t *testing.T) {
	listener := listen(t)
	_ = listener.Close()
	results := probed(t, Options{Server: listener.Addr().String()})
	wants(t, results, StepTCP, Failed, "nothing listens", "port")
	wants(t, results, StepTLS, Skipped)
}

func TestNameThatIsUnknown(t *testing.T) {
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "nowhere.invalid", IsNotFound: true}
	}}
	results := probed(t, Options{Server: "nowhere.invalid", Resolver: resolver})
	wants(t, results, StepDNS, Failed, "nowhere.invalid", "Check the server's name")
	wants(t, results, StepTCP, Skipped)
}

func TestServerThatTakesConnectionsAndSaysNothing(t *testing.T) {
	listener := listen(t)
	go func() {
		var kept []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				for _, c := range kept {
					_ = c.Close()
				}
				return
			}
			kept = append(kept, conn)
		}
	}()
	start := time.Now()
	results := probed(t, Options{Server: listener.Addr().String(), StepTime: short})
	wants(t, results, StepTLS, Failed, "no answer in time", "nothing there speaks TLS")
	if took := time.Since(start); took > 20*short {
		t.Errorf("took %v", took)
	}
}

func TestServerWithoutTLS(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	address := server.Listener.Addr().String()
	wants(t, probed(t, Options{Server: address}), StepTLS, Failed, "does not speak TLS", "port")
	plain := probed(t, Options{Server: address, Plain: true})
	wants(t, plain, StepTLS, Skipped, "--plain")
	wants(t, plain, StepParameters, OK)
	wants(t, plain, StepWebSocket, Failed, "404")
}

// TestWebSocketThatAnswersNoSIP has a server that opens the socket and then reads for ever.
func TestWebSocketThatAnswersNoSIP(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/webrtc/wss") {
			http.NotFound(w, r)
			return
		}
		conn, err := websocket.Accept(w, r, websocket.Options{})
		if err != nil {
			return
		}
		for {
			if _, err := conn.Read(context.Background()); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	results := probed(t, Options{Server: server.Listener.Addr().String(), User: user, Password: secret, StepTime: short})
	wants(t, results, StepWebSocket, OK)
	wants(t, results, StepOptions, Failed, "no SIP request is answered")
	wants(t, results, StepRegistration, Failed, "does not answer")
}

func TestICEServers(t *testing.T) {
	udp, tcp := turnServer(t, "udp"), turnServer(t, "tcp")
	closed, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	mute, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for _, test := range []struct {
		url, password string
		step          Step
		status        Status
		says          string
	}{
		{"turn:" + udp, "bad", StepTURN, Failed, "refused"},
		{"turn:" + udp, "", StepTURN, Failed, "--ice-user"},
		{"turn:" + tcp + "?transport=tcp", "good", StepTURN, OK, "relays at"},
		{"turn:" + tcp + "?transport=tcp", "bad", StepTURN, Failed, "refused"},
		{"stun:" + closed.LocalAddr().String(), "", StepSTUN, Failed, "nothing listens"},
		{"stun:" + mute.LocalAddr().String(), "", StepSTUN, Failed, "UDP port"},
		{"turn:" + mute.LocalAddr().String(), "good", StepTURN, Failed, "no answer in time"},
		{"stun:[", "", StepSTUN, Failed, "not a STUN or TURN address"},
		{"turns:" + udp + "?transport=udp", "good", StepTURN, Failed, "DTLS"},
	} {
		t.Run(test.url+" "+test.password, func(t *testing.T) {
			server := rtc.ICEServer{URLs: []string{test.url}, Username: "carol", Credential: test.password}
			p := &probe{o: Options{ICEServers: []rtc.ICEServer{server}, StepTime: 2 * short}, report: func(Result) {}}
			p.ice(t.Context(), true)
			r := wants(t, p.results, test.step, test.status, test.says)
			if time.Duration(r.Took) > 4*short {
				t.Errorf("took %v", time.Duration(r.Took))
			}
		})
	}
}

func TestAtMostSixteenICEServersAreAsked(t *testing.T) {
	p := &probe{o: Options{ICEServers: []rtc.ICEServer{{URLs: make([]string, 100)}}, StepTime: short}, report: func(Result) {}}
	p.ice(t.Context(), true)
	if len(p.results) != maxICEServers {
		t.Errorf("%d were asked", len(p.results))
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results := Run(ctx, Options{Server: "127.0.0.1:1"}, func(Result) {})
	wants(t, results, StepTCP, Failed)
}

func TestOutputFormats(t *testing.T) {
	r := Result{Step: StepTLS, Target: "h:443", Status: Failed, Took: Milliseconds(1234567), Detail: "a\x1b[31m", Why: "b", Fix: "Do c."}
	if got, want := r.String(), "failed   TLS          h:443 (1.2 ms): a [31m; b. Do c."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var out strings.Builder
	report, failure := Writer(&out, true)
	report(r)
	var back map[string]any
	if err := json.Unmarshal([]byte(out.String()), &back); err != nil || failure() != nil {
		t.Fatal(err, failure())
	}
	if back["step"] != "TLS" || back["status"] != "failed" || back["ms"] != 1.235 || back["fix"] != "Do c." {
		t.Errorf("got %v", back)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// turnServer relays for carol with the password "good", over UDP or TCP.
func turnServer(t *testing.T, network string) string {
	t.Helper()
	relays := &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"}
	config := turn.ServerConfig{Realm: "parley.test", LoggerFactory: silent{},
		AuthHandler: func(ra *turn.RequestAttributes) (string, []byte, bool) {
			return ra.Username, turn.GenerateAuthKey(ra.Username, ra.Realm, "good"), ra.Username == "carol"
		}}
	var address net.Addr
	if network == "udp" {
		socket, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address = socket.LocalAddr()
		config.PacketConnConfigs = []turn.PacketConnConfig{{PacketConn: socket, RelayAddressGenerator: relays}}
	} else {
		listener := listen(t)
		address = listener.Addr()
		config.ListenerConfigs = []turn.ListenerConfig{{Listener: listener, RelayAddressGenerator: relays}}
	}
	server, err := turn.NewServer(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return address.String()
}

// issue makes a certificate for an address that ends so long from now, with the authority that signed it.
func issue(t *testing.T, address string, ends time.Duration) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "probe test"},
		NotBefore: time.Now().Add(-9999 * time.Hour), NotAfter: time.Now().Add(ends), IPAddresses: []net.IP{net.ParseIP(address)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, roots
}

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
