package connector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/signal"
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

func TestConnectRegisters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.expect("connect", "connection:connect-started", "connection:connect-parameters-resolve-success",
			"connection:connecting", "connection:connected", "connection:connected-with-configuration",
			"connected-with-configuration-from-out-of-call", "connection:registered", "connection:connect-succeeded")
		s := w.c.Snapshot()
		if s.SystemStatus() != session.StatusReadyToCall {
			t.Errorf("status %s", s.SystemStatus())
		}
		config := w.net.Last().Config
		if config.User != "1001" || config.DisplayName != "Bob_Smith" || config.URL != "wss://ws.example/webrtc/wss/" {
			t.Errorf("configuration %+v", config)
		}
		w.must(w.c.Disconnect(t.Context()))
		w.expect("disconnect", "connection:disconnecting", "connection:disconnected", "disconnected-from-out-of-call")
		if s := w.c.Snapshot(); s.Connection != "connection:idle" {
			t.Errorf("connection %s", s.Connection)
		}
	})
}

func TestWrongPasswordIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.net.Script = func(_ int, a *fake.Agent) {
			a.Handler.OnConnected()
			a.Handler.OnRegistrationFailed(&signal.ResponseError{Method: "REGISTER", StatusCode: 403,
				Cause: signal.CauseRejected})
		}
		err := w.c.Connect(t.Context(), user())
		var response *signal.ResponseError
		if !errors.As(err, &response) || response.StatusCode != 403 {
			t.Fatalf("error %v", err)
		}
		time.Sleep(time.Minute)
		if n := len(w.net.Agents()); n != 1 {
			t.Errorf("%d user agents", n)
		}
		if s := w.c.Snapshot(); s.SystemStatus() != session.StatusDisconnected {
			t.Errorf("status %s", s.SystemStatus())
		}
	})
}

// Point 1: after a failed handshake and a successful second try the connection is established and configured.
func TestFailedHandshakeIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.net.Script = func(n int, a *fake.Agent) {
			if n == 0 {
				a.Lose(1006)
				return
			}
			a.Connect()
		}
		begin := time.Now()
		w.must(w.c.Connect(t.Context(), guest()))
		if took := time.Since(begin); took != 300*time.Millisecond {
			t.Errorf("took %v", took)
		}
		if s := w.c.Snapshot(); s.Connection != "connection:established" {
			t.Errorf("connection %s", s.Connection)
		}
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
		invite := w.session().Invite.ExtraHeaders
		if len(invite) == 0 || !slices.Contains(invite, signal.Header{Name: "X-Vinteo-Purgatory-Call", Value: "yes"}) {
			t.Errorf("a guest's INVITE headers %v", invite)
		}
	})
}

func TestHandshakeFailsThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.net.Script = func(_ int, a *fake.Agent) { a.Lose(1006) }
		if err := w.c.Connect(t.Context(), guest()); err == nil {
			t.Fatal("no error")
		}
		if n := len(w.net.Agents()); n != 3 {
			t.Errorf("%d tries", n)
		}
	})
}

func TestOutgoingCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.media.Prepare = remoteTracks
		w.must(w.c.Connect(t.Context(), user()))
		w.take()
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
		w.expect("call", "call:start-call", "call:peerconnection", "call:connecting", "call:sdp", "call:sending", "call:progress",
			"call:sdp", "call:remote-streams-changed", "call:peerconnection:ontrack", "call:peerconnection:ontrack", "call:call-status-changed", "call:accepted", "call:confirmed",
			"call:peerconnection:confirmed")
		if log := w.session().Log(); len(log) != 1 || log[0] != "info application/vinteo.webrtc.roomname | "+
			"x-webrtc-enter-room: p2p1001to2001 | x-webrtc-participant-name: 2001 | x-webrtc-is-direct-p2p: true" {
			t.Errorf("log %q", log)
		}
		s := w.c.Snapshot()
		if s.Streams.Main == nil || len(s.Streams.Main.Tracks) != 2 || s.Streams.Contented != nil {
			t.Errorf("streams %+v", s.Streams)
		}
		w.session().Handler().OnInfo("application/vinteo.webrtc.roomname", []signal.Header{
			{Name: "X-WEBRTC-ENTER-ROOM", Value: "RoomABC"}, {Name: "X-WEBRTC-PARTICIPANT-NAME", Value: "Bob"}}, nil)
		w.expect("room", "api:enter-room", "call:newInfo")
		// Point 8: the room's name keeps its case for people, the token's room is compared without.
		w.net.Last().Handler.OnNotify([]signal.Header{{Name: "X-VINTEO-NOTIFY", Value: `{"cmd":"ConferenceParticipantTokenIssued",` +
			`"body":{"conference":"roomabc","participant":"Bob","jwt":"JwtCase"}}`}}, nil)
		w.expect("token", "connection:sipEvent", "api:conference:participant-token-issued")
		s = w.c.Snapshot()
		if s.Call.State != "call:inRoom" || s.Call.Room != "RoomABC" || s.Call.Token != "JwtCase" {
			t.Errorf("call %+v", s.Call)
		}
		w.must(w.c.HangUp(t.Context()))
		w.expect("hang up", endOfCall...)
		synctest.Wait()
		if !w.media.Last().Closed() {
			t.Error("peer connection left open")
		}
	})
}

func TestCallFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.net.Last().Answer = func(s *fake.Session) {
			s.Handler().OnSending()
			s.End(signal.End{Originator: signal.Remote, Cause: signal.CauseBusy, StatusCode: 486, Reason: "Busy Here"})
		}
		w.take()
		err := w.c.Call(t.Context(), connector.CallParameters{Number: "2001"})
		var failure *connector.CallError
		if !errors.As(err, &failure) || failure.Cause != signal.CauseBusy || failure.Originator != signal.Remote {
			t.Fatalf("error %v", err)
		}
		w.expect("busy", "call:start-call", "call:peerconnection", "call:connecting", "call:sdp", "call:sending",
			"call:ended:fromserver", "call:failed")
		if s := w.c.Snapshot(); s.LastError == nil || s.SystemStatus() != session.StatusReadyToCall {
			t.Errorf("snapshot %+v", s)
		}
	})
}

func TestCancelBeforeAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.net.Last().Answer = func(s *fake.Session) { s.Handler().OnSending() }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.c.Call(ctx, connector.CallParameters{Number: "2001"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v", err)
		}
		synctest.Wait()
		if log := w.session().Log(); !slices.Contains(log, "terminate 0 ") {
			t.Errorf("log %q", log)
		}
		if s := w.c.Snapshot(); s.Call.State != "call:idle" {
			t.Errorf("call %s", s.Call.State)
		}
	})
}

func TestIncomingCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.media.Prepare = remoteTracks
		w.must(w.c.Connect(t.Context(), user()))
		w.take()
		s := w.net.Last().Ring(signal.Identity{DisplayName: "Alice", User: "55", Host: "h"}, "v=0 their offer")
		w.expect("ringing", "incoming-call:ringing")
		if got := w.c.Snapshot().Incoming; got.State != "incoming:ringing" || got.DisplayName != "Alice" || got.Number != "55" {
			t.Errorf("incoming %+v", got)
		}
		second := w.net.Last().Ring(signal.Identity{User: "66"}, "v=0")
		w.must(w.c.Accept(t.Context(), camera()))
		w.expect("accept", "call:start-call", "call:peerconnection", "call:sdp", "call:remote-streams-changed",
			"call:peerconnection:ontrack", "call:peerconnection:ontrack", "call:connecting",
			"call:sdp", "call:call-status-changed", "call:accepted", "call:confirmed", "call:peerconnection:confirmed")
		third := w.net.Last().Ring(signal.Identity{User: "77"}, "v=0")
		synctest.Wait()
		// Point 18: a second call while one rings or is active is answered busy.
		for _, other := range []*fake.Session{second, third} {
			if log := other.Log(); !slices.Equal(log, []string{"reject 486"}) {
				t.Errorf("second call: %q", log)
			}
		}
		// Point 9: the answerer names the caller first.
		if log := strings.Join(s.Log(), "\n"); !strings.Contains(log, "x-webrtc-enter-room: p2p55to1001 | x-webrtc-participant-name: 55") {
			t.Errorf("log %s", log)
		}
		s.End(signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated})
		w.expect("bye", "call:ended:fromserver", "call:call-status-changed", "call:ended")
	})
}

