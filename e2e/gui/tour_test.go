package gui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
)

// camera and microphone stand in for those that a test machine lacks.
const synthetic = "[devices]\ncamera = \"pattern\"\nmicrophone = \"tone\"\n"

// atOnce calls without the screen before the call.
const atOnce = "[join]\npreview = false\n"

// The tour: a person with a mouse goes through every screen. `make screenshots` keeps the pictures of four tours, which are
// those of the user guide.
func TestTour(t *testing.T) {
	if os.Getenv("PARLEY_SCREENS") == "" {
		tour(t, "en", "light")
		return
	}
	for _, language := range []string{"en", "ru"} {
		for _, theme := range []string{"light", "dark"} {
			t.Run(language+"-"+theme, func(t *testing.T) { tour(t, language, theme) })
		}
	}
}

func tour(t *testing.T, language, theme string) {
	s := begin(t, plan{room: []string{"--bots", "3", "--user", "1001:secret", "--user", "1002:other"}, language: language,
		look: language + "-" + theme, whole: true, limit: 4 * time.Minute,
		settings: synthetic, theme: theme})
	s.welcome()
	s.signIn()
	s.people()
	s.inTheCall()
	s.presentations()
	s.moderated()
	s.secondCall()
	s.incoming()
	s.link()
	s.settingsPages()
	s.diagnostics()
	s.brokenCall()
	s.lostServer()
	s.quit()
}

// welcome is what a first start shows; the demo room is a click away, and leaves nothing behind.
func (s *session) welcome() {
	s.sees(s.word("welcome.title"))
	s.shot("welcome", "")
	s.tap(s.word("welcome.demo.do"))
	s.sees(s.word("home.demo.title"))
	s.sees(s.word("status.ready"))
	s.shot("demo", "")
	s.tap(s.word("home.signout"))
	s.sees(s.word("welcome.title"))
}

// signIn goes wrong first: nothing typed, a server that is not there, a wrong password; then with the right one.
func (s *session) signIn() {
	s.tap(s.word("welcome.server.do"))
	s.sees(s.word("signin.server"))
	s.shot("sign-in", "")
	s.tap(s.word("signin.do"))
	s.sees(s.word("signin.need.server"))
	s.fill(s.word("signin.server.hint"), "127.0.0.1:1")
	s.fill(s.word("signin.name.hint"), "Maria")
	s.tap(s.word("signin.do"))
	s.sees(s.word("why.refused"))
	s.shot("no-server", "")

	s.tap(s.word("signin.account"))
	s.fill(s.word("signin.server.hint"), s.address)
	s.fill(s.word("signin.user.hint"), "1001")
	s.password("wrong")
	s.tap(s.word("signin.do"))
	s.sees(s.word("certificate.title"))
	s.shot("certificate", "")
	s.tap(s.word("common.cancel"))
	s.tap(s.word("signin.do"))
	s.tap(s.word("certificate.trust"))
	s.sees(s.word("why.credentials"))
	s.shot("wrong-password", "")
	s.password("secret")
	s.tap(s.word("signin.do"))
	s.happens("registered")
	s.sees(s.word("status.ready"))
	s.shot("home", "")
}

// people: a number that nobody has, a contact, the call's beginning.
func (s *session) people() {
	s.fill(s.word("home.number.hint"), "7777")
	s.tap(s.word("home.video"))
	s.sees(s.word("before.title"))
	s.shot("before", "")
	s.tap(s.word("before.always"))
	s.ticked(s.word("before.always"), false)
	s.tap(s.word("before.join"))
	s.sees(s.word("why.notFound"))
	s.shot("call-failed", "")
	s.tap(s.word("home.contacts"))
	s.tap(s.word("contact.add"))
	s.fill(s.word("contact.name.hint"), "Weekly meeting")
	s.fillIn(1, "2001")
	s.tap(s.word("contact.save"))
	s.sees("Weekly meeting")
	s.shot("contacts", "")
}

