// Package gui drives the real window on a virtual screen, as a person with a keyboard would.
package gui

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/e2e/harness"

	"go.uber.org/goleak"
)

var program string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "parley-gui-")
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // a cold build is part of it
		program, err = harness.Build(ctx, folder)
		cancel()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gui:", err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(folder)
		os.Exit(code)
	}))
}

const (
	width  = 1024
	height = 640
)

// stage is where most of the remote picture is: above the bar, left of the own picture.
var stage = image.Rect(40, 80, width-40, 400)

// session is a window on a screen, next to a room server.
type session struct {
	t      *testing.T
	ctx    context.Context
	screen *harness.Screen
	room   *harness.Process
	window *harness.Process
	name   string
	shots  int
}

func begin(t *testing.T, roomFlags []string, windowFlags ...string) *session {
	t.Helper()
	if missing := harness.Missing("Xvfb", "xdotool", "import"); missing != "" {
		t.Skipf("%s is not installed (scripts/packages.sh test installs it)", missing)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	s := &session{t: t, ctx: ctx, name: t.Name()}
	var err error
	if s.screen, err = harness.StartScreen(ctx, width, height); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.screen.Close() })
	if roomFlags != nil {
		s.room = s.start(nil, append([]string{"room", "--listen", "127.0.0.1:0", "--events", "-"}, roomFlags...)...)
	}
	environment := append(s.screen.Environment(), "PARLEY_CONFIG="+t.TempDir())
	s.window = s.start(environment, windowFlags...)
	t.Cleanup(func() {
		if t.Failed() {
			s.shoot("failed")
		}
	})
	return s
}

func (s *session) start(environment []string, arguments ...string) *harness.Process {
	s.t.Helper()
	process, err := harness.Start(program, environment, arguments...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := process.Kill(); err != nil {
			s.t.Error(err)
		}
		if s.t.Failed() {
			s.t.Logf("parley %v said:\n%s", arguments, process.Story())
		}
	})
	return process
}

// must ends the test at an error.
func (s *session) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *session) press(keys ...string) {
	s.t.Helper()
	s.must(s.screen.Press(s.ctx, keys...))
}

func (s *session) typed(text string) {
	s.t.Helper()
	s.must(s.screen.Type(s.ctx, text))
}

// still waits until the window has drawn itself and rests.
func (s *session) still(what string) *image.NRGBA {
	s.t.Helper()
	picture, err := s.screen.Still(s.ctx, what)
	s.must(err)
	return picture
}

// changed waits until the window is clearly another one than in a picture, and rests.
func (s *session) changed(what string, from *image.NRGBA) *image.NRGBA {
	s.t.Helper()
	_, err := s.screen.Until(s.ctx, what, func(_, now *image.NRGBA) bool {
		return harness.Different(from, now, now.Rect) > 0.02
	})
	s.must(err)
	return s.still(what)
}

// moving waits until the stage shows a strongly coloured picture that changes: the remote video.
func (s *session) moving(what string) *image.NRGBA {
	s.t.Helper()
	changes := 0
	picture, err := s.screen.Until(s.ctx, what, func(before, now *image.NRGBA) bool {
		if before != nil && harness.Colourful(now, stage) > 0.3 && harness.Different(before, now, stage) > 0.01 {
			changes++
		}
		return changes >= 3
	})
	s.must(err)
	return picture
}

// happens waits for an event of the room server.
func (s *session) happens(event string) {
	s.t.Helper()
	_, err := s.room.Until(s.ctx, event)
	s.must(err)
}

// shoot keeps a picture of the screen for people, in artefacts/.
func (s *session) shoot(what string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	picture, err := s.screen.Picture(ctx)
	if err != nil {
		s.t.Error(err)
		return
	}
	s.shots++
	folder := filepath.Join("..", "..", "artefacts")
	s.must(os.MkdirAll(folder, 0o755))
	file, err := os.Create(filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", s.name, s.shots, what)))
	s.must(err)
	defer file.Close()
	s.must(png.Encode(file, picture))
}

// quit ends the window as a session manager does and checks that it goes well.
func (s *session) quit() {
	s.t.Helper()
	s.must(s.window.Interrupt())
	if code, err := s.window.Wait(s.ctx); err != nil || code != 0 {
		s.t.Errorf("the window ended with %d, %v", code, err)
	}
}

// The window: sign in, join, share the screen, leave.
func TestSignInJoinShareLeave(t *testing.T) {
	s := begin(t, []string{"--bots", "2"})
	address, err := s.room.Ready(s.ctx)
	s.must(err)
	signIn := s.still("the sign in screen")
	s.must(s.screen.Focus(s.ctx))
	s.shoot("sign-in")

	s.typed(address.Host)
	s.press("Tab")
	s.typed("Tester")
	s.press("Return")
	certificate := s.changed("the question about the certificate", signIn)
	s.shoot("certificate")
	s.press("Tab", "space") // trust this server
	s.happens("connected")
	home := s.changed("the home screen", certificate)
	s.shoot("home")

	s.typed("2001")
	s.press("Return")
	s.happens("joined")
	s.moving("the remote video")
	s.shoot("call")

	s.press("ctrl+s")
	_, err = s.screen.Until(s.ctx, "the question what to share", func(_, now *image.NRGBA) bool {
		return harness.Colourful(now, image.Rect(300, 240, 720, 380)) < 0.05 // the sheet covers the picture's middle
	})
	s.must(err)
	s.shoot("what-to-share")
	s.press("Return") // the main monitor
	s.happens("presenter")
	s.happens("presentation")
	s.shoot("sharing")

	s.press("ctrl+h")
	s.happens("left")
	_, err = s.screen.Until(s.ctx, "the home screen again", func(_, now *image.NRGBA) bool {
		return harness.Colourful(now, stage) < 0.2 && harness.Different(home, now, now.Rect) < 0.2
	})
	s.must(err)
	s.shoot("home-again")
	s.quit()
}

// The demo joins its conference with one key.
func TestDemoJoinsWithOneKey(t *testing.T) {
	s := begin(t, nil, "--demo")
	s.still("the home screen with the room's number")
	s.must(s.screen.Focus(s.ctx))
	s.press("Return")
	s.moving("the remote video")
	s.shoot("call")
	s.quit()
}
