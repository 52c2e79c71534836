package roomserver

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/webrtc/v4"

	"parley/media/device/stamp"
	"parley/media/video"
)

func TestRefuseTheNextRequests(t *testing.T) {
	s, events := startServer(t, Config{Users: users})
	a := dial(t, s, "ann", "apple")
	console(t, s, "refuse * 503 2 REGISTER")
	if res := a.do(a.request(sip.OPTIONS, a.uri("ann"), "ann")); res.StatusCode != 200 {
		t.Errorf("OPTIONS: %d", res.StatusCode)
	}
	for range 2 {
		if res := a.do(a.registerRequest(300)); res.StatusCode != 503 || res.Reason != "Service Unavailable" {
			t.Errorf("REGISTER: %s", res)
		}
	}
	if res := a.register("MD5"); res.StatusCode != 200 {
		t.Errorf("REGISTER: %d", res.StatusCode)
	}
	events.wait(t, "fault", func(d map[string]any) bool { return d["fault"] == "refused" && d["method"] == "REGISTER" })
	// For one socket only, and taken back.
	b := dial(t, s, "ben", "banana")
	console(t, s, "refuse ann 486 1", "refuse ann 500 5")
	if res := b.do(b.request(sip.OPTIONS, b.uri("ben"), "ben")); res.StatusCode != 200 {
		t.Errorf("somebody else's OPTIONS: %d", res.StatusCode)
	}
	if res := a.do(a.request(sip.OPTIONS, a.uri("ann"), "ann")); res.StatusCode != 486 {
		t.Errorf("OPTIONS: %d", res.StatusCode)
	}
	console(t, s, "heal *")
	if res := a.do(a.request(sip.OPTIONS, a.uri("ann"), "ann")); res.StatusCode != 200 {
		t.Errorf("healed OPTIONS: %d", res.StatusCode)
	}
	if err := s.Moderate().Refuse("ann", 200, 1, ""); err == nil {
		t.Error("a refusal with 200 was taken")
	}
}

func TestSIPIsLostAndDelayed(t *testing.T) {
	s, _ := startServer(t, Config{})
	a := join(t, s, "ann", "2310", "VP8")
	a.token()
	m := s.Moderate()
	must(t, m.DropSIP("ann", 1))
	must(t, m.Microphone("ann", false, false))
	must(t, m.Heal("ann"))
	must(t, m.Microphone("ann", true, false))
	if info := a.infoFrom("mic"); value(info, "x-webrtc-mic") != "ADMINSTARTMIC" {
		// The lost one may still have been in the queue when the fault ended: the writer is another goroutine.
		t.Logf("the first command was not lost: %s", info)
	}
	const delay = 300 * time.Millisecond
	must(t, m.DelaySIP(Everyone, delay, 1))
	begun := time.Now()
	if res := a.do(a.request(sip.OPTIONS, a.uri("ann"), "ann")); res.StatusCode != 200 {
		t.Errorf("OPTIONS: %d", res.StatusCode)
	}
	if d := time.Since(begun); d < 2*delay {
		t.Errorf("answered after %v", d)
	}
	must(t, m.Heal(Everyone))
	if err := m.DelaySIP("ann", time.Hour, 1); err == nil {
		t.Error("an hour was taken")
	}
	if err := m.DropSIP("nobody", 1); err == nil {
		t.Error("nobody was found")
	}
}

func TestSilentSocketIsDeaf(t *testing.T) {
	s, _ := startServer(t, Config{Users: users})
	a := dial(t, s, "ann", "apple")
	a.register("MD5")
	must(t, s.Moderate().SilenceSocket("ann")) // registered, in no call
	final := make(chan struct{})
	_, err := a.layer.Send(a.request(sip.OPTIONS, a.uri("ann"), "ann"), func(*sip.Response, error) { close(final) })
	must(t, err)
	select {
	case <-final:
		t.Error("an answer came")
	case <-time.After(300 * time.Millisecond):
	}
	must(t, s.Moderate().DropSocket("ann"))
	<-a.done
	<-final
}