// inTheCall uses every button of the bar.
func (s *session) inTheCall() {
	s.fill(s.word("home.number.hint"), "2001")
	s.press("Escape")
	s.tap(s.word("home.video"))
	s.happens("joined")
	s.sees(s.word("call.hangup"))
	s.moving("the remote video")
	s.shot("call", "")

	s.bar("call.mute")
	s.onServer("the microphone to be off", func(p participant) bool { return !p.Microphone })
	s.bar("call.camera")
	s.onServer("the camera to be off", func(p participant) bool { return !p.Camera })
	s.sees(s.word("call.cameraOff"))
	s.shot("all-off", "")
	s.bar("call.unmute")
	s.bar("call.cameraOff")
	s.onServer("both to be on", func(p participant) bool { return p.Camera && p.Microphone })

	s.bar("call.people")
	s.sees(s.word("people.participant"))
	s.shot("people", "")
	s.bar("call.people")
	s.bar("call.keypad")
	s.shot("keypad", "")
	s.bar("call.keypad")
	s.bar("call.more")
	s.shot("more", "")
	s.tap(s.word("call.figures"))
	s.sees(s.word("figures.roundTrip"))
	s.shot("figures", "")
	s.press("Escape")
	s.bar("call.more")
	s.tap(s.word("settings.devices"))
	s.sees(s.word("settings.speaker"))
	s.shot("call-devices", "")
	s.press("Escape")
	s.gone(s.word("settings.speaker"))
	s.press("F1")
	s.sees(s.word("keys.title"))
	s.shot("keys", "")
	s.press("Escape")
}

// presentations: another's in every layout, one's own, and that of another in its place.
func (s *session) presentations() {
	s.order("bot-present", "who", "bot-1")
	s.sees(s.word("layout.presentation"))
	shown := "layout.presentation"
	for _, layout := range []string{"layout.presentation", "layout.sideBySide", "layout.picture", "layout.speaker"} {
		if layout != shown {
			s.bar(shown)
			s.tap(s.word(layout))
			shown = layout
		}
		s.moving("the pictures")
		s.shot("layout-"+layout[len("layout."):], "")
	}
	s.order("bot-stop", "who", "bot-1")
	s.gone(s.word(shown)) // with one picture there is nothing to lay out

	s.otherWindow()
	s.press("ctrl+s")
	s.sees(s.word("share.title"))
	s.shot("share-screens", "")
	s.tap(s.word("share.windows"))
	s.shot("share-windows", "")
	s.tap(s.word("share.region"))
	s.shot("share-region", "")
	s.tap(s.word("share.windows"))
	s.tapThat("the window of xev", func(i harness.Item) bool { return strings.HasPrefix(i.Words, "Event Tester") && !i.Covered })
	s.tap(s.word("share.do"))
	s.happensTo("1001", "presenter")
	s.sees(s.word("call.shareStop"))
	s.shot("sharing", "")
	s.takenOver()
}

// takenOver: somebody else, who may, presents in our place.
func (s *session) takenOver() {
	slides := filepath.Join(s.t.TempDir(), "slides.y4m")
	s.must(harness.MakeVideo(s.ctx, slides, 640, 360, 10, 2))
	other := s.start(program, []string{"PARLEY_PASSWORD=other"}, "call", "--server", s.address, "--insecure-tls", "--user", "1002", "--name", "Boris",
		"--to", "2001", "--camera", "none", "--microphone", "none", "--share", slides, "--share-after", "2s", "--events", "-")
	s.happensTo("1002", "joined")
	s.order("take-over", "who", "1002")
	s.sees(s.word("news.presentation.stop"))
	s.shot("sharing-taken-over", "")
	s.tap(s.word("common.close"))
	s.sees(s.word("call.presentation"))
	s.must(other.Interrupt())
	if code, err := other.Wait(s.ctx); err != nil || code != 0 {
		s.t.Errorf("the other participant ended with %d, %v", code, err)
	}
	s.gone(s.word("call.presentation"))
}

