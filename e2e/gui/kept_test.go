package gui

import (
	"testing"

	"parley/e2e/harness"
)

// What a person sets counts at once, in both languages and themes, and is there at the next start; so is the account, but for
// the password, which needs a keyring.
func TestSettingsCountAtOnceAndAreKept(t *testing.T) {
	s := begin(t, plan{room: []string{"--bots", "1"}, settings: synthetic + atOnce, whole: true})
	s.guest("Maria")
	bright := s.still("the home screen")
	s.tap(s.word("common.settings"))
	s.tap(s.word("settings.call"))
	s.ticked(s.word("settings.joinMuted"), false)
	s.tap(s.word("settings.joinMuted"))
	s.ticked(s.word("settings.joinMuted"), true)
	s.tap(s.word("settings.appearance"))
	s.choose(s.word("settings.theme.light"), s.word("settings.theme.dark"))
	s.darker("the dark theme", bright)
	s.choose(s.word("settings.language.en"), s.word("settings.language.ru"))
	s.words = wordsOf(t, "ru")
	s.sees(s.word("settings.appearance"))
	s.press("Escape")
	s.sees(s.word("home.video"))

	// In the call the microphone is off, as it was set.
	s.fill(s.word("home.number.hint"), "2001")
	s.press("Escape")
	s.tap(s.word("home.video"))
	s.happens("joined")
	s.sees(s.word("call.unmute"))
	s.bar("call.hangup")
	s.sees(s.word("home.video"))
	s.quit()

	s.open()
	s.sees(s.word("home.video")) // signed in by itself
	s.darker("the dark theme at the next start", bright)
	s.tap(s.word("common.settings"))
	s.tap(s.word("settings.call"))
	s.ticked(s.word("settings.joinMuted"), true)
	s.quit()
}

// A second start hands its link over to the window that is open, which asks before it calls.
func TestALinkOpensInTheRunningWindow(t *testing.T) {
	s := begin(t, plan{room: []string{"--bots", "1"}, settings: synthetic + atOnce, whole: true})
	s.guest("Maria")
	second := s.start(program, s.environment(), "parley://"+s.address+"/2001")
	if code, err := second.Wait(s.ctx); err != nil || code != 0 {
		t.Fatalf("the second start ended with %d, %v", code, err)
	}
	s.sees(s.word("link.call", data{"Number": "2001"}))
	s.shot("link", "")
	s.tap(s.word("link.call.yes"))
	s.happens("joined")
	s.sees(s.word("call.hangup"))

	other := s.start(program, s.environment(), "sip:2002@"+s.address)
	if code, err := other.Wait(s.ctx); err != nil || code != 0 {
		t.Fatalf("another start in the call ended with %d, %v", code, err)
	}
	s.sees(s.word("link.inCall", data{"Number": "2002", "Server": s.address}))
	s.bar("call.hangup")
	s.sees(s.word("home.video"))
	s.quit()
}

// The microphone in use is pulled out in a call, and plugged in again.
func TestTheMicrophoneGoesInACall(t *testing.T) {
	s := begin(t, plan{room: []string{"--bots", "1"}, sound: true, whole: true,
		settings: "[devices]\ncamera = \"pattern\"\nmicrophone = \"Headset\"\n" + atOnce})
	headset := s.sound.plug("headset", "Headset")
	s.sound.plug("desk", "Desk")
	s.guest("Maria")
	s.fill(s.word("home.number.hint"), "2001")
	s.press("Escape")
	s.tap(s.word("home.video"))
	s.happens("joined")
	s.until("the microphone to be on", func(_ harness.Pane, i harness.Item) bool { return i.Words == s.word("call.mute") && !i.Disabled })
	s.sound.unplug(headset)
	s.sees(s.word("told.microphoneGone", data{"Name": "Headset"}))
	s.shot("device-gone", "")
	s.sound.plug("headset", "Headset")
	s.sees(s.word("told.microphoneBack", data{"Name": "Headset"}))
	s.bar("call.hangup")
	s.sees(s.word("home.video"))
	s.quit()
}
