package roomserver

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/webrtc/v4"

	"parley/media/video"
	"parley/roomserver/room"
)

// notified waits for a notify command and returns it.
func (c *client) notified(cmd string) map[string]any {
	c.t.Helper()
	for {
		var command map[string]any
		if err := json.Unmarshal([]byte(value(c.infoFrom("notify"), "x-vinteo-notify")), &command); err != nil {
			c.t.Fatal(err)
		}
		if command["cmd"] == cmd {
			return command
		}
	}
}

// token waits for the participant's token.
func (c *client) token() string {
	c.t.Helper()
	return c.notified("ConferenceParticipantTokenIssued")["body"].(map[string]any)["jwt"].(string)
}

// post sends an offer for a receive-only session.
func post(t *testing.T, s *Server, path, token, contentType string, body []byte) (int, string) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		"https://"+s.Addr()+"/api/v2/rtp2webrtc/offer/"+path, bytes.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", contentType)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := transport.RoundTrip(req)
	must(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(text)
}

// spectate opens a receive-only session: one audio and four video m-lines, no candidates in the offer.
func spectate(t *testing.T, s *Server, of *caller, token, path string) *caller {
	t.Helper()
	c := &caller{client: &client{t: t, user: of.user + " watching"}, tracks: make(chan *webrtc.TrackRemote, 10), codec: of.codec}
	c.pc = receiver(t, of.codec)
	c.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.tracks <- track })
	offer, err := c.pc.CreateOffer(nil)
	must(t, err)
	body, err := json.Marshal(sessionDescription{"offer", offer.SDP})
	must(t, err)
	must(t, c.pc.SetLocalDescription(offer))
	code, text := post(t, s, path, token, "application/json", body)
	if code != 200 {
		t.Fatalf("offer: %d %s", code, text)
	}
	var answer sessionDescription
	must(t, json.Unmarshal([]byte(text), &answer))
	if answer.Type != "answer" || !strings.Contains(answer.SDP, "a=candidate:") {
		t.Errorf("answer: %s", text)
	}
	for stream, n := range map[string]int{"default": 2, "content_" + strings.ToLower(of.codec): 1} {
		if got := len(regexp.MustCompile(`a=msid:`+stream+` `).FindAllString(answer.SDP, -1)); got != n {
			t.Errorf("%d m-lines of stream %s:\n%s", got, stream, answer.SDP)
		}
	}
	if n, unused := strings.Count(answer.SDP, "m=video"), strings.Count(answer.SDP, "a=inactive"); n != 4 || unused != 2 {
		t.Errorf("%d video m-lines, %d unused", n, unused)
	}
	must(t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}))
	return c
}

// receiver makes a peer connection that receives only.
func receiver(t *testing.T, codec string) *webrtc.PeerConnection {
	t.Helper()
	pc := peerConnection(t, codec)
	only := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	_, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, only)
	must(t, err)
	for range 4 {
		_, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, only)
		must(t, err)
	}
	return pc
}

// stream waits for a track of a kind by its stream's id.
func (c *caller) stream(kind webrtc.RTPCodecType, id string) *webrtc.TrackRemote {
	c.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case track := <-c.tracks:
			if track.Kind() == kind && track.StreamID() == id {
				return track
			}
			c.tracks <- track
			time.Sleep(time.Millisecond) // the other one has to come first
		case <-deadline:
			c.t.Fatalf("%s: no %s in stream %q", c.user, kind, id)
		}
	}
}

func moved(t *testing.T, c *caller, state, mode, audio string) {
	t.Helper()
	info := c.infoFrom("partstate")
	if value(info, "x-webrtc-partstate") != state || value(info, "x-webrtc-spectator-mode") != mode ||
		value(info, "x-webrtc-audioid") != audio {
		t.Errorf("partstate: %s", info)
	}
}

