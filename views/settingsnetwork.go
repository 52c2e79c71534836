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

// buildNetwork: the way to the server, and what happens when it breaks.
func (v *settingsView) buildNetwork() fyne.CanvasObject {
	s := v.settings
	return container.NewVBox(
		section("settings.keepConnected",
			v.checkRow("network.reconnect", "settings.reconnect", "settings.reconnect.help", s.Reconnect,
				func(s *Settings, on bool) { s.Reconnect = on }),
			v.checkRow("network.redial", "settings.redial", "settings.redial.help", s.Redial,
				func(s *Settings, on bool) { s.Redial = on }),
			v.numberRow("network.redial_attempts", "settings.attempts", "", s.RedialAttempts, 1, kept.MaxAttempts,
				func(s *Settings, n int) { s.RedialAttempts = n })),
		section("settings.way",
			v.textRow("network.proxy", "settings.proxy", "settings.proxy.help", "http://proxy.example.com:3128", s.Proxy,
				func(typed string) string {
					if kept.CheckProxy(typed) != nil {
						return "settings.proxy.wrong"
					}
					return ""
				}, func(s *Settings, typed string) { s.Proxy = typed }),
			v.textRow("network.ca_file", "settings.authorities", "settings.authorities.help", "", s.CAFile,
				func(string) string { return "" }, func(s *Settings, typed string) { s.CAFile = typed })),
		newICEList(v).content,
		section("settings.recovery",
			v.numberRow("recovery.samples", "settings.samples", "settings.samples.help", s.Samples, 1, kept.MaxSamples,
				func(s *Settings, n int) { s.Samples = n }),
			v.numberRow("recovery.throttle_ms", "settings.throttle", "", s.Throttle, kept.MinThrottle, kept.MaxThrottle,
				func(s *Settings, n int) { s.Throttle = n })))
}

// iceList edits the STUN and TURN servers. A row that is not complete yet is kept on the screen only.
type iceList struct {
	v       *settingsView
	rows    []kept.ICEServer
	list    *fyne.Container
	content fyne.CanvasObject
}

func newICEList(v *settingsView) *iceList {
	l := &iceList{v: v, rows: slices.Clone(v.settings.ICEServers), list: container.NewVBox()}
	add := widget.NewButton(text.T("settings.ice.add"), look.Icon("plus"), func() {
		l.rows = append(l.rows, kept.ICEServer{})
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
	for i := range l.rows {
		l.list.Add(l.row(i))
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
		if kept.CheckICE(r.URL) == nil {
			complete = append(complete, r)
		}
	}
	l.v.change(func(s *Settings) { s.ICEServers = complete })
}

func (l *iceList) row(i int) fyne.CanvasObject {
	wrong := newFieldError()
	url := widget.NewField("turn:turn.example.com:3478")
	url.Text = l.rows[i].URL
	user := widget.NewField(text.T("settings.ice.user"))
	user.Text = l.rows[i].User
	password := widget.NewPasswordField()
	password.PlaceHolder = text.T("settings.ice.password")
	secret := func(word string) {
		r := l.rows[i]
		if r.User == "" || kept.CheckICE(r.URL) != nil {
			return
		}
		l.v.env.run(func(ctx context.Context) error { return l.v.env.Actions.KeepCredential(ctx, r.URL, r.User, word) },
			func(err error) {
				if err != nil {
					wrong.set("settings.ice.noKeyring")
				}
			})
	}
	url.OnChanged = func(s string) {
		l.rows[i].URL = s
		wrong.set("")
		if s != "" && kept.CheckICE(s) != nil {
			wrong.set("settings.ice.wrong")
		}
		l.keep()
	}
	user.OnChanged = func(s string) {
		l.rows[i].User = s
		l.keep()
	}
	password.OnSubmitted = secret
	password.OnLeave = func() {
		if password.Text != "" {
			secret(password.Text)
		}
	}
	remove := widget.NewIconButton("close", text.T("settings.ice.remove"), func() {
		secret("")
		l.rows = slices.Delete(l.rows, i, i+1)
		l.keep()
		l.fill()
	})
	if l.v.locked("network.ice_servers") {
		for _, d := range []fyne.Disableable{url, user, remove} {
			d.Disable()
		}
	}
	return tight(container.NewBorder(nil, nil, nil, remove, url),
		container.NewGridWithColumns(2, user, password), wrong.content)
}