func TestDecline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.take()
		for _, busy := range []bool{false, true} {
			s := w.net.Last().Ring(signal.Identity{User: "55"}, "v=0")
			synctest.Wait()
			w.must(w.c.Decline(t.Context(), busy))
			want := []string{"ring", "reject 487"}
			if busy {
				want[1] = "reject 486"
			}
			if log := s.Log(); !slices.Equal(log, want) {
				t.Errorf("log %q", log)
			}
			w.expect("decline", "incoming-call:ringing", "incoming-call:declinedIncomingCall")
		}
		// Point 18: the caller who gives up is told apart from the one who rings.
		first := w.net.Last().Ring(signal.Identity{User: "55"}, "v=0")
		synctest.Wait()
		first.End(signal.End{Originator: signal.Remote, Cause: signal.CauseCanceled})
		w.expect("cancel", "incoming-call:ringing", "incoming-call:terminatedIncomingCall")
		w.net.Last().Ring(signal.Identity{User: "66"}, "v=0")
		first.Handler().OnFailed(signal.End{Originator: signal.Remote, Cause: signal.CauseCanceled})
		w.expect("newer call", "incoming-call:ringing")
		if err := w.c.Accept(t.Context(), rtc.LocalStream{}); err != nil {
			t.Error(err)
		}
	})
}

func TestReinviteBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		w.must(w.c.Renegotiate(t.Context()))
		w.expect("ours", "call:sdp", "call:sdp")

		offer := "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendonly\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=inactive\r\n"
		answered := make(chan string, 2)
		ask := func(sdp string) {
			w.session().Handler().OnOffer(signal.InDialogOffer{Method: "INVITE", Offer: sdp,
				Accept: func(sdp string) { answered <- sdp },
				Reject: func(code int, _ string) { t.Errorf("rejected %d", code) }})
			<-answered
		}
		ask(offer)
		w.expect("theirs", "call:reinvite", "call:sdp", "call:sdp", "call:hold")
		ask("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendrecv\r\n")
		w.expect("theirs again", "call:reinvite", "call:sdp", "call:sdp", "call:unhold")

		// A failed renegotiation leaves the call as it was.
		w.session().ReinviteErr = &signal.ResponseError{Method: "INVITE", StatusCode: 488, Cause: signal.CauseIncompatibleSDP}
		if err := w.c.Renegotiate(t.Context()); err == nil {
			t.Error("no error")
		}
		w.expect("failed", "call:sdp")
		if log := w.media.Last().Log(); log[len(log)-1] != "rollback" {
			t.Errorf("peer %q", log)
		}
		if s := w.c.Snapshot(); !s.Call.State.Active() && s.Call.State != "call:connecting" {
			t.Errorf("call %s", s.Call.State)
		}
	})
}

func TestOfferWhileOursIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		hold := make(chan struct{})
		w.session().HoldReinvite = hold
		done := make(chan error)
		go func() { done <- w.c.Renegotiate(t.Context()) }()
		synctest.Wait()
		code := make(chan int, 1)
		w.session().Handler().OnOffer(signal.InDialogOffer{Method: "INVITE", Offer: "v=0",
			Accept: func(string) { t.Error("accepted") }, Reject: func(c int, _ string) { code <- c }})
		if got := <-code; got != 491 {
			t.Errorf("answered %d", got)
		}
		close(hold)
		w.must(<-done)
	})
}