func TestSpectatorThereAndBack(t *testing.T) {
	for _, codec := range []string{"VP8", "H264"} {
		t.Run(codec, func(t *testing.T) {
			s, events := startServer(t, Config{Codec: codec})
			viewer, ann := join(t, s, "viewer", "2200", codec), join(t, s, "ann", "2200", codec)
			token := viewer.token()
			ann.film(80)
			ann.speak(440, nil)
			viewer.film(200)
			own := viewer.track(webrtc.RTPCodecTypeVideo, "main")
			viewer.watch(own, func(f *video.Frame) bool { return near(f, 80) })
			ann.watch(ann.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool { return near(f, 200) })

			must(t, s.Moderate().Spectator("viewer", room.ByHand, room.DefaultAudio))
			moved(t, viewer, "SPECTATOR", "0", "main")
			watching := spectate(t, s, viewer, token, "2200?quality=high&audio=main")
			watching.watch(watching.stream(webrtc.RTPCodecTypeVideo, "default"), func(f *video.Frame) bool { return near(f, 80) })
			if heard := watching.hear(watching.stream(webrtc.RTPCodecTypeAudio, "default"), 440); heard[0] < 0.05 {
				t.Errorf("hears %.3f", heard)
			}
			list := s.Moderate().List()
			if state := list[0].State.Spectator; state == nil || !state.Receiving || state.Quality != room.High {
				t.Errorf("list: %+v", list[0])
			}
			if code := viewer.d.info("sharedesktop", shareState("LETMESTARTPRESENTATION")); code != 603 {
				t.Errorf("a spectator's presentation: %d", code)
			}
			if code := viewer.d.info("maincam", sip.NewHeader("x-webrtc-request-enable-media-device", "LETMESTARTMAINCAM")); code != 603 {
				t.Errorf("a spectator's camera: %d", code)
			}

			// A presentation that begins now arrives in the session that is there.
			if code := ann.d.info("sharedesktop", shareState("LETMESTARTPRESENTATION")); code != 200 {
				t.Fatalf("permission: %d", code)
			}
			screen, err := webrtc.NewTrackLocalStaticSample(ann.video.Codec(), "screen", "local-screen")
			must(t, err)
			if code := ann.share(screen); code != 200 {
				t.Fatalf("re-INVITE: %d", code)
			}
			ann.filmOn(screen, 140, ann.pc.GetSenders()[2])
			content := viewer.infoFrom("sharedesktop")
			if value(content, "x-webrtc-share-state") != "YOUCANRECEIVECONTENT" || value(content, "x-webrtc-share-codec") != codec {
				t.Errorf("announcement: %s", content)
			}
			watching.watch(watching.stream(webrtc.RTPCodecTypeVideo, "content_"+strings.ToLower(codec)),
				func(f *video.Frame) bool { return near(f, 140) })

			must(t, s.Moderate().Participant("viewer"))
			moved(t, viewer, "PARTICIPANT", "", "")
			viewer.watch(own, func(f *video.Frame) bool { return near(f, 80) })
			viewer.answerOffer() // the presentation, now in the call's own media
			viewer.watch(viewer.track(webrtc.RTPCodecTypeVideo, "dual"), func(f *video.Frame) bool { return near(f, 140) })
			events.wait(t, "participant", nil)
			if code, text := post(t, s, "2200?quality=high&audio=main", token, "application/json", []byte(`{"type":"offer","sdp":"v=0"}`)); code != 403 {
				t.Errorf("a participant's offer: %d %s", code, text)
			}
		})
	}
}

func TestSpectatorIsNeitherSeenNorHeard(t *testing.T) {
	s, _ := startServer(t, Config{})
	ann, ben, cleo := join(t, s, "ann", "2201", "VP8"), join(t, s, "ben", "2201", "VP8"), join(t, s, "cleo", "2201", "VP8")
	ben.film(60)
	cleo.film(190)
	ben.speak(440, nil)
	picture := ann.track(webrtc.RTPCodecTypeVideo, "main")
	ann.watch(picture, func(f *video.Frame) bool { return near(f, 60) })
	must(t, s.Moderate().Spectator("ben", room.Forced, ""))
	moved(t, ben, "SPECTATOR", "2", "")
	ann.watch(picture, func(f *video.Frame) bool { return near(f, 190) })
	// He stays on the call's own media.
	ben.watch(ben.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool { return near(f, 190) })
	cleo.speak(1000, nil)
	if heard := ann.hear(ann.track(webrtc.RTPCodecTypeAudio, ""), 440, 1000); heard[0] > 0.02 || heard[1] < 0.05 {
		t.Errorf("hears %.3f", heard)
	}
}

