package views

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"parley/views/kept"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// iceList edits the STUN and TURN servers. A row that is not complete yet is kept on the screen only.
type iceList struct {
	v       *settingsView
	rows    []*iceRow
	list    *fyne.Container
	content fyne.CanvasObject
}

// iceRow is one server. Its password is in the keyring by the server's address and user: it moves when they change.
type iceRow struct {
	server kept.ICEServer
	held   kept.ICEServer // what the keyring knows the password by; without a user there is none
	typed  string         // secret; not in the keyring yet
	wrong  *fieldError
}

func (r *iceRow) complete() bool { return kept.CheckICE(r.server.URL) == nil }

func newICEList(v *settingsView) *iceList {
	l := &iceList{v: v, list: container.NewVBox()}
	for _, server := range v.settings.ICEServers {
		l.rows = append(l.rows, &iceRow{server: server, held: server})
	}
	add := widget.NewButton(text.T("settings.ice.add"), look.Icon("plus"), func() {
		l.rows = append(l.rows, &iceRow{})
		l.fill()
	})
	help := fyne.CanvasObject(note(text.T("settings.ice.help")))
	if v.locked("network.ice_servers") {
		add.Disable()
		help = lockNote()
	}
	l.fill()
	l.content = section("settings.ice", help, l.list, container.NewHBox(add))
	return l
}

func (l *iceList) fill() {
	l.list.RemoveAll()
	for _, r := range l.rows {
		l.list.Add(l.fields(r))
	}
	l.list.Refresh()
	if l.content != nil {
		l.content.Refresh()
	}
}

// keep stores the complete rows.
func (l *iceList) keep() {
	var complete []kept.ICEServer
	for _, r := range l.rows {
		if r.complete() {
			complete = append(complete, r.server)
		}
	}
	l.v.change(func(s *Settings) { s.ICEServers = complete })
}

// settle brings the keyring up to date when the page is left. A row that is not complete then is no server any more, so
// its password goes too.
func (l *iceList) settle() {
	for _, r := range l.rows {
		if !r.complete() {
			l.forget(r)
			continue
		}
		l.settleRow(r)
	}
}

// settleRow brings the keyring up to date when a field is left, not at every letter.
func (l *iceList) settleRow(r *iceRow) {
	from, to, word := r.held, r.server, r.typed
	typed := word != "" && to.User != ""
	if !r.complete() || !typed && (from.User == "" || from == to) {
		return
	}
	r.held, r.typed = to, ""
	moved, target := from.User != "" && from != to && !l.used(from), to
	if typed {
		target = kept.ICEServer{} // the old one has no further use
	}
	l.ask(r, func(ctx context.Context, a Actions) error {
		if moved {
			if err := a.MoveCredential(ctx, from, target); err != nil {
				return err
			}
		}
		if typed {
			return a.KeepCredential(ctx, to.URL, to.User, word)
		}
		return nil
	}, func() { r.held, r.typed = from, word })
}

// forget takes the password out of the keyring.
func (l *iceList) forget(r *iceRow) {
	from := r.held
	r.held, r.typed = kept.ICEServer{}, ""
	if from.User == "" || l.used(from) {
		return
	}
	l.ask(r, func(ctx context.Context, a Actions) error { return a.KeepCredential(ctx, from.URL, from.User, "") },
		func() { r.held = from })
}

// used tells whether a row goes by that address and user.
func (l *iceList) used(as kept.ICEServer) bool {
	return slices.ContainsFunc(l.rows, func(r *iceRow) bool { return r.held == as })
}

// ask asks the keyring for something, after all that it was asked before; failed undoes what was taken for granted.
func (l *iceList) ask(r *iceRow, op func(context.Context, Actions) error, failed func()) {
	env := l.v.env
	before, done := env.asked, make(chan struct{})
	env.asked = done
	env.run(func(ctx context.Context) error {
		defer close(done)
		if before != nil {
			<-before
		}
		return op(ctx, env.Actions)
	}, func(err error) {
		if err != nil {
			failed()
			r.wrong.set("settings.ice.noKeyring")
		}
	})
}

// fields edit a row.
func (l *iceList) fields(r *iceRow) fyne.CanvasObject {
	r.wrong = newFieldError()
	leave := func() { l.settleRow(r) }
	url := widget.NewField("turn:turn.example.com:3478")
	url.Text, url.Name, url.OnLeave = r.server.URL, text.T("settings.ice"), leave
	url.OnChanged = func(s string) {
		r.server.URL = s
		r.wrong.set("")
		if s != "" && !r.complete() {
			r.wrong.set("settings.ice.wrong")
		}
		l.keep()
	}
	user := widget.NewField(text.T("settings.ice.user"))
	user.Text, user.OnLeave = r.server.User, leave
	user.OnChanged = func(s string) {
		r.server.User = s
		l.keep()
	}
	password := widget.NewPasswordField()
	password.PlaceHolder, password.OnLeave = text.T("settings.ice.password"), leave
	password.OnChanged = func(s string) { r.typed = s }
	password.OnSubmitted = func(word string) {
		if word == "" {
			l.forget(r)
			return
		}
		leave()
	}
	remove := widget.NewIconButton("close", text.T("settings.ice.remove"), func() {
		l.forget(r)
		l.rows = slices.DeleteFunc(l.rows, func(other *iceRow) bool { return other == r })
		l.keep()
		l.fill()
	})
	if l.v.locked("network.ice_servers") {
		for _, d := range []fyne.Disableable{url, user, remove} {
			d.Disable()
		}
	}
	return container.NewVBox(bordered(nil, nil, nil, remove, url), container.NewGridWithColumns(2, user, password), r.wrong.content)
}
