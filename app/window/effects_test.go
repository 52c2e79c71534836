package window

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/app/client"
	"parley/app/settings"
	"parley/connector"
	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/audio"
	"parley/views"
	"parley/views/kept"
)

// Each setting that a connection takes must change what the client is made of: whoever adds one is told here.
func TestEverySettingOfAConnectionReachesTheClient(t *testing.T) {
	base := kept.Defaults()
	made := func(s kept.Settings) client.Options { return clientOptions(Options{}, LinkOptions{Settings: s}) }
	for key, edit := range map[string]func(*kept.Settings){
		"video.height":            func(s *kept.Settings) { s.Video.Height = 360 },
		"video.codecs":            func(s *kept.Settings) { s.PreferredCodecs = []string{"H264"} },
		"video.excluded_codecs":   func(s *kept.Settings) { s.ExcludedCodecs = []string{"VP8"} },
		"video.send_limit":        func(s *kept.Settings) { s.SendLimit = 300 },
		"video.receive_limit":     func(s *kept.Settings) { s.ReceiveLimit = 400 },
		"video.balancer":          func(s *kept.Settings) { s.Balancer = false },
		"network.reconnect":       func(s *kept.Settings) { s.Reconnect = false },
		"network.redial_attempts": func(s *kept.Settings) { s.RedialAttempts = 2 },
		"recovery.samples":        func(s *kept.Settings) { s.Samples = 9 },
		"recovery.throttle_ms":    func(s *kept.Settings) { s.Throttle = 1234 },
		"devices.speaker":         func(s *kept.Settings) { s.Speaker = "s" },
	} {
		s := base
		edit(&s)
		if reflect.DeepEqual(made(s), made(base)) {
			t.Errorf("%s changes nothing", key)
		}
	}
	s := base
	s.Video = kept.Video{Height: 480, PreferredCodecs: []string{"H264", "VP8"}, ExcludedCodecs: []string{"AV1"}, SendLimit: 300, ReceiveLimit: 400}
	s.Recovery = kept.Recovery{Samples: 4, Throttle: 1500}
	o := made(s)
	if o.MaxWidth != 854 || o.MaxHeight != 480 || o.MaxBitrate != 300_000 || o.MaxReceiveBitrate != 400_000 || !o.Balancer.Off || !o.KeepConnected ||
		o.Recovery != (connector.RecoveryConfig{Samples: 4, Throttle: 1500 * time.Millisecond}) || o.Redial.MaxAttempts != 5 {
		t.Errorf("client %+v", o)
	}
	want := rtc.Codecs{Preferred: []string{"H264", "VP8"}, Excluded: []string{"AV1"}}
	if diff := cmp.Diff(want, o.Codecs); diff != "" {
		t.Error(diff)
	}
}

func TestTheSettingsKnowTheCodecsOfThisBuild(t *testing.T) {
	if got := newRig(t).Model().Codecs; !slices.Contains(got, "VP8") || !slices.Contains(got, "H264") {
		t.Errorf("codecs %v", got)
	}
}

func (r *rig) set(t *testing.T, edit func(*views.Settings)) {
	t.Helper()
	if err := r.Change(t.Context(), edit); err != nil {
		t.Fatal(err)
	}
}

func TestServersProxyAndAuthoritiesReachTheLink(t *testing.T) {
	r := newRig(t)
	r.set(t, func(s *views.Settings) {
		s.Proxy = "http://proxy.test:3128"
		s.ICEServers = []kept.ICEServer{{URL: "stun:s.test"}, {URL: "turn:t.test", User: "u"}, {URL: "turn:lost.test", User: "v"}}
	})
	if err := r.KeepCredential(t.Context(), "turn:t.test", "u", "secret"); err != nil {
		t.Fatal(err)
	}
	r.signIn(t)
	o := r.opened[0]
	want := []rtc.ICEServer{{URLs: []string{"stun:s.test"}}, {URLs: []string{"turn:t.test"}, Username: "u", Credential: "secret"}}
	if diff := cmp.Diff(want, o.ICE); diff != "" || o.Proxy == nil || o.Proxy.Host != "proxy.test:3128" {
		t.Errorf("proxy %v, servers %s", o.Proxy, diff)
	}
	if !slices.Contains(o.secrets(), "secret") {
		t.Error("a report could hold the TURN server's password")
	}
	if err := r.KeepCredential(t.Context(), "turn:t.test", "u", ""); err != nil || len(r.secrets) != 0 {
		t.Errorf("after forgetting: %v, %v", err, r.secrets)
	}
}