func TestSpectatorByCameraComesBackByCamera(t *testing.T) {
	s, events := startServer(t, Config{})
	ann := join(t, s, "ann", "2202", "VP8", sip.NewHeader("X-Vinteo-MainCam-State", "0"))
	must(t, s.Moderate().Spectator("ann", room.ByCamera, "main"))
	moved(t, ann, "SPECTATOR", "1", "main")
	if code := ann.d.info("maincam", sip.NewHeader("x-webrtc-request-enable-media-device", "LETMESTARTMAINCAM")); code != 200 {
		t.Errorf("the camera: %d", code)
	}
	state := func(camera string) {
		t.Helper()
		if code := ann.d.info("mediastate", sip.NewHeader("x-webrtc-media-state", "currentstate"),
			sip.NewHeader("x-vinteo-maincam-state", camera), sip.NewHeader("x-vinteo-mic-state", "1")); code != 200 {
			t.Errorf("mediastate: %d", code)
		}
	}
	state("0")
	state("1")
	moved(t, ann, "PARTICIPANT", "", "")
	events.wait(t, "participant", nil)
	if err := s.Moderate().Spectator("ann", 3, ""); err == nil {
		t.Error("mode 3 was taken")
	}
}

func TestOffersThatAreRefused(t *testing.T) {
	s, _ := startServer(t, Config{})
	ann, ben := join(t, s, "ann", "2203", "VP8"), join(t, s, "ben", "2203", "VP8")
	other := join(t, s, "otto", "2204", "VP8")
	token, bens, foreign := ann.token(), ben.token(), other.token()
	must(t, s.Moderate().Spectator("ann", room.ByHand, "main"))
	moved(t, ann, "SPECTATOR", "0", "main")
	pc := receiver(t, "VP8")
	sdp, err := pc.CreateOffer(nil)
	must(t, err)
	good, err := json.Marshal(sessionDescription{"offer", sdp.SDP})
	must(t, err)
	const json, path = "application/json", "2203?quality=low&audio=main"
	for _, c := range []struct {
		name, path, token, kind string
		body                    []byte
		want                    int
	}{
		{"no token", path, "", json, good, 401},
		{"a broken token", path, token[:len(token)-2] + "xx", json, good, 401},
		{"a token with its claims changed", path, strings.Replace(token, ".", ".e", 1), json, good, 401},
		{"another room's token", path, foreign, json, good, 403},
		{"a participant's token", path, bens, json, good, 403},
		{"another room", "2204?quality=low&audio=main", token, json, good, 403},
		{"a room that is not open", "2299?quality=low&audio=main", token, json, good, 403},
		{"another audio id", "2203?quality=low&audio=other", token, json, good, 404},
		{"no audio id", "2203?quality=low", token, json, good, 404},
		{"another quality", "2203?quality=best&audio=main", token, json, good, 400},
		{"no JSON", path, token, json, []byte("v=0"), 400},
		{"an answer", path, token, json, []byte(`{"type":"answer","sdp":"v=0"}`), 400},
		{"no SDP", path, token, json, []byte(`{"type":"offer","sdp":"hello"}`), 400},
		{"no m-lines", path, token, json, []byte(`{"type":"offer","sdp":"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"}`), 400},
		{"too many m-lines", path, token, json, []byte(`{"type":"offer","sdp":"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n` +
			strings.Repeat(`m=video 9 UDP/TLS/RTP/SAVPF 96\r\n`, 40) + `"}`), 400},
		{"empty SDP", path, token, json, []byte(`{"type":"offer"}`), 400},
		{"a wrong type", path, token, "text/plain", good, 415},
		{"too much", path, token, json, []byte(`{"type":"offer","sdp":"` + strings.Repeat("a", maxOffer) + `"}`), 413},
	} {
		code, text := post(t, s, c.path, c.token, c.kind, c.body)
		if code != c.want {
			t.Errorf("%s: %d %s, want %d", c.name, code, text, c.want)
		}
		if strings.Contains(text, token) {
			t.Errorf("%s: the answer shows the token", c.name)
		}
	}
	must(t, s.Moderate().RenewToken("ann"))
	fresh := ann.token()
	if code, _ := post(t, s, path, token, json, good); code != 401 {
		t.Errorf("the replaced token: %d", code)
	}
	if code, text := post(t, s, path, fresh, json, good); code != 200 {
		t.Errorf("the new token: %d %s", code, text)
	}
	if code := ann.d.bye(); code != 200 {
		t.Errorf("BYE: %d", code)
	}
	if code, _ := post(t, s, path, fresh, json, good); code != 404 {
		t.Errorf("after the call: %d", code)
	}
}