func TestMediaIsLostAndDelayed(t *testing.T) {
	s, _ := startServer(t, Config{Bots: 1})
	a := join(t, s, "ann", "2001", "VP8")
	m := s.Moderate()
	track := a.track(webrtc.RTPCodecTypeVideo, "main")
	age := func() time.Duration {
		t.Helper()
		least := time.Hour
		seen := 0
		a.watch(track, func(f *video.Frame) bool {
			if at, ok := stamp.Read(f); ok {
				least = min(least, time.Since(at))
				seen++
			}
			return seen >= 10
		})
		return least
	}
	before := age()
	const delay = 400 * time.Millisecond
	must(t, m.DelayMedia("ann", delay, Out))
	begun := time.Now()
	for { // what was on its way comes first
		if d := age(); d > before+delay/2 {
			if d < delay {
				t.Errorf("the picture is %v old", d)
			}
			break
		}
		if time.Since(begun) > patience {
			t.Fatal("no delay")
		}
	}
	must(t, m.DelayMedia("ann", 0, Both))
	must(t, m.DropMedia("ann", 1, Both))
	buffer := make([]byte, 1500)
	for begun := time.Now(); ; {
		must(t, track.SetReadDeadline(time.Now().Add(time.Second)))
		if _, _, err := track.Read(buffer); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) && !strings.Contains(err.Error(), "timeout") {
				t.Fatal(err)
			}
			break
		}
		if time.Since(begun) > patience {
			t.Fatal("packets go on")
		}
	}
	must(t, m.Heal("ann"))
	must(t, track.SetReadDeadline(time.Now().Add(patience)))
	if _, _, err := track.Read(buffer); err != nil {
		t.Errorf("healed: %v", err)
	}
	for _, bad := range []error{m.DropMedia("ann", 2, Both), m.DropMedia("ann", 1, "up"), m.DelayMedia("nobody", 0, In)} {
		if bad == nil {
			t.Error("nonsense was taken")
		}
	}
}

func TestRestartInPlace(t *testing.T) {
	s, events := startServer(t, Config{Users: users, Bots: 1, Moderator: "127.0.0.1:0"})
	url, fingerprint := s.URL(), s.Fingerprint()
	a := dial(t, s, "ann", "apple")
	a.register("MD5")
	b := join(t, s, "guest", "2001", "VP8")
	token := b.token()
	gone := make(chan struct{})
	b.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateClosed || state == webrtc.PeerConnectionStateDisconnected {
			select {
			case <-gone:
			default:
				close(gone)
			}
		}
	})
	if out := console(t, s, "restart 50ms"); out != "done\n" {
		t.Fatal(out)
	}
	<-a.done
	<-b.done
	select {
	case <-gone:
	case <-time.After(patience):
		t.Error("media goes on")
	}
	events.wait(t, "restarted", nil)
	if s.URL() != url || s.Fingerprint() != fingerprint {
		t.Errorf("%s %s", s.URL(), s.Fingerprint())
	}
	again := dial(t, s, "ann", "apple")
	if res := again.register("SHA-256"); res.StatusCode != 200 {
		t.Errorf("REGISTER: %d", res.StatusCode)
	}
	c := join(t, s, "guest", "2001", "VP8")
	c.watch(c.track(webrtc.RTPCodecTypeVideo, "main"), func(*video.Frame) bool { return true })
	if code, _ := post(t, s, "2001?audio=main", token, "application/json", []byte(`{"type":"offer","sdp":"v=0"}`)); code != 401 {
		t.Errorf("a token of before: %d", code)
	}
	must(t, s.Restart(t.Context(), 0))
	<-again.done
	must(t, s.Close(t.Context()))
	if err := s.Restart(t.Context(), 0); !errors.Is(err, ErrClosed) {
		t.Errorf("restart of a closed server: %v", err)
	}
}

