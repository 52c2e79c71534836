package gui

import (
	"slices"
	"testing"
	"time"

	"parley/e2e/harness"
)

// The icon beside the clock: it says what the connection does, mutes, brings the window back in which the call went on
// without it, hangs up and quits. Calls that come in are notified of.
func TestTheIconBesideTheClock(t *testing.T) {
	s := begin(t, plan{room: []string{"--bots", "1", "--user", "1001:secret"}, settings: synthetic + atOnce, desktop: true, whole: true})
	d := s.desktop
	d.appears()
	quit, show := s.word("tray.quit"), s.word("tray.show")
	mute, unmute, leave := s.word("call.mute"), s.word("call.unmute"), s.word("call.hangup")
	lines := d.offers([]string{s.word("status.disconnected"), show, quit}, mute, leave)
	if !lines[s.word("status.disconnected")].disabled {
		t.Error("the status can be chosen")
	}

	s.tap(s.word("welcome.server.do"))
	s.tap(s.word("signin.account"))
	s.fill(s.word("signin.server.hint"), s.address)
	s.fill(s.word("signin.name.hint"), "Maria")
	s.fill(s.word("signin.user.hint"), "1001")
	s.password("secret")
	s.tap(s.word("signin.do"))
	s.tap(s.word("certificate.trust"))
	s.sees(s.word("status.ready"))
	d.offers([]string{s.word("status.ready")}, s.word("status.disconnected"))

	s.order("bot-call", "who", "1001")
	d.notifies(s.word("notify.incoming"), "Anna bot")
	s.tap(s.word("incoming.decline"))
	s.gone(s.word("incoming.busy"))
	d.withdraws()

	s.fill(s.word("home.number.hint"), "2001")
	s.press("Escape")
	s.tap(s.word("home.video"))
	s.happens("joined")
	d.keeps(true)
	d.offers([]string{s.word("status.callActive"), mute, leave, show, quit})
	d.click(mute)
	s.onServer("the microphone to be off", func(p participant) bool { return !p.Microphone })
	d.click(unmute)
	s.onServer("the microphone to be on", func(p participant) bool { return p.Microphone })

	s.must(s.screen.AskToClose(s.main))
	s.tap(s.word("call.close.hide"))
	s.hidden()
	if !slices.ContainsFunc(s.participants(s.ctx), func(p participant) bool { return p.User == "1001" }) {
		t.Error("the call has ended with the window")
	}
	d.click(show)
	s.sees(leave)
	s.moving("the remote video")
	d.click(leave)
	s.happens("left")
	d.keeps(false)
	d.offers([]string{s.word("status.ready")}, mute, unmute, leave)
	d.click(quit)
	if code, err := s.window.Wait(s.ctx); err != nil || code != 0 {
		t.Errorf("the window ended with %d, %v", code, err)
	}
}

// hidden waits until the screen is empty: nothing but its plain ground.
func (s *session) hidden() {
	s.t.Helper()
	for {
		picture, err := s.screen.Picture(s.ctx)
		s.must(err)
		if harness.Plain(picture) {
			return
		}
		select {
		case <-s.ctx.Done():
			s.t.Fatal("the window stays")
		case <-time.After(lookAgain):
		}
	}
}