// moderated: what a moderator asks for and decides.
func (s *session) moderated() {
	s.order("mute", "who", "1001", "forced", true)
	s.sees(s.word("call.mutedByModerator"))
	s.shot("muted-by-moderator", "")
	s.order("unmute", "who", "1001")
	s.sees(s.word("call.ask.microphone"))
	s.shot("asked-for-microphone", "")
	s.tap(s.word("call.ask.on"))
	s.onServer("the microphone to be on", func(p participant) bool { return p.Microphone })
	s.order("spectator", "who", "1001")
	s.sees(s.word("news.spectator"))
	s.shot("spectator", "")
	s.order("participant", "who", "1001")
	s.sees(s.word("news.participant"))
}

// secondCall rings in a call.
func (s *session) secondCall() {
	s.order("bot-call", "who", "1001")
	s.sees(s.word("incoming.decline"))
	s.shot("second-call", "")
	s.tap(s.word("incoming.busy"))
	s.alone()
	s.bar("call.hangup")
	s.sees(s.word("home.video"))
	s.tap(s.word("home.recent"))
	s.shot("home-recent", "")
}

// incoming calls, declined and accepted.
func (s *session) incoming() {
	s.order("bot-call", "who", "1001")
	s.sees(s.word("incoming.decline"))
	s.shot("incoming", s.word("incoming.title"))
	s.tap(s.word("incoming.decline"))
	s.alone()
	s.sees(s.word("recent.declined"))
	s.order("bot-call", "who", "1001")
	s.tapIn(s.word("incoming.title"), s.word("incoming.video"))
	s.sees(s.word("call.hangup"))
	s.moving("the bot's picture")
	s.shot("call-between-two", "")
	s.bar("call.hangup")
	s.sees(s.word("home.video"))
}

// link from elsewhere, opened while the window is there; refused this time.
func (s *session) link() {
	second := s.start(program, s.environment(), "parley://"+s.address+"/2001")
	code, err := second.Wait(s.ctx)
	if err != nil || code != 0 {
		s.t.Fatalf("the second start ended with %d, %v", code, err)
	}
	asked := s.word("link.call", data{"Number": "2001"})
	s.sees(asked)
	s.shot("link", "")
	s.tap(s.word("common.cancel"))
	s.gone(asked)
}

// settingsPages shows every page.
func (s *session) settingsPages() {
	s.tap(s.word("common.settings"))
	for _, page := range []string{"devices", "call", "video", "network", "appearance", "start", "keys", "diagnostics"} {
		s.tap(s.word("settings." + page))
		s.shot("settings-"+page, "")
	}
}

// diagnostics shows every page.
func (s *session) diagnostics() {
	s.tap(s.word("diagnostics.open"))
	title := s.word("diagnostics.title")
	s.sees(s.word("diagnostics.bundle"))
	for _, page := range []string{"machines", "events", "statistics", "stress", "faults"} {
		s.tap(s.word("diagnostics." + page))
		s.shot("diagnostics-"+page, title)
	}
}

// brokenCall: a call is cut off, and restored until the person gives up.
func (s *session) brokenCall() {
	s.press("Escape") // the diagnostics
	s.alone()
	s.tap(s.word("common.back"))
	s.fill(s.word("home.number.hint"), "2001")
	s.press("Escape")
	s.tap(s.word("home.audio"))
	s.until("the call to be established", func(_ harness.Pane, i harness.Item) bool {
		return i.Words == s.word("call.share") && !i.Disabled
	})
	// A server that hears nothing of us any more ends the call so. It is slow with the next call, so that there is time to
	// look at the attempt; but not with the end of this one.
	s.order("end-call", "who", "1001", "code", 408)
	s.until("the call to be restored", func(_ harness.Pane, i harness.Item) bool {
		begun, _, _ := strings.Cut(s.word("redial.restoring"), "{")
		return says(i, begun)
	})
	s.order("sip-delay", "who", "*", "delay", "30s")
	s.shot("redial", "")
	s.tap(s.word("common.cancel"))
	s.sees(s.word("home.video"))
}

// lostServer: the server vanishes.
func (s *session) lostServer() {
	s.must(s.room.Kill())
	s.sees(s.word("status.connecting"))
	s.shot("offline", "")
}