func TestTokenExpires(t *testing.T) {
	s, _ := startServer(t, Config{TokenLife: time.Nanosecond})
	ann := join(t, s, "ann", "2205", "VP8")
	token := ann.token()
	must(t, s.Moderate().Spectator("ann", room.ByHand, "main"))
	moved(t, ann, "SPECTATOR", "0", "main")
	if code, _ := post(t, s, "2205?audio=main", token, "application/json", []byte(`{"type":"offer","sdp":"v=0"}`)); code != 401 {
		t.Errorf("an expired token: %d", code)
	}
}

func TestNewOfferReplacesTheSession(t *testing.T) {
	s, events := startServer(t, Config{})
	viewer, ann := join(t, s, "viewer", "2206", "VP8"), join(t, s, "ann", "2206", "VP8")
	token := viewer.token()
	ann.film(80)
	must(t, s.Moderate().Spectator("viewer", room.ByHand, "main"))
	first := spectate(t, s, viewer, token, "2206?quality=high&audio=main")
	first.watch(first.stream(webrtc.RTPCodecTypeVideo, "default"), func(f *video.Frame) bool { return near(f, 80) })
	closed := make(chan struct{})
	first.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateClosed || state == webrtc.PeerConnectionStateDisconnected {
			select {
			case <-closed:
			default:
				close(closed)
			}
		}
	})
	second := spectate(t, s, viewer, token, "2206?quality=low&audio=main")
	select {
	case <-closed:
	case <-time.After(patience):
		t.Error("the first session goes on")
	}
	// Low quality of a stream without layers is a key frame every two seconds.
	track := second.stream(webrtc.RTPCodecTypeVideo, "default")
	must(t, track.SetReadDeadline(time.Now().Add(patience)))
	frames, last := 0, uint32(0)
	var sequence uint16
	for start := time.Now(); time.Since(start) < 5*time.Second; {
		packet, _, err := track.ReadRTP()
		must(t, err)
		if frames > 0 && packet.SequenceNumber != sequence+1 {
			t.Errorf("sequence number %d after %d", packet.SequenceNumber, sequence)
		}
		sequence = packet.SequenceNumber
		if packet.Timestamp != last {
			frames, last = frames+1, packet.Timestamp
		}
	}
	if frames < 2 || frames > 8 {
		t.Errorf("%d frames in five seconds", frames)
	}
	// The spectator's media goes away: his session is cleaned up, his call goes on.
	must(t, second.pc.Close())
	events.wait(t, "reception-lost", nil)
	if list := s.Moderate().List(); list[0].State.Spectator.Receiving {
		t.Errorf("list: %s", fmt.Sprint(list[0]))
	}
	if code := viewer.d.bye(); code != 200 {
		t.Errorf("BYE: %d", code)
	}
}
