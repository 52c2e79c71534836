// Package kamailio holds the tests against a plain SIP registrar and proxy: Kamailio, started by the tests.
package kamailio

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/e2e/harness"
)

// shared is what all tests use.
var shared harness.Stage

func TestMain(m *testing.M) { os.Exit(shared.Run(m, "kamailio")) }

// limit bounds each test: what has not happened by then will not.
const limit = 60 * time.Second

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

// call starts `parley call` as user over wss, with events on standard output and no content unless arguments name some.
func call(t *testing.T, s *server, user, secret string, arguments ...string) *harness.Process {
	t.Helper()
	account := []string{"--user", user, "--password", secret}
	if user == "" {
		account = []string{"--guest"}
	}
	arguments = append(append([]string{"call", "--server", s.secure(), "--insecure-tls", "--name", "Parley " + user,
		"--events", "-"}, account...), arguments...)
	process, err := harness.Start(shared.Program, []string{"PARLEY_CONFIG=" + t.TempDir()}, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := process.Kill(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("parley %v said:\n%s", arguments, process.Story())
		}
	})
	return process
}

// content is what a call with picture and sound sends and where it records.
type content struct{ video, audio string }

func newContent(t *testing.T) content {
	folder := t.TempDir()
	return content{video: filepath.Join(folder, "video.y4m"), audio: filepath.Join(folder, "audio.wav")}
}

func (c content) flags(more ...string) []string {
	return append([]string{"--camera", shared.Video, "--microphone", shared.Speech, "--codec", "VP8",
		"--record-video", c.video, "--record-audio", c.audio}, more...)
}

// check asserts that picture and sound of the other side were received.
func (c content) check(t *testing.T) {
	t.Helper()
	video, err := harness.ReadVideo(c.video)
	if err != nil {
		t.Fatal(err)
	}
	if video.Frames < 15 || video.Different < 5 || video.Mean < 20 || video.Deviation < 10 {
		t.Errorf("recorded video: %+v; want at least 15 frames, moving, not black", video)
	}
	sound, err := harness.ReadSound(c.audio)
	if err != nil {
		t.Fatal(err)
	}
	if sound.Peak < 0.02 {
		t.Errorf("recorded sound: %+v; want some", sound)
	}
	t.Logf("parley: %+v %+v", video, sound)
}

func until(ctx context.Context, t *testing.T, process *harness.Process, events ...string) (last harness.Event) {
	t.Helper()
	for _, event := range events {
		var err error
		if last, err = process.Until(ctx, event); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

// ended asserts that a call process ended well and by whom its call ended.
func ended(ctx context.Context, t *testing.T, process *harness.Process, originator string) {
	t.Helper()
	code, err := process.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if code != 0 {
		t.Errorf("exit code %d, want 0; standard error: %s", code, process.Stderr())
	}
	var data struct{ Originator string }
	end := until(ctx, t, process, "call:ended")
	if err := end.Decode(&data); err != nil || data.Originator != originator {
		t.Errorf("the call ended by %q (%v), want %q", data.Originator, err, originator)
	}
}

// openPage opens a page that is registered as user at a WebSocket.
func openPage(ctx context.Context, t *testing.T, socket url.URL, user string) *harness.Page {
	t.Helper()
	if shared.Missing != nil {
		t.Skip(shared.Missing)
	}
	page, err := shared.Browser.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page said:\n%s", page.Log())
		}
		if err := page.Close(); err != nil {
			t.Error(err)
		}
	})
	account := harness.Account{URL: socket.String(), Domain: host, User: user, Password: password + user, Only: "VP8"}
	if err := page.Connect(ctx, account); err != nil {
		t.Fatal(err)
	}
	return page
}

// socket is where a page connects.
func (s *server) socket(scheme string) url.URL {
	address := s.secure()
	if scheme == "ws" {
		address = s.plain()
	}
	return url.URL{Scheme: scheme, Host: address, Path: "/"}
}

// pageSeesAndHears asserts that the page decodes a picture of that width and hears something. It takes some 3 s, in which
// the page sends two of its beeps.
func pageSeesAndHears(ctx context.Context, t *testing.T, page *harness.Page, width int) {
	t.Helper()
	video, err := page.Received(ctx, "video", map[string]float64{"framesDecoded": 75})
	if err != nil {
		t.Fatal(err)
	}
	if video.FrameWidth != width {
		t.Errorf("the page sees %d×%d, want a width of %d", video.FrameWidth, video.FrameHeight, width)
	}
	if _, err := page.Received(ctx, "audio", map[string]float64{"totalAudioEnergy": 1e-4}); err != nil {
		t.Fatal(err)
	}
}
