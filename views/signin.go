package views

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/views/text"
	"parley/views/widget"
)

// signInView asks for server and name and connects.
type signInView struct {
	env          *Env
	form         *SignIn // kept by the root, so that a rebuild loses nothing
	openSettings func()
	servers      []string // used before, newest first
	forgets      bool     // there is no keyring
	recent       *suggestions
	keyring      *fynewidget.Label
	content      fyne.CanvasObject

	kind                         *widget.Options
	server, name, user, password *widget.Field
	account                      *fyne.Container
	remember                     *widget.Check
	submit                       *widget.Button
	waiting                      *waitingRow
	banner                       *widget.Banner

	stop context.CancelFunc // of the running attempt, nil when none runs
}

func newSignInView(env *Env, form *SignIn, demo bool, openSettings func()) *signInView {
	v := &signInView{env: env, form: form, openSettings: openSettings}
	v.build(demo)
	return v
}

func (v *signInView) build(demo bool) {
	f := v.form
	v.server = v.field("signin.server.hint", &f.Server)
	v.recent = newSuggestions(v.env, v.server, v.findServer, nil, func() {
		if v.content != nil {
			v.content.Refresh()
		}
	})
	v.server.OnEscape = func() {
		if !v.recent.close() {
			v.abort()
		}
	}
	v.name = v.field("signin.name.hint", &f.Name)
	v.user = v.field("signin.user.hint", &f.User)
	v.password = widget.NewPasswordField()
	v.bind(v.password, &f.Password)
	// Side by side: below each other, with a message above, they would push the button out of a window of 640.
	v.account = container.NewGridWithColumns(2, labelled("signin.user", v.user), labelled("signin.password", v.password))
	kind := text.T("signin.account")
	if f.Guest {
		kind = text.T("signin.guest")
		v.account.Hide()
	}
	v.kind = widget.NewOptions([]string{text.T("signin.guest"), text.T("signin.account")}, kind, func(s string) {
		f.Guest = s == text.T("signin.guest")
		widget.SetVisible(v.account, !f.Guest)
		v.sayKeyring()
		v.content.Refresh()
	})
	v.remember = widget.NewCheck(text.T("signin.remember"), v.setRemember)
	v.remember.Checked = f.Remember
	v.keyring = note(text.T("signin.remember.noKeyring"))
	v.keyring.Hide()
	v.banner = widget.NewBanner(func() {})
	v.submit = widget.NewButton(text.T("signin.do"), nil, v.connect)
	v.submit.Importance = fynewidget.HighImportance
	v.waiting = newWaitingRow(v.abort)

	note := text.T("app.tagline")
	if demo {
		note = text.T("signin.demo")
	}
	title := tight(heading(text.T("app.name")), muted(note))
	logo := canvas.NewImageFromResource(assets.Logo())
	logo.FillMode = canvas.ImageFillContain
	logo.SetMinSize(fyne.NewSize(56, 56))
	head := bordered(nil, nil, logo, container.NewCenter(widget.NewIconButton("settings", text.T("common.settings"), v.openSettings)), title)
	form := container.NewVBox(
		labelled("signin.server", tight(v.server, v.recent.list)), labelled("signin.name", v.name), v.kind, v.account, tight(v.remember, v.keyring))
	v.content = column(440, container.NewVBox(head,
		newCard(container.NewVBox(v.banner, form, gap(4), v.submit, v.waiting.content))))
}

func (v *signInView) field(hint string, target *string) *widget.Field {
	f := widget.NewField(text.T(hint))
	v.bind(f, target)
	return f
}

func (v *signInView) bind(f *widget.Field, target *string) {
	f.Text = *target
	f.OnChanged = func(s string) { *target = s }
	f.OnSubmitted = func(string) { v.connect() }
	f.OnEscape = v.abort
}

// Set shows a model.
func (v *signInView) Set(m Model) {
	v.servers, v.forgets = m.Servers, m.ForgetsPasswords
	v.sayKeyring()
}

// sayKeyring says that the tick does not keep the password where it cannot.
func (v *signInView) sayKeyring() {
	if on := v.forgets && !v.form.Guest; on != v.keyring.Visible() {
		widget.SetVisible(v.keyring, on)
		v.content.Refresh()
	}
}

