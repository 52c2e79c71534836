package gui

import (
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
)

// tabTo goes on with tab until the focus is on what screen readers call so; a beginning is enough.
func (s *session) tabTo(name string) { s.goTo(name, "Tab") }

func (s *session) goTo(name, key string) {
	s.t.Helper()
	var passed []string
	for range 60 {
		now, focused := s.focused()
		if strings.HasPrefix(focused.Name, name) || focused.Name == "" && focused.Words == name {
			return
		}
		passed = append(passed, focused.Name)
		s.press(key)
		s.until("the focus to move on", func(p harness.Pane, i harness.Item) bool {
			return p.Title == now.Title && i.Focused && (i.Area != focused.Area || i.Name != focused.Name)
		})
	}
	s.t.Fatalf("%s does not lead to %q, but to %q", key, name, passed)
}

// focused is what has the focus now in the window that is used; the zero item when nothing has.
func (s *session) focused() (harness.Pane, harness.Item) {
	s.t.Helper()
	now, err := s.window.Outline(s.ctx)
	s.must(err)
	for _, pane := range now.Windows {
		for _, i := range pane.Items {
			if i.Focused && !i.Covered {
				return pane, i
			}
		}
	}
	return now.Windows[0], harness.Item{}
}

// onFocus waits until what has the focus is called so.
func (s *session) onFocus(name string) {
	s.t.Helper()
	s.until("the focus on "+name, func(_ harness.Pane, i harness.Item) bool {
		return i.Focused && strings.HasPrefix(i.Name, name)
	})
}

// enter presses what tab leads to.
func (s *session) enter(name string) {
	s.t.Helper()
	s.tabTo(name)
	s.press("Return")
}

// A person without a mouse: sign in, call, mute, camera, layout, participants, hold, share, settings, hang up, sign out. Not
// one click, not one move of the pointer.
func TestKeyboardAlone(t *testing.T) {
	s := begin(t, plan{room: []string{"--bots", "2", "--user", "1001:secret"}, settings: synthetic, limit: 3 * time.Minute})
	s.must(s.screen.FocusOn(s.ctx, s.main))
	s.onFocus(s.word("welcome.server.do"))
	s.press("Return")

	s.onFocus(s.word("signin.server"))
	s.typed(s.address)
	s.tabTo(s.word("signin.name"))
	s.typed("Maria")
	s.tabTo(s.word("signin.guest"))
	s.press("Right") // to the account
	s.tabTo(s.word("signin.user"))
	s.typed("1001")
	s.tabTo(s.word("signin.password"))
	s.typed("secret")
	s.tabTo(s.word("signin.remember"))
	s.press("space")
	s.ticked(s.word("signin.remember"), true)
	s.enter(s.word("signin.do"))
	s.onFocus(s.word("common.cancel")) // trust is never the default
	s.enter(s.word("certificate.trust"))
	s.happens("registered")
	s.sees(s.word("status.ready"))

	s.onFocus(s.word("home.number"))
	s.typed("2001")
	s.press("Escape", "Return")
	s.onFocus(s.word("before.join"))
	s.press("Return")
	s.happens("joined")
	s.sees(s.word("call.hangup"))
	s.keyboardInCall()

	s.enter(s.word("call.hangup"))
	s.happens("left")
	s.onFocus(s.word("home.number"))
	s.keyboardIncoming()
	s.keyboardSettings()
	s.enter(s.word("home.signout"))
	s.sees(s.word("signin.do"))
	s.quit()
}

