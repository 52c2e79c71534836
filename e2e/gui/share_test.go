package gui

import (
	"strings"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"parley/e2e/harness"
)

// document opens a window of another program on the screen; closing the result closes it.
func (s *session) document(title string) (close func()) {
	s.t.Helper()
	conn, err := xgb.NewConnDisplay(s.screen.Display)
	s.must(err)
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	id, err := xproto.NewWindowId(conn)
	s.must(err)
	// At the edge: it must not cover the window under test.
	s.must(xproto.CreateWindowChecked(conn, 0, id, root, 1040, 650, 220, 140, 0, xproto.WindowClassInputOutput, 0,
		xproto.CwBackPixel, []uint32{0xE01020}).Check())
	s.must(xproto.ChangePropertyChecked(conn, xproto.PropModeReplace, id, xproto.AtomWmName, xproto.AtomString, 8,
		uint32(len(title)), []byte(title)).Check())
	s.must(xproto.MapWindowChecked(conn, id).Check())
	closed := false
	close = func() {
		if !closed {
			closed = true
			conn.Close() // the program's windows go with it
		}
	}
	s.t.Cleanup(close)
	return close
}

// A person looks into the mirror, joins, shares a window, switches to a part of the screen and back, and the window is
// closed: sharing ends with a word, the call goes on.
func TestShareWindowsUntilOneIsClosed(t *testing.T) {
	s := begin(t, plan{room: []string{"--bots", "2"}, settings: synthetic, whole: true})
	s.tap(s.word("welcome.server.do"))
	s.fill(s.word("signin.server.hint"), s.address)
	s.fill(s.word("signin.name.hint"), "Anna")
	s.tap(s.word("signin.do"))
	s.tap(s.word("certificate.trust"))
	s.happens("connected")
	s.fill(s.word("home.number.hint"), "2001")
	s.tap(s.word("home.video"))
	s.sees(s.word("before.title"))
	s.sees(s.word("settings.ringer"))
	s.shot("before-the-call", "")
	s.tap(s.word("before.join"))
	s.happens("joined")

	closeReport := s.document("Report")
	s.tap(s.word("call.share"))
	s.sees(s.word("share.title"))
	s.tap(s.word("share.windows"))
	s.tapThat("the report", func(i harness.Item) bool { return !i.Covered && strings.HasPrefix(i.Words, "Report") })
	s.shot("share-windows", "")
	s.tap(s.word("share.do"))
	s.happens("presentation")
	s.sees(s.word("call.sharingWhat", data{"Name": "Report"}))

	s.tap(s.word("call.shareOther"))
	s.sees(s.word("share.title.other"))
	s.tap(s.word("share.region"))
	s.sees(s.word("share.region.text"))
	s.shot("share-region", "")
	s.tap(s.word("share.switch"))
	s.gone(s.word("call.sharingWhat", data{"Name": "Report"}))
	s.sees(s.word("call.sharingWhat", data{"Name": s.word("share.region")}))

	s.tap(s.word("call.shareOther"))
	s.tap(s.word("share.windows"))
	s.tapThat("the report", func(i harness.Item) bool { return !i.Covered && strings.HasPrefix(i.Words, "Report") })
	s.tap(s.word("share.switch"))
	s.sees(s.word("call.sharingWhat", data{"Name": "Report"}))
	closeReport()
	s.sees(s.word("told.shareClosed", data{"Name": "Report"}))
	s.sees(s.word("call.share"))
	s.moving("the call, which goes on")
	s.quit()
}