func TestPresentation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		screen := fake.NewTrack("screen", rtc.Video)
		w.must(w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{}))
		w.expect("start", "presentation:start", "call:sdp", "call:sdp", "presentation:started")
		if e := w.media.Last().Encoding(rtc.SlotPresentation); e.MaxBitrate != 1_000_000 || e.ContentHint != "detail" {
			t.Errorf("encoding %+v", e)
		}
		other := fake.NewTrack("other", rtc.Video)
		w.must(w.c.UpdatePresentation(t.Context(), other))
		w.expect("update", "presentation:updating", "presentation:updated")
		if !screen.Stopped() || other.Stopped() {
			t.Error("the replaced track goes on, or the new one does not")
		}
		w.must(w.c.StopPresentation(t.Context()))
		w.expect("stop", "presentation:end", "presentation:ended")
		if !other.Stopped() || w.media.Last().Track(rtc.SlotPresentation) != nil {
			t.Error("capture goes on")
		}
		log := strings.Join(w.session().Log()[1:], "\n")
		const state = "info application/vinteo.webrtc.sharedesktop | x-webrtc-share-state: "
		if want := state + "LETMESTARTPRESENTATION\nreinvite\n" + state + "LETMESTARTPRESENTATION\n" + state + "STOPPRESENTATION"; log != want {
			t.Errorf("log %s", log)
		}
	})
}

// Point 10: the true error, one start at a time, a stop wins. Point 11: capture ends with the call.
func TestPresentationThatDoesNotStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		decline := true
		var hold chan struct{}
		w.session().InfoErr = func(contentType string, _ []signal.Header) error {
			if hold != nil {
				<-hold
			}
			if decline && strings.HasSuffix(contentType, "sharedesktop") {
				return &signal.ResponseError{Method: "INFO", StatusCode: 603, Cause: signal.CauseRejected}
			}
			return nil
		}
		screen := fake.NewTrack("screen", rtc.Video)
		err := w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{})
		if !errors.Is(err, presentation.ErrDeclined) || !screen.Stopped() {
			t.Errorf("error %v, stopped %v", err, screen.Stopped())
		}
		w.expect("declined", "presentation:failed")

		decline = false
		w.session().ReinviteErr = &signal.ResponseError{Method: "INVITE", StatusCode: 488}
		screen = fake.NewTrack("screen", rtc.Video)
		err = w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{})
		var reinvite *presentation.ReinviteError
		if !errors.As(err, &reinvite) || !screen.Stopped() || w.media.Last().Track(rtc.SlotPresentation) != nil {
			t.Errorf("error %v, stopped %v", err, screen.Stopped())
		}
		w.expect("re-INVITE failed", "presentation:start", "call:sdp", "presentation:failed")
		w.session().ReinviteErr = nil

		hold = make(chan struct{})
		screen = fake.NewTrack("screen", rtc.Video)
		outcome := make(chan error, 1)
		go func() { outcome <- w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{}) }()
		synctest.Wait()
		second := fake.NewTrack("second", rtc.Video)
		if err := w.c.StartPresentation(t.Context(), second, connector.PresentationOptions{}); !errors.Is(err, presentation.ErrStarted) {
			t.Errorf("second start: %v", err)
		}
		stopped := make(chan error, 1)
		go func() { stopped <- w.c.StopPresentation(t.Context()) }()
		if err := <-outcome; !errors.Is(err, presentation.ErrStopped) || !screen.Stopped() {
			t.Errorf("stopped start: %v", err)
		}
		close(hold)
		w.must(<-stopped)
		w.take()
		if s := w.c.Snapshot(); s.Presentation != "idle" && s.Presentation != "failed" {
			t.Errorf("presentation %s", s.Presentation)
		}

		screen = fake.NewTrack("screen", rtc.Video)
		w.must(w.c.StartPresentation(t.Context(), screen, connector.PresentationOptions{}))
		w.take()
		w.session().End(signal.End{Originator: signal.Remote, Cause: signal.CauseTerminated})
		w.expect("end of call", "call:ended:fromserver", "call:call-status-changed", "call:ended",
			"presentation:ended")
		if !screen.Stopped() {
			t.Error("the screen is still captured")
		}
	})
}

func TestRemotePresentationAndServerCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		info := func(kind, name, value string) {
			w.session().Handler().OnInfo("application/vinteo.webrtc."+kind, []signal.Header{{Name: name, Value: value}}, nil)
		}
		dual := fake.NewTrack("dual", rtc.Video)
		dual.Stream, dual.TrackLabel = "content", "dual0"
		peer := w.media.Last()
		peer.Tracks = append(peer.Tracks, dual)
		w.must(w.c.Renegotiate(t.Context()))
		w.expect("third m-line", "call:sdp", "call:sdp", "call:peerconnection:ontrack")
		info("sharedesktop", "x-webrtc-share-state", "YOUCANRECEIVECONTENT")
		w.expect("available", "api:contented-stream:available", "call:remote-streams-changed", "call:newInfo")
		if s := w.c.Snapshot(); s.Streams.Contented.Video() == nil {
			t.Errorf("streams %+v", s.Streams)
		}
		info("sharedesktop", "x-webrtc-share-state", "CONTENTEND")
		w.expect("ended", "api:contented-stream:not-available", "call:remote-streams-changed", "call:newInfo")

		w.must(w.c.StartPresentation(t.Context(), fake.NewTrack("screen", rtc.Video), connector.PresentationOptions{}))
		w.take()
		info("sharedesktop", "x-webrtc-share-state", "YOUMUSTSTOPSENDCONTENT")
		w.expect("must stop", "api:presentation:must-stop", "stopped-presentation-by-server-command", "presentation:end",
			"call:newInfo", "presentation:ended")

		info("mic", "x-webrtc-mic", "ADMINSTOPMIC")
		w.expect("muted by the moderator", "api:admin:stop-mic", "call:muted", "call:newInfo")
		if m := w.c.Snapshot().Media; !m.MicrophoneMutedByServer || m.MicrophoneOn {
			t.Errorf("media %+v", m)
		}
	})
}

func TestMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		w.session().InfoErr = func(string, []signal.Header) error {
			return &signal.ResponseError{Method: "INFO", StatusCode: 500}
		}
		w.must(w.c.SetMicrophone(t.Context(), false))
		w.expect("mute", "call:muted")
		log := w.session().Log()
		if last := log[len(log)-1]; last != "info application/vinteo.webrtc.mediastate | x-webrtc-media-state: currentstate | "+
			"x-vinteo-maincam-state: 1 | x-vinteo-mic-state: 0" {
			t.Errorf("log %q", last)
		}
		if m := w.c.Snapshot().Media; m.MicrophoneOn || !m.CameraOn || !m.HasMicrophone {
			t.Errorf("media %+v", m)
		}
		// Another microphone stays muted.
		mic := fake.NewTrack("mic2", rtc.Audio)
		w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{Audio: mic, Video: fake.NewTrack("cam2", rtc.Video)}))
		if mic.Enabled() {
			t.Error("the new microphone is on")
		}
		w.must(w.c.SetMicrophone(t.Context(), true))
		w.expect("unmute", "call:unmuted")
	})
}

func TestSocketLostInACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		w.net.Last().Lose(1006)
		w.expect("lost", "connection:disconnected")
		if s := w.c.Snapshot(); s.Connection != "connection:disconnected" || w.media.Last().Closed() {
			t.Errorf("connection %s", s.Connection)
		}
		w.net.Last().Connect()
		w.expect("back", "connection:connecting", "connection:connected", "connection:connected-with-configuration",
			"connection:registered")
		if s := w.c.Snapshot(); s.Connection != "connection:established" {
			t.Errorf("connection %s", s.Connection)
		}
		w.must(w.c.HangUp(t.Context()))
	})
}

func TestMediaPathFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		w.media.Last().SetState(rtc.StateFailed)
		w.take()
		if log := w.session().Log(); log[len(log)-1] != `terminate 408 SIP ;cause=408 ;text="RTP Timeout"` {
			t.Errorf("log %q", log)
		}
		var failure *connector.CallError
		if s := w.c.Snapshot(); !errors.As(s.LastError, &failure) || failure.Cause != signal.CauseRTPTimeout {
			t.Errorf("last error %v", s.LastError)
		}
	})
}

func TestTones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		begin := time.Now()
		w.must(w.c.SendDTMF(t.Context(), "1,#"))
		if took := time.Since(begin); took != 720*time.Millisecond+2*time.Second {
			t.Errorf("took %v", took)
		}
		w.expect("sent", "api:new-dtmf", "call:newDTMF", "api:new-dtmf", "call:newDTMF")
		if err := w.c.SendDTMF(t.Context(), "x"); err == nil {
			t.Error("x is no tone")
		}
	})
}

