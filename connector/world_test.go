package connector_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/rtc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a connector between a fake network and a fake media engine.
type world struct {
	t     *testing.T
	c     *connector.Connector
	net   *fake.Dialer
	media *fake.Factory

	mu     sync.Mutex
	events []connector.Event
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, net: &fake.Dialer{}, media: &fake.Factory{}}
	w.build(connector.Config{})
	return w
}

// rebuild begins again with another configuration.
func (w *world) rebuild(config connector.Config) {
	w.close()
	w.build(config)
}

// textOfJSON is how an event's payload is written.
func textOfJSON(data any) string {
	raw, err := json.Marshal(data)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func (w *world) build(config connector.Config) {
	config.Peers, config.Dialer = w.media, w.net
	c, err := connector.New(config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.c = c
	c.Subscribe(func(e connector.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		raw, err := json.Marshal(e.Data)
		if err != nil {
			w.t.Errorf("%s does not encode: %v", e.Name, err)
		}
		if text := string(raw) + fmt.Sprintf("%+v", e.Data); strings.Contains(text, "secret") || strings.Contains(string(raw), "JwtCase") {
			w.t.Errorf("%s tells a secret: %s", e.Name, text)
		}
		w.events = append(w.events, e)
	})
}

func (w *world) close() {
	w.t.Helper()
	if err := w.c.Close(w.t.Context()); err != nil {
		w.t.Error(err)
	}
}

// quiet are events that most scenarios do not look at.
var quiet = []string{"session:", "stats:", "call:remote-tracks-changed", "video-balancer:", "main-stream-health:", "call-reconnect:"}

func isQuiet(name string) bool {
	return slices.ContainsFunc(quiet, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// take returns the names of the events since the last take.
func (w *world) take() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	names := []string{}
	for _, e := range w.events {
		if !isQuiet(e.Name) {
			names = append(names, e.Name)
		}
	}
	w.events = nil
	return names
}

func (w *world) expect(what string, want ...string) {
	w.t.Helper()
	got := w.take()
	if !slices.Equal(got, want) {
		w.t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

func guest() connector.ConnectParameters {
	return connector.ConnectParameters{SIPServerURL: "ws.example", SIPServerIP: "sip.example", DisplayName: "Bob Smith"}
}

func user() connector.ConnectParameters {
	p := guest()
	p.Register, p.User, p.Password = true, "1001", "secret"
	return p
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func camera() rtc.LocalStream {
	return rtc.LocalStream{Audio: fake.NewTrack("mic", rtc.Audio), Video: fake.NewTrack("cam", rtc.Video)}
}

// remoteTracks lets every peer connection receive a sound and a picture of one participant.
func remoteTracks(p *fake.Peer) {
	for _, kind := range []rtc.Kind{rtc.Audio, rtc.Video} {
		t := fake.NewTrack("remote-"+string(kind), kind)
		t.Stream = "them"
		p.Tracks = append(p.Tracks, t)
	}
}

// inCall connects and calls, and forgets the events of it.
func inCall(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.media.Prepare = remoteTracks
	w.must(w.c.Connect(t.Context(), user()))
	w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
	w.take()
	return w
}

func (w *world) session() *fake.Session {
	sessions := w.net.Last().Sessions()
	return sessions[len(sessions)-1]
}

var endOfCall = []string{"call:end-call", "call:call-status-changed", "call:ended"}
