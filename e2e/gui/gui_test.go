// Package gui drives the real window on a virtual screen, as a person with a keyboard would.
package gui

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"

	"go.uber.org/goleak"
)

// program is parley as it is; observed tells what its windows show.
var program, observed string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "parley-gui-")
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // a cold build is part of it
		if program, err = harness.Build(ctx, folder); err == nil {
			observed, err = harness.BuildObserved(ctx, folder)
		}
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

// plan of a test: who is on the screen.
type plan struct {
	room     []string // flags of the room server; nil: none
	window   []string // flags of the window
	settings string   // what is kept from an earlier start (TOML)
	theme    string   // "light" when empty
	language string   // "en" when empty
	look     string   // names the pictures; "" for most tests
	sound    bool     // a sound server of the test's own
	desktop  bool     // one that shows icons and notifications
	whole    bool     // the screen is larger than the window
	blind    bool     // the program as it is, which tells nothing about its windows
	limit    time.Duration
}

// session is a window on a screen, next to a room server.
type session struct {
	t         *testing.T
	ctx       context.Context
	plan      plan
	screen    *harness.Screen
	sound     *soundServer
	desktop   *desktop
	room      *harness.Process
	address   string // of the room server, HOST:PORT
	moderator string // of its HTTP API
	window    *harness.Process
	main      string // X11 number of its main window
	folder    string // of settings
	runtime   string // of sockets
	words     words
	look      string
	name      string
	shots     int
	nudge     int
}

func begin(t *testing.T, p plan) *session {
	t.Helper()
	if missing := harness.Missing("Xvfb", "xdotool", "import"); missing != "" {
		t.Skipf("%s is not installed (scripts/packages.sh test installs it)", missing)
	}
	if p.language == "" {
		p.language = "en"
	}
	if p.limit == 0 {
		p.limit = 2 * time.Minute
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.limit)
	t.Cleanup(cancel)
	s := &session{t: t, ctx: ctx, plan: p, name: strings.ReplaceAll(t.Name(), "/", "-"), look: p.look, folder: t.TempDir(), runtime: t.TempDir(),
		words: wordsOf(t, p.language)}
	// A folder others may not look into, as the system makes it.
	s.must(os.Chmod(s.runtime, 0o700))
	s.must(os.Mkdir(filepath.Join(s.runtime, ".cache"), 0o700))
	if p.theme == "" {
		p.theme = "light"
	}
	kept := fmt.Sprintf("version = 1\n[appearance]\nlanguage = %q\ntheme = %q\n%s", p.language, p.theme, p.settings)
	s.must(os.WriteFile(filepath.Join(s.folder, "settings.toml"), []byte(kept), 0o600))
	w, h := width, height
	if p.whole {
		w, h = 1280, 800
	}
	var err error
	if s.screen, err = harness.StartScreen(ctx, w, h); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.screen.Close() })
	if p.sound {
		s.sound = startSoundServer(s)
	}
	if p.desktop {
		s.desktop = startDesktop(s)
	}
	if p.room != nil {
		s.moderator = s.freePort()
		flags := []string{"room", "--listen", "127.0.0.1:0", "--moderator", s.moderator, "--events", "-"}
		s.room = s.start(program, nil, append(flags, p.room...)...)
		address, err := s.room.Ready(ctx)
		s.must(err)
		s.address = address.Host
	}
	s.open()
	t.Cleanup(func() {
		if t.Failed() {
			s.shoot("failed")
		}
	})
	return s
}

// open starts the window.
func (s *session) open(flags ...string) {
	s.t.Helper()
	file := observed
	if s.plan.blind {
		file = program
	}
	s.window = s.start(file, s.environment(), append(slices.Clone(s.plan.window), flags...)...)
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	var err error
	s.main, err = s.screen.Window(ctx, s.words["app.name"])
	s.must(err)
}

func (s *session) environment() []string {
	bus := "unix:path=" + filepath.Join(s.runtime, "no-bus")
	if s.desktop != nil {
		bus = s.desktop.address
	}
	list := append(s.screen.Environment(), "PARLEY_CONFIG="+s.folder, "XDG_RUNTIME_DIR="+s.runtime, "HOME="+s.runtime,
		"DBUS_SESSION_BUS_ADDRESS="+bus)
	if s.sound != nil {
		list = append(list, s.sound.environment...)
	}
	return list
}

func (s *session) start(file string, environment []string, arguments ...string) *harness.Process {
	s.t.Helper()
	process, err := harness.Start(file, environment, arguments...)
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
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	_, err := s.room.Until(ctx, event)
	s.must(err)
}

// happensTo waits for an event of the room server that speaks of a user.
func (s *session) happensTo(user, event string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	s.must(s.room.UntilThat(ctx, event, "of "+user, func(e harness.Event) bool {
		var who struct{ Participant string }
		return e.Decode(&who) == nil && strings.HasPrefix(who.Participant, user+"-")
	}))
}

// otherWindow puts the window of another program on the screen, beside ours.
func (s *session) otherWindow() {
	s.t.Helper()
	if missing := harness.Missing("xev"); missing != "" {
		s.t.Skipf("%s is not installed (scripts/packages.sh test installs x11-utils)", missing)
	}
	other := exec.Command("xev", "-geometry", "240x180+1030+20")
	other.Env = append(os.Environ(), s.screen.Environment()...)
	s.must(other.Start())
	s.t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	_, err := s.screen.Window(ctx, "Event Tester")
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

// The program as it is, by the keyboard alone: sign in, join, share the screen, leave.
func TestSignInJoinShareLeave(t *testing.T) {
	s := begin(t, plan{room: []string{"--bots", "2"}, blind: true})
	welcome := s.still("the welcome screen")
	s.must(s.screen.Focus(s.ctx))
	s.press("Return")
	signIn := s.changed("the sign in screen", welcome)
	s.shoot("sign-in")

	s.typed(s.address)
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
	s.changed("the screen before the call", home)
	s.shoot("before-the-call")
	s.press("Return") // join now
	s.happens("joined")
	s.moving("the remote video")
	s.shoot("call")

	s.press("ctrl+s")
	_, err := s.screen.Until(s.ctx, "the question what to share", func(_, now *image.NRGBA) bool {
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

// The demo joins its conference with one key twice: with a look into the mirror between.
func TestDemoJoinsWithTwoKeys(t *testing.T) {
	s := begin(t, plan{window: []string{"--demo"}, blind: true})
	home := s.still("the home screen with the room's number")
	s.must(s.screen.Focus(s.ctx))
	s.press("Return")
	_, err := s.screen.Until(s.ctx, "the screen before the call", func(_, now *image.NRGBA) bool {
		return harness.Different(home, now, now.Rect) > 0.1 // the own picture moves: it does not rest
	})
	s.must(err)
	s.shoot("before-the-call")
	s.press("Return")
	s.moving("the remote video")
	s.shoot("call")
	s.quit()
}
