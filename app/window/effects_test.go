package window

import (
	"errors"
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
	"parley/connector/rtc"
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