// Point 12: a failed collection does not end statistics.
func TestStatsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, events := 0, 0
		w := newWorld(t)
		defer w.close()
		w.media.Prepare = func(p *fake.Peer) {
			p.StatsFunc = func() (rtc.Stats, error) {
				calls++
				if calls == 2 {
					return rtc.Stats{}, errors.New("no statistics")
				}
				return rtc.Stats{}, nil
			}
		}
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
		w.c.Subscribe(func(e connector.Event) {
			if e.Name == "stats:collected" {
				events++
			}
		})
		time.Sleep(4*time.Second + time.Millisecond)
		synctest.Wait()
		if calls != 4 || events != 3 {
			t.Errorf("%d collections, %d events", calls, events)
		}
	})
}

// A dead main video asks for one renegotiation; the outgoing camera is balanced ten seconds into the call and obeys the
// server's commands.
func TestHealthAndBalancing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		rate := 100_000.0
		w.media.Prepare = func(p *fake.Peer) {
			remoteTracks(p)
			p.StatsFunc = func() (rtc.Stats, error) {
				rate *= 2
				return rtc.Stats{Inbound: rtc.InboundStats{Video: &rtc.StreamStats{}},
					CandidatePair: map[string]any{"availableIncomingBitrate": rate}}, nil
			}
		}
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
		time.Sleep(3500 * time.Millisecond)
		synctest.Wait()
		log := strings.Join(w.session().Log(), "\n")
		if n := strings.Count(log, "reinvite"); n != 1 {
			t.Errorf("%d re-INVITEs", n)
		}
		if !strings.Contains(log, "x-webrtc-available-incoming-bitrate: 400000") {
			t.Errorf("log %s", log)
		}
		time.Sleep(7 * time.Second)
		synctest.Wait()
		if e := w.media.Last().Encoding(rtc.SlotMain); e.MaxBitrate != 1_000_000 {
			t.Errorf("encoding %+v", e)
		}
		w.session().Handler().OnInfo("application/vinteo.webrtc.maincam", []signal.Header{
			{Name: "x-webrtc-maincam", Value: "MAXMAINCAMRESOLUTION"}, {Name: "x-webrtc-maincam-resolution", Value: "640x360"}}, nil)
		synctest.Wait()
		if e := w.media.Last().Encoding(rtc.SlotMain); e.MaxBitrate != 500_000 || e.ScaleDown != 2 {
			t.Errorf("encoding %+v", e)
		}
	})
}

func TestWatchSeesTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		var seen []session.Status
		release := make(chan struct{})
		cancel := w.c.Watch(func(s session.Snapshot) {
			<-release
			seen = append(seen, s.SystemStatus())
		})
		synctest.Wait() // the first snapshot is being looked at
		w.must(w.c.Connect(t.Context(), user()))
		synctest.Wait()
		close(release)
		synctest.Wait()
		if len(seen) != 2 || seen[1] != session.StatusReadyToCall {
			t.Errorf("seen %v", seen)
		}
		cancel()
		cancel()
	})
}