// keyboardInCall uses everything on the bar.
func (s *session) keyboardInCall() {
	s.enter(s.word("call.mute"))
	s.onServer("the microphone to be off", func(p participant) bool { return !p.Microphone })
	s.press("ctrl+d")
	s.onServer("the microphone to be on", func(p participant) bool { return p.Microphone })
	s.tabTo(s.word("call.camera"))
	s.press("space")
	s.onServer("the camera to be off", func(p participant) bool { return !p.Camera })
	s.until("the camera's button to be free again", func(_ harness.Pane, i harness.Item) bool {
		return i.Words == s.word("call.cameraOff") && !i.Disabled
	})
	s.press("ctrl+e")
	s.onServer("the camera to be on", func(p participant) bool { return p.Camera })

	s.press("ctrl+o")
	s.sees(s.word("call.onHold"))
	s.shoot("on-hold")
	s.enter(s.word("call.hold.end"))
	s.gone(s.word("call.onHold"))

	s.enter(s.word("call.people"))
	s.sees(s.word("people.participant"))
	s.press("Escape")
	s.gone(s.word("people.participant"))

	s.order("bot-present", "who", "bot-1")
	s.enter(s.word("layout.presentation"))
	s.sees(s.word("layout.picture"))
	s.press("Down", "Return") // the first of the menu
	s.tabTo(s.word("layout.speaker"))
	s.order("bot-stop", "who", "bot-1")
	s.gone(s.word("layout.speaker"))

	s.enter(s.word("call.more"))
	s.sees(s.word("call.figures"))
	s.press("Escape")
	s.gone(s.word("call.fullscreen"))

	s.enter(s.word("call.share"))
	s.sees(s.word("share.title"))
	s.press("ctrl+d") // whatever lies over the call
	s.onServer("the microphone to be off", func(p participant) bool { return !p.Microphone })
	s.press("ctrl+d")
	s.onServer("the microphone to be on", func(p participant) bool { return p.Microphone })
	s.enter(s.word("share.region"))
	s.enter(s.word("share.screens"))
	s.enter(s.word("share.do"))
	s.happensTo("1001", "presenter")
	s.enter(s.word("call.shareStop"))
	s.gone(s.word("call.shareStop"))
	s.press("ctrl+comma") // the settings would leave the call
	s.sees(s.word("settings.speaker"))
	s.press("Escape")
	s.gone(s.word("settings.speaker"))
	s.press("F1")
	s.sees(s.word("keys.title"))
	s.press("Escape")
	s.gone(s.word("keys.title"))
}

// keyboardIncoming: a call that comes while a person types goes on ringing; after a rest it is answered with two keys.
func (s *session) keyboardIncoming() {
	s.order("bot-call", "who", "1001")
	pane, _ := s.until("the call that rings", func(p harness.Pane, i harness.Item) bool {
		return p.Title == s.word("incoming.title") && i.Words == s.word("incoming.decline")
	})
	s.must(s.screen.FocusOn(s.ctx, s.number(pane)))
	for range 3 {
		s.press("Return", "space", "Tab", "Return", "Escape", "a")
	}
	s.sees(s.word("incoming.decline")) // nothing of that was meant for it
	s.shoot("incoming")
	s.rest()
	s.press("Tab")
	s.onFocus(s.word("incoming.video"))
	s.press("Return")
	s.must(s.screen.FocusOn(s.ctx, s.main))
	s.sees(s.word("call.hangup"))
	s.press("ctrl+h")
	s.onFocus(s.word("home.number"))
}

// rest leaves the keyboard alone for longer than a new window wants it to rest.
func (s *session) rest() {
	select {
	case <-s.ctx.Done():
	case <-time.After(1500 * time.Millisecond): // time itself is what is waited for
	}
}

// keyboardSettings changes something on a page further down.
func (s *session) keyboardSettings() {
	bright := s.still("the home screen")
	s.press("ctrl+comma")
	s.enter(s.word("settings.appearance"))
	s.tabTo(s.word("settings.theme") + ": " + s.word("settings.theme.light"))
	s.press("Right")
	s.darker("the dark theme", bright)
	s.tabTo(s.word("settings.network"))
	s.press("Return")
	s.tabTo(s.word("settings.throttle")) // far below: it must come into sight
	s.until("the last field of the page to be seen", func(_ harness.Pane, i harness.Item) bool {
		return i.Focused && i.Seen == i.Area && !i.Area.Empty()
	})
	s.shoot("settings-bottom")
	s.goTo(s.word("settings.samples"), "shift+Tab")
	s.press("Escape")
	s.onFocus(s.word("home.number"))
}