func TestMediaMovesAndIsCut(t *testing.T) {
	s, _ := startServer(t, Config{Bots: 1})
	a := join(t, s, "ann", "2001", "VP8")
	track := a.track(webrtc.RTPCodecTypeVideo, "main")
	a.watch(track, stamped)
	ufrag := func(sdp string) string {
		_, rest, _ := strings.Cut(sdp, "a=ice-ufrag:")
		value, _, _ := strings.Cut(rest, "\r\n")
		return value
	}
	before := ufrag(a.pc.RemoteDescription().SDP)
	if out := console(t, s, "media-move ann"); out != "done\n" {
		t.Fatal(out)
	}
	a.answerOffer()
	if after := ufrag(a.pc.RemoteDescription().SDP); after == "" || after == before {
		t.Errorf("credentials %q, before %q", after, before)
	}
	// What was on its way over the old ports is lost: packets come again, not without a gap.
	for range 20 {
		must(t, track.SetReadDeadline(time.Now().Add(patience)))
		if _, _, err := track.ReadRTP(); err != nil {
			t.Fatal(err)
		}
	}

	if out := console(t, s, "media-cut ann", "media-cut nobody", "media-move nobody"); !strings.HasPrefix(out, "done\nerror: ") {
		t.Fatal(out)
	}
	buffer := make([]byte, 1500)
	for begun := time.Now(); ; {
		must(t, track.SetReadDeadline(time.Now().Add(time.Second)))
		if _, _, err := track.Read(buffer); err != nil {
			break
		}
		if time.Since(begun) > patience {
			t.Fatal("packets go on")
		}
	}
}

func TestOffersAreRefusedOnPurpose(t *testing.T) {
	s, _ := startServer(t, Config{Bots: 1})
	a := join(t, s, "ann", "2001", "VP8")
	token := a.token()
	must(t, s.Moderate().Spectator("ann", 0, "main"))
	moved(t, a, "SPECTATOR", "0", "main")
	if out := console(t, s, "offer-refuse ann 503 2", "offer-refuse ann 200", "offer-refuse nobody 500"); strings.Count(out, "error: ") != 2 {
		t.Error(out)
	}
	for range 2 {
		code, text := post(t, s, "2001?quality=high&audio=main", token, "application/json", []byte(`{"type":"offer","sdp":"v=0"}`))
		if code != 503 || !strings.Contains(text, "on purpose") {
			t.Errorf("%d %s", code, text)
		}
	}
	watching := spectate(t, s, a, token, "2001?quality=high&audio=main")
	track := watching.stream(webrtc.RTPCodecTypeVideo, "default")
	watching.watch(track, stamped)
	console(t, s, "offer-refuse ann 500 5", "heal ann")

	// Another offer of the same peer connection, with another quality, keeps its transport.
	before := fingerprintOf(watching.pc.RemoteDescription().SDP)
	offer := offerOf(t, watching.pc)
	body, err := json.Marshal(sessionDescription{"offer", offer})
	must(t, err)
	code, text := post(t, s, "2001?quality=low&audio=main", token, "application/json", body)
	if code != 200 {
		t.Fatalf("%d %s", code, text)
	}
	var answer sessionDescription
	must(t, json.Unmarshal([]byte(text), &answer))
	must(t, watching.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}))
	if after := fingerprintOf(answer.SDP); after != before {
		t.Errorf("another transport: %s, before %s", after, before)
	}
	if got := s.Moderate().List()[0].State.Spectator.Quality; got != "low" {
		t.Errorf("quality %s", got)
	}
	since := time.Now()
	watching.watch(track, func(f *video.Frame) bool { at, ok := stamp.Read(f); return ok && at.After(since) })
}