func TestCloseInTheMiddle(t *testing.T) {
	for name, prepare := range map[string]func(w *world){
		"connecting": func(w *world) {
			w.net.Script = func(int, *fake.Agent) {}
			go func() { _ = w.c.Connect(w.t.Context(), user()) }()
		},
		"calling": func(w *world) {
			w.must(w.c.Connect(w.t.Context(), user()))
			w.net.Last().Answer = func(*fake.Session) {}
			go func() { _ = w.c.Call(w.t.Context(), connector.CallParameters{Number: "1"}) }()
		},
		"gathering": func(w *world) {
			w.must(w.c.Connect(w.t.Context(), user()))
			w.media.Prepare = func(p *fake.Peer) { p.Hold = make(chan struct{}) }
			go func() { _ = w.c.Call(w.t.Context(), connector.CallParameters{Number: "1"}) }()
		},
		"ringing": func(w *world) {
			w.must(w.c.Connect(w.t.Context(), user()))
			w.net.Last().Ring(signal.Identity{User: "1"}, "v=0")
		},
		"in a call": func(w *world) {
			w.must(w.c.Connect(w.t.Context(), user()))
			w.must(w.c.Call(w.t.Context(), connector.CallParameters{Number: "1", Stream: camera()}))
			w.must(w.c.StartPresentation(w.t.Context(), fake.NewTrack("screen", rtc.Video), connector.PresentationOptions{}))
		},
		"negotiating": func(w *world) {
			w.must(w.c.Connect(w.t.Context(), user()))
			w.must(w.c.Call(w.t.Context(), connector.CallParameters{Number: "1", Stream: camera()}))
			w.session().HoldReinvite = make(chan struct{})
			go func() { _ = w.c.Renegotiate(w.t.Context()) }()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.c.Watch(func(session.Snapshot) {})
				prepare(w)
				synctest.Wait()
				w.close()
				for _, a := range w.net.Agents() {
					if !a.Stopped() {
						t.Error("a user agent was left running")
					}
				}
				for _, p := range w.media.Peers() {
					if !p.Closed() {
						t.Error("a peer connection was left open")
					}
				}
				if err := w.c.Connect(t.Context(), user()); !errors.Is(err, connector.ErrClosed) {
					t.Errorf("after Close: %v", err)
				}
			})
		})
	}
}

// A peer that does not answer the BYE takes all of Close's time; the user agent is stopped all the same.
func TestCloseStopsTheAgentOfASilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		w.session().HoldTerminate = true
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		w.must(w.c.Close(ctx))
		if !w.net.Last().Stopped() {
			t.Error("the user agent lives on after Close")
		}
	})
}

// Our offer in a 200, their answer in the ACK: an answer that cannot be applied is no confirmed call.
func TestLateAnswerThatCannotBeApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.media.Prepare = func(p *fake.Peer) { p.ApplyErr = errors.New("no codec in common") }
		w.net.Last().Ring(signal.Identity{User: "1"}, "")
		w.take()
		if err := w.c.Accept(t.Context(), rtc.LocalStream{}); err == nil {
			t.Error("the call counts as confirmed")
		}
		if names := w.take(); slices.Contains(names, "call:confirmed") || !slices.Contains(names, "call:setremotedescriptionfailed") &&
			!slices.Contains(names, "call:peerconnection:setremotedescriptionfailed") {
			t.Errorf("events %v", names)
		}
	})
}

// A call that fails before its peer connection is there is answered: the caller must not ring until his time is up.
func TestAcceptThatFailsAtOnceIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.media.Err = errors.New("bad ICE server")
		session := w.net.Last().Ring(signal.Identity{User: "1"}, "v=0")
		w.take()
		if err := w.c.Accept(t.Context(), rtc.LocalStream{}); err == nil {
			t.Error("accepted without a peer connection")
		}
		synctest.Wait()
		if log := session.Log(); !slices.ContainsFunc(log, func(s string) bool { return strings.HasPrefix(s, "terminate") }) {
			t.Errorf("the caller was told nothing: %v", log)
		}
	})
}

// A share that is stopped while its permission is pending ends, it does not fail.
func TestShareStoppedWhilePending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		hold := make(chan struct{})
		w.session().AnswerInfo(func(contentType string, headers []signal.Header) error {
			asks := slices.ContainsFunc(headers, func(h signal.Header) bool { return h.Value == "LETMESTARTPRESENTATION" })
			if asks {
				<-hold
			}
			return nil
		})
		outcome := make(chan error, 1)
		go func() {
			outcome <- w.c.StartPresentation(t.Context(), fake.NewTrack("screen", rtc.Video), connector.PresentationOptions{})
		}()
		synctest.Wait()
		stopped := make(chan error, 1)
		go func() { stopped <- w.c.StopPresentation(t.Context()) }()
		if err := <-outcome; !errors.Is(err, presentation.ErrStopped) {
			t.Errorf("start: %v", err)
		}
		close(hold)
		w.must(<-stopped)
		if names := w.take(); slices.Contains(names, "presentation:failed") || slices.Contains(names, "presentation:started") ||
			!slices.Contains(names, "presentation:ended") {
			t.Errorf("events %v", names)
		}
	})
}
