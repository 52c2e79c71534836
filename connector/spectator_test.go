package connector_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/internal/fake"
	"parley/connector/path"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/signal"
)

// offers is the server's HTTP side.
type offers struct {
	mu     sync.Mutex
	fails  int
	urls   []string
	tokens []string
	key    string // of the answers' fingerprint; none when empty
}

// answerWith sets the key of the next answers.
func (o *offers) answerWith(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.key = key
}

func (o *offers) RoundTrip(q *http.Request) (*http.Response, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.urls = append(o.urls, q.URL.String())
	o.tokens = append(o.tokens, q.Header.Get("Authorization"))
	status := 200
	if o.fails > 0 {
		o.fails--
		status = 503
	}
	sdp := "v=0"
	if o.key != "" {
		sdp += `\r\na=fingerprint:sha-256 ` + o.key + `\r\n`
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(`{"type":"answer","sdp":"` + sdp + `"}`))}, nil
}

func (o *offers) take() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	urls := o.urls
	o.urls = nil
	return urls
}

// conference is a world in a call.
func conference(t *testing.T, o *offers) *world {
	t.Helper()
	w := newWorld(t)
	w.rebuild(connector.Config{HTTP: &http.Client{Transport: o}})
	w.media.Prepare = func(p *fake.Peer) {
		if p.Config.ReceiveVideo == 0 {
			remoteTracks(p)
			return
		}
		p.Connects = true
		for _, kind := range []rtc.Kind{rtc.Audio, rtc.Video} {
			track := fake.NewTrack("recv-"+string(kind), kind)
			track.Stream = "default"
			p.Tracks = append(p.Tracks, track)
		}
	}
	w.must(w.c.Connect(t.Context(), user()))
	w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
	w.take()
	return w
}

func (w *world) info(kind string, pairs ...string) {
	var headers []signal.Header
	for i := 0; i+1 < len(pairs); i += 2 {
		headers = append(headers, signal.Header{Name: pairs[i], Value: pairs[i+1]})
	}
	w.session().Handler().OnInfo("application/vinteo.webrtc."+kind, headers, nil)
	synctest.Wait()
}

func (w *world) room(room, token string) {
	w.info("roomname", "x-webrtc-enter-room", room, "x-webrtc-participant-name", "Bob", "x-bearer-token", token)
}

// Point 16: entering the role changes the streams. The session is built when there is a room with a token, rebuilt for
// another quality, negotiated once for another room (point 15), and ended with the role.
func TestSpectator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &offers{}
		w := conference(t, o)
		defer w.close()
		w.must(w.c.StartPresentation(t.Context(), fake.NewTrack("screen", rtc.Video), connector.PresentationOptions{}))
		w.take()
		w.info("partstate", "x-webrtc-partstate", "SPECTATOR", "x-webrtc-audioid", "A1")
		w.expect("moved", "api:participant:move-request-to-spectators-with-audio-id", "stopped-presentation-by-server-command",
			"presentation:end", "call:remote-streams-changed", "api:participant:move-request-to-spectators", "call:newInfo",
			"presentation:ended")
		main := w.media.Peers()[0]
		if a, v := main.Encoding(rtc.SlotAudio).MaxBitrate, main.Encoding(rtc.SlotMain).MaxBitrate; a != 6000 || v != 60_000 {
			t.Errorf("bitrates %d %d", a, v)
		}
		if urls := o.take(); urls != nil {
			t.Errorf("offered without a room: %v", urls)
		}
		w.room("RoomABC", "T1")
		w.expect("room", "api:enter-room", "call:newInfo", "call:remote-streams-changed", "call:recv-session-started")
		if urls := o.take(); !slices.Equal(urls, []string{"https://ws.example/api/v2/rtp2webrtc/offer/RoomABC?quality=high&audio=A1"}) {
			t.Errorf("offers %v", urls)
		}
		if s := w.c.Snapshot(); s.CallSession.Role != session.Spectator || s.Streams.Main == nil || s.Streams.Main.ID != "default" {
			t.Errorf("snapshot %+v", s)
		}
		w.must(w.c.SetRecvQuality(t.Context(), call.QualityLow))
		w.expect("quality", "call:remote-streams-changed", "call:recv-quality-changed")
		w.must(w.c.SetRecvQuality(t.Context(), call.QualityLow))
		w.room("200", "T2")
		if urls := o.take(); len(urls) != 2 || !strings.Contains(urls[0], "RoomABC?quality=low") || !strings.Contains(urls[1], "/200?quality=low") {
			t.Errorf("offers %v", urls)
		}
		w.take()
		w.info("partstate", "x-webrtc-partstate", "PARTICIPANT")
		w.expect("back", "api:participant:move-request-to-participants", "call:recv-session-ended", "call:remote-streams-changed",
			"call:newInfo")
		if a := main.Encoding(rtc.SlotAudio).MaxBitrate; a != 520_000 {
			t.Errorf("audio bitrate %d", a)
		}
		for _, p := range w.media.Peers()[1:] {
			if !p.Closed() {
				t.Error("a receiving peer connection was left open")
			}
		}
	})
}