// A password goes with its server when that is called otherwise, and away where nobody needs it.
func TestATURNPasswordMovesInTheKeyring(t *testing.T) {
	r := newRig(t)
	old, now := kept.ICEServer{URL: "turn:a", User: "u"}, kept.ICEServer{URL: "turn:b", User: "v"}
	if err := r.MoveCredential(t.Context(), old, now); err != nil || len(r.secrets) != 0 {
		t.Errorf("nothing was kept: %v, %v", err, r.secrets)
	}
	if err := r.KeepCredential(t.Context(), old.URL, old.User, "secret"); err != nil {
		t.Fatal(err)
	}
	if err := r.MoveCredential(t.Context(), old, now); err != nil {
		t.Fatal(err)
	}
	if got := r.secrets[settings.CredentialOf(now.URL, now.User)]; got != "secret" || len(r.secrets) != 1 {
		t.Errorf("kept %v", r.secrets)
	}
	if err := r.MoveCredential(t.Context(), now, kept.ICEServer{URL: "turn:b"}); err != nil || len(r.secrets) != 0 {
		t.Errorf("without a user: %v, %v", err, r.secrets)
	}
}

func TestAFileOfAuthoritiesThatIsNoneIsSaid(t *testing.T) {
	r := newRig(t)
	path := filepath.Join(t.TempDir(), "ca.pem")
	r.set(t, func(s *views.Settings) { s.CAFile = path })
	form := views.SignIn{Server: "meet.test", Name: "Ann", Guest: true}
	var wrong *views.AuthorityError
	if err := r.Connect(t.Context(), form); !errors.As(err, &wrong) || wrong.File != path {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Connect(t.Context(), form); !errors.As(err, &wrong) || !strings.Contains(wrong.Error(), "no certificate") {
		t.Errorf("a file without certificates: %v", err)
	}
}

func TestHowACallBegins(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	r.set(t, func(s *views.Settings) { s.Muted, s.CameraOff, s.Redial, s.Video.Height = true, true, false, 1080 })
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	if r.microphone.Enabled() || r.cameraOptions.On || r.cameraOptions.Height != 1080 || !r.connector.call.NoRedial {
		t.Errorf("microphone on %t, camera %+v, call %+v", r.microphone.Enabled(), r.cameraOptions, r.connector.call)
	}
}

func TestSharingIsLimited(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	r.set(t, func(s *views.Settings) { s.PresentLimit = 700 })
	if err := r.ShareScreen(t.Context(), views.Share{}); err != nil || r.connector.presented.MaxBitrate != 700_000 {
		t.Errorf("error %v, options %+v", err, r.connector.presented)
	}
}

// fakeProcessor notes what is to be done to the sound (audio.Processor).
type fakeProcessor struct {
	audio.Processor
	done []audio.Processing
}

func (p *fakeProcessor) SetProcessing(o audio.Processing) error {
	p.done = append(p.done, o)
	return nil
}

func TestSoundIsProcessedAsSetAtOnce(t *testing.T) {
	r, p := newRig(t), &fakeProcessor{}
	r.options.Processor = p
	r.signIn(t)
	r.set(t, func(s *views.Settings) { s.Noise = false })
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	r.set(t, func(s *views.Settings) { s.Echo = false })
	want := []audio.Processing{{Echo: true, Gain: true}, {Echo: true, Gain: true}, {Gain: true}}
	if !slices.Equal(p.done, want) {
		t.Errorf("processing %v, want %v", p.done, want)
	}
}

func TestStartWithTheSystem(t *testing.T) {
	r := newRig(t)
	r.set(t, func(s *views.Settings) { s.WithSystem = true })
	r.set(t, func(s *views.Settings) { s.Theme = "dark" })
	r.set(t, func(s *views.Settings) { s.WithSystem = false })
	if !slices.Equal(r.startsWithSystem, []bool{true, false}) {
		t.Errorf("started with the system: %v", r.startsWithSystem)
	}
}

func TestNewSettingsOfAConnectionMakeANewOneOutsideCalls(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	renew := func(want int) {
		t.Helper()
		if err := r.Renew(t.Context()); err != nil || len(r.opened) != want {
			t.Errorf("error %v, %d connections, want %d", err, len(r.opened), want)
		}
	}
	renew(1)
	r.set(t, func(s *views.Settings) { s.Theme = "dark" })
	renew(1)
	r.set(t, func(s *views.Settings) { s.RedialAttempts = 9 })
	renew(2)
	if !r.Model().SignedIn || r.opened[1].Form.Name != "Ann" {
		t.Error("signed out by new settings")
	}
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	r.state(call.InRoom)
	r.set(t, func(s *views.Settings) { s.Balancer = false })
	renew(2) // not in a call
	r.state(call.Idle)
	r.background.Wait()
	if len(r.opened) != 3 || r.opened[2].Settings.Balancer {
		t.Errorf("%d connections after the call", len(r.opened))
	}
	r.set(t, func(s *views.Settings) { s.SendLimit = 100 })
	r.connector.answer["connect"] = errors.New("gone")
	if err := r.Renew(t.Context()); err == nil || r.Model().SignedIn {
		t.Errorf("error %v, signed in %t", err, r.Model().SignedIn)
	}
}

func TestThePasswordIsRememberedInTheKeyringAndSignsInAgain(t *testing.T) {
	folder := t.TempDir()
	r := newRigIn(t, folder)
	form := views.SignIn{Server: "meet.test", Name: "Ann", User: "1001", Password: "secret", Remember: true}
	if err := r.Connect(t.Context(), form); err != nil {
		t.Fatal(err)
	}
	if got := r.secrets[settings.PasswordOf("meet.test:443", "1001")]; got != "secret" {
		t.Errorf("keyring %v", r.secrets)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again := newRigIn(t, folder)
	for k, v := range r.secrets {
		again.secrets[k] = v
	}
	if got, signIn := again.recall(t.Context()); got != form || !signIn {
		t.Errorf("recalls %+v, sign in %t", got, signIn)
	}
	if err := again.Disconnect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, signIn := again.recall(t.Context()); signIn {
		t.Error("signs in after signing out")
	}
	again.secrets["broken"] = "yes"
	again.recall(t.Context())
	if !again.Model().ForgetsPasswords {
		t.Error("the sign in screen does not learn that there is no keyring")
	}
}

func TestReconnectTriesAtOnce(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Reconnect(t.Context()); err != nil || !slices.Contains(r.connector.asked, "restart") {
		t.Errorf("error %v, asked %v", err, r.connector.asked)
	}
	r.set(t, func(s *views.Settings) { s.Reconnect = false })
	if err := r.Reconnect(t.Context()); err != nil || len(r.opened) != 2 {
		t.Errorf("error %v, %d connections", err, len(r.opened))
	}
}

func TestWhatTheModeratorDoes(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	r.state(call.InRoom)
	tell := func(name string, data any) { r.connector.tell(connector.Event{Name: name, Data: data}) }
	tell("api:admin:start-mic", nil)
	if !r.Model().Conference.AskedMicrophone {
		t.Error("asked for the microphone")
	}
	if err := r.RefuseMicrophone(t.Context()); err != nil || !slices.Contains(r.connector.asked, "refuse microphone") ||
		r.Model().Conference.AskedMicrophone {
		t.Errorf("refusing: %v, asked %v", err, r.connector.asked)
	}
	tell("api:admin:start-main-cam", nil)
	if err := r.SetCamera(t.Context(), true); err != nil || r.Model().Conference.AskedCamera {
		t.Errorf("accepting: %v, %+v", err, r.Model().Conference)
	}
	for i, c := range []struct {
		event string
		data  any
		want  views.News
	}{
		{"api:participation:accepting-word-request", nil, views.NewsWordGiven},
		{"api:participation:cancelling-word-request", nil, views.NewsWordCancelled},
		{"api:participant:move-request-to-spectators", nil, views.NewsSpectator},
		{"api:participant:move-request-to-participants", nil, views.NewsParticipant},
		{"api:presentation:must-stop", nil, views.NewsPresentationStop},
		{"api:use-license", "AUDIO", views.NewsLicenseAudio},
		{"api:webcast:started", nil, views.NewsWebcastStarted},
		{"api:participant:move-request-to-stream", nil, views.NewsStream},
	} {
		tell(c.event, c.data)
		if got := r.Model().Conference; got.News != c.want || got.NewsNo != i+1 {
			t.Errorf("%s: %+v", c.event, got)
		}
	}
	if got := r.Model().Conference; !got.Webcast || !got.OnStream {
		t.Errorf("webcast: %+v", got)
	}
	before := r.Model().Conference.NewsNo
	tell("api:use-license", "AUDIO") // as it was
	tell("api:use-license", "SOMETHING")
	tell("api:use-license", 7)
	if got := r.Model().Conference.NewsNo; got != before {
		t.Errorf("%d news of nothing new", got-before)
	}
	tell("call:ended", nil)
	if got := r.Model().Conference; got != (views.Conference{}) {
		t.Errorf("after the call: %+v", got)
	}
}

func TestADeviceThatFailsIsTold(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("unplugged")
	r.cameraOptions.Lost(gone)
	if got := r.Model().Trouble; got.Device != views.TroubleCamera || !errors.Is(got.Err, gone) {
		t.Errorf("trouble %+v", got)
	}
	r.microphoneOptions.Lost(gone)
	if got := r.Model().Trouble; got.Device != views.TroubleMicrophone {
		t.Errorf("trouble %+v", got)
	}
}

func TestSpeakingWhileMutedIsTold(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	r.microphone.speaking(true)
	if !r.Model().MutedSpeech {
		t.Error("not told")
	}
	r.microphone.speaking(false)
	if r.Model().MutedSpeech {
		t.Error("told for ever")
	}
}

// stats is a collection at a second, with totals of what came.
func stats(second int, received uint64, lost int64, roundTrip float64) rtc.Stats {
	return rtc.Stats{
		Time:          time.Unix(int64(second), 0),
		Inbound:       rtc.InboundStats{Audio: &rtc.StreamStats{PacketsReceived: received, PacketsLost: lost, BytesReceived: received * 100}},
		CandidatePair: map[string]any{"currentRoundTripTime": roundTrip},
	}
}

func TestQualityFollowsTheThresholds(t *testing.T) {
	for _, c := range []struct {
		roundTrip float64
		lost      int64 // of 1000 a second
		want      views.QualityLevel
	}{
		{0.199, 19, views.QualityGood}, {0.200, 0, views.QualityFair}, {0.05, 21, views.QualityFair},
		{0.500, 50, views.QualityFair}, {0.501, 0, views.QualityPoor}, {0.05, 51, views.QualityPoor},
	} {
		var m qualityMeter
		var q views.Quality
		for i := range 4 {
			q = m.add(stats(i, uint64(i)*uint64(1000-c.lost), int64(i)*c.lost, c.roundTrip))
		}
		if q.Level != c.want {
			t.Errorf("%v s, %d lost of 1000: %+v, want level %d", c.roundTrip, c.lost, q, c.want)
		}
	}
}

func TestQualityForgetsWhatWasLongAgoAndOtherConnections(t *testing.T) {
	var m qualityMeter
	if q := m.add(stats(0, 0, 0, 0.01)); q.Level != views.QualityUnknown {
		t.Errorf("known at once: %+v", q)
	}
	if q := m.add(stats(1, 50, 50, 0.01)); q.Level != views.QualityPoor || q.Lost != 0.5 || q.ReceiveRate != 40_000 {
		t.Errorf("half lost: %+v", q)
	}
	var q views.Quality
	for i := range 6 {
		q = m.add(stats(2+i, uint64(150+100*i), 50, 0.01))
	}
	if q.Level != views.QualityGood || q.Lost != 0 {
		t.Errorf("6 s later: %+v", q)
	}
	if q := m.add(stats(9, 1, 0, 0.01)); q.Level != views.QualityUnknown || q.ReceiveRate != 0 {
		t.Errorf("another connection: %+v", q)
	}
	if q := m.add(rtc.Stats{Time: time.Unix(10, 0)}); q.RoundTrip >= 0 {
		t.Errorf("no round trip: %+v", q)
	}
}

func TestContacts(t *testing.T) {
	r := newRig(t)
	if err := r.SaveContact(t.Context(), "", views.Contact{Name: "Ann", Number: "1001"}); err != nil {
		t.Fatal(err)
	}
	if got := r.Model().Contacts; len(got) != 1 || got[0].Name != "Ann" {
		t.Errorf("contacts %v", got)
	}
	if err := r.DeleteContact(t.Context(), "1001"); err != nil || len(r.Model().Contacts) != 0 {
		t.Errorf("after deleting: %v", err)
	}
}

func TestTheStatusSaysConnectingWhileSettingsAreRenewed(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	r.controller.mu.Lock()
	r.renewing = true
	r.controller.mu.Unlock()
	if got := r.Model().Status; got != session.StatusConnecting {
		t.Errorf("status %s", got)
	}
}

func TestErrorsOfTheKeptConnectionKeepTheirTypes(t *testing.T) {
	err := error(&autoconnect.Error{Outcome: autoconnect.StoppedByError, Err: call.ErrActive})
	if n := views.Describe(views.OpConnect, "meet.test", err); n.Text == "" || strings.Contains(n.Text, "stop-attempts") {
		t.Errorf("says %q", n.Text)
	}
}

func TestACertificateThatIsNotTakenIsInTheModel(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	dial := func() error {
		conn, err := tls.Dial("tcp", server.Listener.Addr().String(), r.opened[0].TLS)
		if err == nil {
			err = conn.Close()
		}
		return err
	}
	var untrusted *views.CertificateError
	if err := dial(); !errors.As(err, &untrusted) || !errors.Is(r.Model().Untrusted, untrusted) {
		t.Errorf("dialling %v, model %v", err, r.Model().Untrusted)
	}
	if r.verified(nil) != nil || r.Model().Untrusted != nil {
		t.Error("a certificate that is taken leaves the error")
	}
}

func TestAModeratorWhoAsksForWhatIsNotThereIsRefused(t *testing.T) {
	r := newRig(t)
	r.media.Microphone = func(string, MicrophoneOptions) (rtc.LocalTrack, error) { return nil, nil }
	r.media.Camera = func(string, CameraOptions) (rtc.LocalTrack, error) { return nil, nil }
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	r.state(call.InRoom)
	for i, c := range []struct {
		event, refusal string
		want           views.News
	}{
		{"api:admin:start-mic", "refuse microphone", views.NewsNoMicrophone},
		{"api:admin:start-main-cam", "refuse camera", views.NewsNoCamera},
	} {
		r.connector.tell(connector.Event{Name: c.event})
		r.background.Wait()
		got := r.Model().Conference
		if got.News != c.want || got.NewsNo != i+1 || got.AskedMicrophone || got.AskedCamera {
			t.Errorf("%s: %+v", c.event, got)
		}
		if !slices.Contains(r.connector.asked, c.refusal) {
			t.Errorf("%s: asked %v", c.event, r.connector.asked)
		}
	}
}

func TestReconnectingIsTriedAgainAfterItFailed(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	r.set(t, func(s *views.Settings) { s.Reconnect = false })
	down := errors.New("no network")
	r.connector.answer["connect"] = down
	if err := r.Reconnect(t.Context()); !errors.Is(err, down) {
		t.Fatalf("error %v", err)
	}
	delete(r.connector.answer, "connect")
	if err := r.Reconnect(t.Context()); err != nil || len(r.opened) != 3 || !r.Model().SignedIn {
		t.Errorf("error %v, %d connections", err, len(r.opened))
	}
}

func TestWhoSignsOutWhileTheConnectionIsRenewedStaysSignedOut(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	r.set(t, func(s *views.Settings) { s.Reconnect = false })
	open := r.open
	r.open = func(o LinkOptions) (*Link, error) {
		link, err := open(o)
		connect := link.Connect
		link.Connect = func(ctx context.Context) error {
			if err := r.Disconnect(ctx); err != nil {
				t.Error(err)
			}
			return connect(ctx)
		}
		return link, err
	}
	if err := r.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.Model().SignedIn || !r.connector.closed {
		t.Errorf("signed in %t, closed %t", r.Model().SignedIn, r.connector.closed)
	}
	if _, err := r.current(); !errors.Is(err, errNotConnected) {
		t.Errorf("a connection is kept: %v", err)
	}
}

func TestAPreviewThatIsClosedLeavesNothing(t *testing.T) {
	r := newRig(t)
	r.Preview(t.Context(), "", "").Close()
	r.background.Wait() // for ever, if it waited for the window's end
	if r.camera.stops() != 1 || r.microphone.stops() != 1 {
		t.Errorf("stopped %d and %d times", r.camera.stops(), r.microphone.stops())
	}
}

func TestACallThatIsTakenGetsTheCameraOfThePreview(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	p := r.Preview(t.Context(), "", "")
	open := r.media.Camera
	r.media.Camera = func(word string, o CameraOptions) (rtc.LocalTrack, error) {
		if r.camera.stops() != 1 {
			t.Error("the camera is opened while the preview has it")
		}
		return open(word, o)
	}
	if err := r.Accept(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if r.camera.stops() != 1 {
		t.Errorf("the call's camera is stopped with the preview: %d", r.camera.stops())
	}
	r.background.Wait()
}