// setRemember keeps nothing before somebody has signed in; what is not to be remembered goes at once.
func (v *signInView) setRemember(on bool) {
	v.form.Remember = on
	if on {
		return
	}
	v.env.run(v.env.Actions.Forget, func(err error) {
		if n := Describe(OpSettings, "", err); n.Title != "" {
			v.show(n)
		}
	})
}

// findServer completes the server's address from those used before.
func (v *signInView) findServer(typed string) []suggestion {
	var found []suggestion
	for _, s := range v.servers {
		if strings.Contains(strings.ToLower(s), strings.ToLower(strings.TrimSpace(typed))) {
			found = append(found, suggestion{s, shorten(s)})
		}
	}
	return found
}

// missing names the first field that must be filled.
func (v *signInView) missing() (key string, at fyne.Focusable) {
	f := v.form
	switch {
	case strings.TrimSpace(f.Server) == "":
		return "signin.need.server", v.server
	case strings.TrimSpace(f.Name) == "":
		return "signin.need.name", v.name
	case !f.Guest && strings.TrimSpace(f.User) == "":
		return "signin.need.user", v.user
	case !f.Guest && f.Password == "":
		return "signin.need.password", v.password
	}
	return "", nil
}

func (v *signInView) connect() {
	if v.stop != nil {
		return
	}
	if key, at := v.missing(); key != "" {
		v.show(widget.Notice{Level: widget.Warning, Title: text.T(key)})
		v.env.focus(at)
		return
	}
	v.show(widget.Notice{})
	form := *v.form
	form.Server, form.Name, form.User = strings.TrimSpace(form.Server), strings.TrimSpace(form.Name), strings.TrimSpace(form.User)
	v.busy(true)
	v.stop = v.env.run(func(ctx context.Context) error { return v.env.Actions.Connect(ctx, form) }, func(err error) {
		v.stop = nil
		v.busy(false)
		v.failed(form, err)
	})
}

func (v *signInView) failed(form SignIn, err error) {
	var certificate *CertificateError
	if errors.As(err, &certificate) && !certificate.Changed {
		v.askCertificate(form, certificate)
		return
	}
	v.show(Describe(OpConnect, form.Server, err))
	if r := responseOf(err); r != nil && !form.Guest && v.env.showing(v.content) {
		v.env.focus(v.password) // most likely mistyped
	}
}

// askCertificate signs in once the certificate is trusted, unless the form names another server by then.
func (v *signInView) askCertificate(form SignIn, c *CertificateError) {
	showCertificate(v.env, c, func() {
		v.busy(true)
		v.stop = v.env.run(func(ctx context.Context) error {
			return v.env.Actions.TrustCertificate(ctx, c.Server, c.Fingerprint)
		}, func(err error) {
			v.stop = nil
			v.busy(false)
			if err != nil {
				v.show(Describe(OpSettings, "", err))
				return
			}
			if sameServer(strings.TrimSpace(v.form.Server), form.Server) {
				v.connect()
			}
		})
	})
}

// refill shows what the form holds now.
func (v *signInView) refill() {
	v.server.SetText(v.form.Server)
	v.password.SetText(v.form.Password)
}

func (v *signInView) abort() {
	if v.stop != nil {
		v.stop()
	}
}

func (v *signInView) show(n widget.Notice) {
	v.banner.Set(n)
	v.content.Refresh()
}

func (v *signInView) busy(on bool) {
	for _, d := range []fyne.Disableable{v.server, v.name, v.user, v.password, v.kind, v.remember} {
		if on {
			d.Disable()
		} else {
			d.Enable()
		}
	}
	words := ""
	if on {
		words = text.T("signin.progress", text.D{"Server": shorten(v.form.Server)})
	}
	v.waiting.wait(words, v.submit)
	switch {
	case !v.env.showing(v.content):
	case on:
		v.env.focus(v.waiting.cancel)
	default:
		v.env.focus(v.server)
	}
	v.content.Refresh()
}

// shown puts the focus on the first empty field.
func (v *signInView) shown() {
	if v.stop != nil {
		return
	}
	if _, at := v.missing(); at != nil {
		v.env.focus(at)
		return
	}
	v.env.focus(v.submit)
}
