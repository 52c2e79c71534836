// Package e2e holds the tests that run the program as a person would, against a real browser.
package e2e

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/connector/rtc"
	"parley/e2e/harness"
)

// shared is what all tests use.
var shared harness.Stage

func TestMain(m *testing.M) { os.Exit(shared.Run(m, "e2e")) }

// limit bounds each test: what has not happened by then will not.
const limit = 90 * time.Second

func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

const (
	ours          = "1001"
	oursPassword  = "first secret"
	pages         = "1002"
	pagesPassword = "second secret"
)

// startRoom starts a room server and returns it with the URL of its WebSocket.
func startRoom(ctx context.Context, t *testing.T, arguments ...string) (*harness.Process, *url.URL) {
	t.Helper()
	arguments = append([]string{"room", "--listen", "127.0.0.1:0", "--events", "-",
		"--user", ours + ":" + oursPassword, "--user", pages + ":" + pagesPassword}, arguments...)
	room := start(t, arguments...)
	address, err := room.Ready(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return room, address
}

func start(t *testing.T, arguments ...string) *harness.Process {
	t.Helper()
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

// startCall starts `parley call` with our account, content and events on standard output.
func startCall(t *testing.T, server *url.URL, arguments ...string) *harness.Process {
	t.Helper()
	return start(t, append([]string{"call", "--server", server.Host, "--insecure-tls", "--name", "Parley",
		"--user", ours, "--password", oursPassword,
		"--camera", shared.Video, "--microphone", shared.Speech, "--events", "-"}, arguments...)...)
}

// openPage opens a page that is registered and sends and takes one video codec only.
func openPage(ctx context.Context, t *testing.T, server *url.URL, codec string) *harness.Page {
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
	account := harness.Account{
		URL: server.String(), Domain: server.Hostname(), User: pages, Password: pagesPassword, Only: codec,
	}
	if err := page.Connect(ctx, account); err != nil {
		t.Fatal(err)
	}
	return page
}

// pageSeesAndHears asserts that the page decodes our camera at its size and hears our microphone.
func pageSeesAndHears(ctx context.Context, t *testing.T, page *harness.Page, codec string) {
	t.Helper()
	video, err := page.Received(ctx, "video", map[string]float64{"framesDecoded": 45})
	if err != nil {
		t.Fatal(err)
	}
	if video.FrameWidth != harness.CameraWidth || video.FrameHeight != harness.CameraHeight {
		t.Errorf("the page sees %d×%d, want %d×%d", video.FrameWidth, video.FrameHeight, harness.CameraWidth, harness.CameraHeight)
	}
	if want := "video/" + codec; video.CodecOf != want {
		t.Errorf("the page decodes %s, want %s", video.CodecOf, want)
	}
	// framesDecoded grows: as many again.
	if _, err := page.Received(ctx, "video", map[string]float64{"framesDecoded": float64(video.FramesDecoded + 15)}); err != nil {
		t.Error(err)
	}
	mean, deviation, err := page.Picture(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if mean < 20 || deviation < 20 {
		t.Errorf("the page shows brightness %.0f ± %.0f: that is not the test picture", mean, deviation)
	}
	audio, err := page.Received(ctx, "audio", map[string]float64{"totalAudioEnergy": 1e-4})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the page: %d frames of %d×%d %s, audio energy %.5f", video.FramesDecoded, video.FrameWidth, video.FrameHeight,
		video.CodecOf, audio.TotalAudioEnergy)
}

// weHear waits until our own statistics say that the page's beeps have come: one a second, and the first may be lost while
// the call comes up.
func weHear(ctx context.Context, t *testing.T, call *harness.Process) {
	t.Helper()
	err := call.UntilThat(ctx, "stats:collected", "the page's beeps", func(e harness.Event) bool {
		var stats rtc.Stats
		return e.Decode(&stats) == nil && stats.Inbound.Audio != nil && stats.Inbound.Audio.TotalAudioEnergy > beepEnergy
	})
	if err != nil {
		t.Fatal(err)
	}
}

// beepEnergy is well below that of one beep of Chromium's fake microphone (W3C totalAudioEnergy).
const beepEnergy = 1e-4

// recordings are where a call leaves what it received.
type recordings struct{ video, audio string }

func newRecordings(t *testing.T) recordings {
	folder := t.TempDir()
	return recordings{video: filepath.Join(folder, "video.y4m"), audio: filepath.Join(folder, "audio.wav")}
}

func (r recordings) flags() []string {
	return []string{"--record-video", r.video, "--record-audio", r.audio}
}

// check asserts that the page's camera and microphone (Chromium's moving picture and beeps) were received.
func (r recordings) check(t *testing.T, atLeast int) {
	t.Helper()
	video, err := harness.ReadVideo(r.video)
	if err != nil {
		t.Fatal(err)
	}
	if video.Frames < atLeast || video.Different < atLeast/4 || video.Mean < 20 || video.Deviation < 10 {
		t.Errorf("recorded video: %+v; want at least %d frames, moving, not black", video, atLeast)
	}
	sound, err := harness.ReadSound(r.audio)
	if err != nil {
		t.Fatal(err)
	}
	if sound.Peak < 0.02 || sound.Seconds < 1 {
		t.Errorf("recorded sound: %+v; want the page's beeps", sound)
	}
	t.Logf("parley: %+v %+v", video, sound)
}

// ended asserts that a call process ended well and why its call ended.
func ended(ctx context.Context, t *testing.T, call *harness.Process, originator string) {
	t.Helper()
	code, err := call.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if code != 0 {
		t.Errorf("exit code %d, want 0; standard error: %s", code, call.Stderr())
	}
	end, err := call.Until(ctx, "call:ended")
	if err != nil {
		t.Fatal(err)
	}
	var data struct{ Originator string }
	if err := end.Decode(&data); err != nil || data.Originator != originator {
		t.Errorf("the call ended by %q (%v), want %q", data.Originator, err, originator)
	}
}