// A spectator's offer that the server refuses is tried ten times, and then the call fails.
func TestSpectatorWhoseOfferFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &offers{fails: 10}
		w := conference(t, o)
		defer w.close()
		w.room("1", "T1")
		begin := time.Now()
		w.info("partstate", "x-webrtc-partstate", "SPECTATOR", "x-webrtc-audioid", "A1")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := len(o.take()); n != 10 {
			t.Errorf("%d offers in %v", n, time.Since(begin))
		}
		if s := w.c.Snapshot(); s.Call.State != "call:idle" || s.CallSession.Role != session.Participant {
			t.Errorf("snapshot %+v", s)
		}
	})
}

// A negotiation that is overtaken is cancelled, rolled back and begun anew with what holds now.
func TestSpectatorOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &offers{fails: 3}
		w := conference(t, o)
		defer w.close()
		w.room("1", "T1")
		w.info("partstate", "x-webrtc-partstate", "SPECTATOR", "x-webrtc-audioid", "A1")
		time.Sleep(100 * time.Millisecond)
		w.room("2", "T2")
		time.Sleep(3 * time.Second)
		synctest.Wait()
		urls := o.take()
		if len(urls) != 4 || !strings.Contains(urls[0], "/1?") || !strings.Contains(urls[1], "/2?") {
			t.Errorf("offers %v", urls)
		}
		if log := w.media.Last().Log(); !slices.Contains(log, "rollback") {
			t.Errorf("peer %v", log)
		}
		if s := w.c.Snapshot(); s.Streams.Main == nil {
			t.Errorf("streams %+v", s.Streams)
		}
	})
}

// A renegotiation that the server answers with another peer connection builds the session anew, silently; one that it answers
// with the same keeps ours.
func TestSpectatorWhoseServerHasAnotherPeerConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &offers{key: "AA:AA"}
		w := conference(t, o)
		defer w.close()
		w.room("2001", "T1")
		w.info("partstate", "x-webrtc-partstate", "SPECTATOR", "x-webrtc-audioid", "A1")
		peers := len(w.media.Peers())
		w.must(w.c.Renegotiate(t.Context()))
		if n := len(w.media.Peers()); n != peers {
			t.Errorf("%d peer connections after a renegotiation, before %d", n, peers)
		}
		w.take()
		o.take()
		o.answerWith("BB:BB")
		w.must(w.c.Renegotiate(t.Context()))
		if n := len(w.media.Peers()); n != peers+1 {
			t.Errorf("%d peer connections, want one more than %d", n, peers)
		}
		if urls := o.take(); len(urls) != 2 {
			t.Errorf("offers %v; want one that finds out and one of the new peer connection", urls)
		}
		same(t, "told", w.only("call:recv", "call:ended", "call:failed"))
		if s := w.c.Snapshot(); s.Streams.Main == nil || s.Streams.Main.ID != "default" {
			t.Errorf("streams %+v", s.Streams)
		}
	})
}

// A spectator's picture comes over a path of its own: it gets new addresses with the call's.
func TestSpectatorsPathFollowsTheNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := conference(t, &offers{key: "AA:AA"})
		defer w.close()
		w.room("2001", "T1")
		sending := w.media.Last()
		w.info("partstate", "x-webrtc-partstate", "SPECTATOR", "x-webrtc-audioid", "A1")
		receiving := w.media.Last()
		sending.SetState(rtc.StateDisconnected)
		time.Sleep(path.Patience)
		synctest.Wait()
		for name, peer := range map[string]*fake.Peer{"sending": sending, "receiving": receiving} {
			if n := strings.Count(strings.Join(peer.Log(), ", "), "offer true"); n != 1 {
				t.Errorf("%s: %d offers with new addresses in %v", name, n, peer.Log())
			}
		}
		w.must(w.c.Renegotiate(t.Context())) // the next offer is an ordinary one again
		if log := receiving.Log(); strings.Count(strings.Join(log, ", "), "offer true") != 1 {
			t.Errorf("receiving: %v", log)
		}
	})
}
