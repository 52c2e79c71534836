package window

import (
	"html"
	"time"

	"parley/connector/session"
	"parley/views"
	"parley/views/text"
)

// notifier tells of calls on the desktop, beside the window. It belongs to the window's goroutine.
type notifier struct {
	send    func(note)
	ringing string    // who rings, told already
	newest  time.Time // begin of the newest call in the list
	begun   bool
}

func newNotifier(w *Window) *notifier {
	n := &notifier{send: func(note) {}}
	if sessionBus() {
		words := boardWords{app: text.T("app.name"), show: text.T("tray.show")}
		p := newPost(newBoard(w.ctx, w.app.SendNotification, words, func() { w.do(w.pressedNote) }))
		n.send = func(next note) {
			if !p.send(next) {
				w.logger.Warn("the desktop takes no notifications: one is left out")
			}
		}
		w.inBackground(p.run)
	}
	return n
}

// boardWords are what a notification says beside its own words: whose it is, and what pressing it does.
type boardWords struct{ app, show string }

// pressedNote shows what the notification was about: the call that rings, else the window.
func (w *Window) pressedNote() {
	if ringing := w.incoming.window; ringing != nil {
		ringing.RequestFocus()
		return
	}
	w.front()
}

// set follows the model.
func (n *notifier) set(m views.Model) {
	n.incoming(m.Snapshot)
	n.missed(m.Recent)
}

func (n *notifier) incoming(s session.Snapshot) {
	who := ""
	if ringing(s) {
		who = caller(s.Incoming.DisplayName, s.Incoming.Number)
	}
	if who == n.ringing {
		return
	}
	n.ringing = who
	next := note{rings: true} // it rings no more
	if who != "" {
		next.title, next.content = text.T("notify.incoming"), who
	}
	n.send(next)
}

// missed tells of a call that came to nothing. Those of earlier runs are no news.
func (n *notifier) missed(recent []views.Recent) {
	if len(recent) == 0 {
		n.begun = true
		return
	}
	newest := recent[0]
	news := n.begun && newest.Begun.After(n.newest)
	n.newest, n.begun = newest.Begun, true
	if news && newest.Incoming && !newest.Answered && !newest.Declined {
		n.send(note{title: text.T("notify.missed"), content: caller(newest.Name, newest.Number)})
	}
}

// maxCaller is how much of a name is shown, characters.
const maxCaller = 80

// caller is a name and number on one line. They are the caller's own words, and desktops take markup.
func caller(name, number string) string {
	line := views.OneLine(name + " " + number)
	if name == number {
		line = views.OneLine(number)
	}
	if r := []rune(line); len(r) > maxCaller {
		line = string(r[:maxCaller]) + "…"
	}
	if line == "" {
		return text.T("notify.unknown")
	}
	return html.EscapeString(line)
}