func fingerprintOf(sdp string) string {
	_, rest, _ := strings.Cut(sdp, "a=fingerprint:")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

func TestTakeOverIsAllowed(t *testing.T) {
	s, events := startServer(t, Config{Bots: 1, BotPresents: true})
	a := join(t, s, "ann", "2001", "VP8")
	a.answerOffer()
	a.infoFrom("sharedesktop")
	for _, step := range []struct {
		line string
		code int
	}{{"take-over ann", 200}, {"stop-presentation 2001", 200}, {"take-over ann no", 200}, {"bot-present bot-1", 603}} {
		if out := console(t, s, step.line); out != "done\n" {
			t.Fatalf("%s: %s", step.line, out)
		}
		if code := a.d.info("sharedesktop", shareState("LETMESTARTPRESENTATION")); code != step.code {
			t.Errorf("after %s: %d, want %d", step.line, code, step.code)
		}
		if step.line == "take-over ann" {
			events.wait(t, "presenter-stopped", func(d map[string]any) bool { return d["reason"] == "taken over" })
			events.wait(t, "presenter", func(d map[string]any) bool { return d["name"] == "ann" })
		}
		if step.line == "take-over ann no" {
			if code := a.d.info("sharedesktop", shareState("STOPPRESENTATION")); code != 200 {
				t.Errorf("stop: %d", code)
			}
		}
	}
}

func TestByeSaysWhy(t *testing.T) {
	s, _ := startServer(t, Config{})
	for line, want := range map[string]string{
		"end-call ann": "", "end-call ann 408": `SIP ;cause=408 ;text="RTP Timeout"`, "end-call ann 503": `SIP ;cause=503 ;text="ended by the moderator"`,
	} {
		a := join(t, s, "ann", "2320", "VP8")
		a.token()
		if out := console(t, s, "end-call ann 99", line); !strings.HasPrefix(out, "error: ") || !strings.HasSuffix(out, "done\n") {
			t.Error(out)
		}
		bye := a.next(sip.BYE)
		respondOK(bye)
		if got := value(bye.req, "Reason"); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestRudenessReachesTheClient(t *testing.T) {
	s, events := startServer(t, Config{})
	a := join(t, s, "ann", "2321", "VP8")
	a.token()
	if out := console(t, s, "garbage ann", "mute ann"); out != "done\ndone\n" {
		t.Fatal(out)
	}
	types := map[string]int{}
	for bye, mic := false, false; !bye || !mic; { // nonsense goes past the transactions: the order is nobody's
		var in inbound
		select {
		case in = <-a.requests:
		case <-time.After(patience):
			t.Fatalf("goodbye %v, command %v, INFO %v", bye, mic, types)
		}
		if in.tx != nil {
			respondOK(in)
		}
		switch in.req.Method {
		case sip.BYE:
			bye = true
		case sip.INFO:
			types[value(in.req, "Content-Type")]++
			mic = mic || value(in.req, "x-webrtc-mic") != ""
		}
	}
	if types[""] == 0 && types["application/vinteo.webrtc.nothing"] == 0 {
		t.Errorf("no nonsense came: %v", types)
	}
	if out := console(t, s, "oversize ann"); out != "done\n" {
		t.Fatal(out)
	}
	<-a.done // our side gives up on a message of that size
	gone := events.wait(t, "disconnected", nil)
	if requests, _ := gone.Data["requests"].(map[string]int); requests["INVITE"] != 1 || requests["ACK"] != 1 {
		t.Errorf("requests: %v", gone.Data)
	}
}

func TestListTellsWhatIsSent(t *testing.T) {
	for _, codec := range []string{"VP8", "H264"} {
		s, _ := startServer(t, Config{Codec: codec})
		a, b := join(t, s, "ann", "2322", codec), join(t, s, "ben", "2322", codec)
		a.film(80)
		var width, height int
		b.watch(b.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool { width, height = f.Width, f.Height; return near(f, 80) })
		for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
			v := s.Moderate().List()[0].State.Video
			if v != nil && v.Width == width && v.Height == height && v.Bitrate > 0 {
				break
			}
			if time.Since(begun) > patience {
				t.Fatalf("%s: the list says %+v, want %d×%d", codec, v, width, height)
			}
		}
		if out := console(t, s, "list", "sockets"); !strings.Contains(out, "kbit/s") || !strings.Contains(out, "no video") ||
			!strings.Contains(out, "INVITE 1") {
			t.Error(out)
		}
	}
}
