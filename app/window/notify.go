package window

import (
	"html"
	"time"

	"fyne.io/fyne/v2"

	"parley/connector/session"
	"parley/views"
	"parley/views/text"
)

// notifier tells of calls on the desktop, beside the window. It belongs to the window's goroutine.
type notifier struct {
	send    func(*fyne.Notification)
	ringing string    // who rings, told already
	newest  time.Time // begin of the newest call in the list
	begun   bool
}

func newNotifier(w *Window) *notifier {
	n := &notifier{send: func(*fyne.Notification) {}}
	if sessionBus() {
		p := newPost(w.app.SendNotification)
		n.send = func(note *fyne.Notification) {
			if !p.send(note) {
				w.logger.Warn("the desktop takes no notifications: one is left out")
			}
		}
		w.inBackground(p.run)
	}
	return n
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
	if who != "" {
		n.send(fyne.NewNotification(text.T("notify.incoming"), who))
	}
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
		n.send(fyne.NewNotification(text.T("notify.missed"), caller(newest.Name, newest.Number)))
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
