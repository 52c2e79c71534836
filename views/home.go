package views

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/session"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// homeView is where a call begins.
type homeView struct {
	env     *Env
	number  *string // kept by the root
	content fyne.CanvasObject
	model   Model

	greeting, account *fynewidget.Label
	status            *statusPill
	entry             *widget.Field
	video, audio      *widget.Button
	cancel            *widget.Button
	progress          *fynewidget.Label
	waiting           *fyne.Container
	dial              *fyne.Container
	banner            *widget.Banner
	demo              *card
	again             *widget.Button // to the server
	found             *suggestions
	people            *homePeople
	untrusted         error // that was told

	keypad fyne.CanvasObject
	stop   context.CancelFunc
	failed error  // what the last call placed here ended with
	begun  func() // a call is placed; nil: nobody wants to know
}

func newHomeView(env *Env, number *string, contacts *bool, openSettings, signOut func()) *homeView {
	v := &homeView{env: env, number: number}
	v.people = newHomePeople(v, contacts)
	v.build(openSettings, signOut)
	return v
}

func (v *homeView) build(openSettings, signOut func()) {
	v.greeting = heading("")
	v.account = muted("")
	v.account.Wrapping = fyne.TextWrapOff
	v.account.Truncation = fyne.TextTruncateEllipsis
	v.status = newStatusPill()
	v.entry = widget.NewField(text.T("home.number.hint"))
	v.entry.Text, v.entry.Name = *v.number, text.T("home.number")
	v.entry.OnChanged = func(s string) { *v.number = s }
	v.entry.OnSubmitted = func(string) { v.call(true) }
	v.found = newSuggestions(v.env, v.entry, v.complete, nil, func() {
		if v.content != nil {
			v.content.Refresh()
		}
	})
	v.entry.OnEscape = func() {
		if !v.found.close() {
			v.abort()
		}
	}
	v.video = widget.NewButton(text.T("home.video"), look.ColoredIcon("camera", theme.ColorNameForegroundOnPrimary), func() { v.call(true) })
	v.video.Importance = fynewidget.HighImportance
	v.audio = widget.NewButton(text.T("home.audio"), look.Icon("phone"), func() { v.call(false) })
	v.keypad = newKeypad(func(k string) { v.entry.SetText(v.entry.Text + k) })
	v.keypad.Hide()
	pad := widget.NewIconButton("keypad", text.T("home.keypad"), func() {
		widget.SetVisible(v.keypad, !v.keypad.Visible())
		v.content.Refresh()
	})
	v.progress = muted("")
	v.cancel = widget.NewButton(text.T("common.cancel"), nil, v.abort)
	v.waiting = container.NewVBox(v.progress, v.cancel)
	v.waiting.Hide()
	v.banner = widget.NewBanner(func() {})
	v.dial = container.NewVBox(v.video, v.audio)

	dial := newCard(container.NewVBox(
		caption(text.T("home.number")),
		bordered(nil, nil, nil, pad, v.entry), v.found.list,
		v.keypad, gap(2), v.dial, v.waiting))
	v.demo = newCard(container.NewVBox(subheading(text.T("home.demo.title")), muted(text.T("home.demo.text"))))
	v.demo.Hide()

	tools := container.NewHBox(widget.NewIconButton("settings", text.T("common.settings"), openSettings),
		widget.NewIconButton("sign-out", text.T("home.signout"), signOut))
	head := bordered(nil, nil, nil, container.NewCenter(tools),
		tight(v.greeting, v.account))
	left := container.NewVBox(v.demo, dial)
	body := container.New(&twoColumns{from: 720, gap: look.Margin}, left, v.people.card)
	v.again = widget.NewButton(text.T("home.reconnect"), look.Icon("refresh"), v.reconnect)
	v.again.Hide()
	status := bordered(nil, nil, container.NewPadded(v.status), v.again)
	v.content = container.NewVScroll(container.New(columnLayout{width: 920, top: true},
		container.NewVBox(head, status, v.banner, body)))
}

// Set shows a model.
func (v *homeView) Set(m Model) {
	v.model = m
	v.status.Set(m.Status)
	setLabel(v.greeting, shorten(m.Account.Name))
	if m.Demo {
		setLabel(v.greeting, text.T("home.demo.greeting"))
		setLabel(v.account, text.T("home.demo.account"))
	} else if m.Account.Guest {
		setLabel(v.account, text.T("home.guest", text.D{"Server": m.Account.Server}))
	} else {
		setLabel(v.account, text.T("home.account", text.D{"User": m.Account.User, "Server": m.Account.Server}))
	}
	if v.demo.Visible() != m.Demo {
		widget.SetVisible(v.demo, m.Demo)
		v.content.Refresh()
	}
	v.ready(m.Status == session.StatusReadyToCall)
	if off := m.Status == session.StatusDisconnected; off != v.again.Visible() {
		widget.SetVisible(v.again, off)
		v.content.Refresh()
	}
	v.people.set(m)
	v.sayUntrusted(m.Untrusted)
}

// sayUntrusted says, once, that the connection cannot come back because of the server's certificate, and takes that back.
func (v *homeView) sayUntrusted(err error) {
	switch {
	case (err == nil) == (v.untrusted == nil):
	case err != nil:
		v.show(Describe(OpConnect, v.model.Account.Server, err))
	default:
		v.show(widget.Notice{})
	}
	v.untrusted = err
}

// reconnect tries again at once to connect.
func (v *homeView) reconnect() {
	v.again.Disable()
	v.env.run(v.env.Actions.Reconnect, func(err error) {
		v.again.Enable()
		v.show(Describe(OpConnect, v.model.Account.Server, err))
	})
}

// complete finds whom a person may mean: contacts by name and number, then numbers called before.
func (v *homeView) complete(typed string) []suggestion {
	typed = strings.ToLower(strings.TrimSpace(typed))
	if typed == "" {
		return nil
	}
	var found []suggestion
	seen := map[string]bool{}
	add := func(name, number string) {
		if seen[number] || number == "" || !strings.Contains(strings.ToLower(name), typed) && !strings.HasPrefix(strings.ToLower(number), typed) {
			return
		}
		seen[number] = true
		found = append(found, suggestion{number, called(name, number)})
	}
	for _, c := range v.model.Contacts {
		add(c.Name, c.Number)
	}
	for _, r := range v.model.Recent {
		add(r.Name, r.Number)
	}
	return found
}

// called writes whom a number belongs to.
func called(name, number string) string {
	if name == "" || name == number {
		return shorten(number)
	}
	return shorten(name + " (" + number + ")")
}

func setLabel(l *fynewidget.Label, s string) {
	if l.Text != s {
		l.SetText(s)
	}
}

func (v *homeView) ready(ready bool) {
	if ready != v.video.Disabled() {
		return
	}
	video, audio := theme.ColorNameForegroundOnPrimary, theme.ColorNameForeground
	if !ready {
		video, audio = theme.ColorNameDisabled, theme.ColorNameDisabled
	}
	v.video.Icon, v.audio.Icon = look.ColoredIcon("camera", video), look.ColoredIcon("phone", audio)
	for _, b := range []*widget.Button{v.video, v.audio} {
		if ready {
			b.Enable()
		} else {
			b.Disable()
		}
	}
}

func (v *homeView) call(video bool) {
	if v.stop != nil {
		return
	}
	number := strings.TrimSpace(*v.number)
	switch {
	case number == "":
		v.show(widget.Notice{Level: widget.Warning, Title: text.T("home.need.number")})
		v.env.focus(v.entry)
		return
	case v.video.Disabled():
		v.show(widget.Notice{Level: widget.Warning, Title: text.T("home.offline")})
		return
	}
	v.show(widget.Notice{})
	if v.env.BeforeCall != nil && v.env.BeforeCall(number, video) {
		return
	}
	v.place(number, video)
}

// place makes the call.
func (v *homeView) place(number string, video bool) {
	v.failed = nil
	if v.begun != nil {
		v.begun()
	}
	v.busy(number)
	v.stop = v.env.run(func(ctx context.Context) error { return v.env.Actions.Dial(ctx, number, video) }, func(err error) {
		v.stop, v.failed = nil, err
		v.busy("")
		v.showFailed(Describe(OpCall, shorten(number), err), number)
	})
}

func (v *homeView) abort() {
	if v.stop != nil {
		v.stop()
	}
}

func (v *homeView) show(n widget.Notice) {
	v.banner.Set(n)
	v.content.Refresh()
}

// showFailed shows why a call failed, and offers to call again.
func (v *homeView) showFailed(n widget.Notice, number string) {
	if n.Title != "" && number != "" {
		n.Action = text.T("home.again")
		v.banner.OnAction = func() {
			v.entry.SetText(number)
			v.found.close()
			v.call(true)
		}
	}
	v.show(n)
}

func (v *homeView) busy(number string) {
	on := number != ""
	widget.SetVisible(v.dial, !on)
	widget.SetVisible(v.waiting, on)
	if on {
		v.progress.SetText(text.T("home.calling", text.D{"Number": shorten(number)}))
	}
	v.content.Refresh()
}

// when writes a moment shortly: the time today, the date before.
func when(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04")
	}
	return t.Format("02.01.2006")
}

func (v *homeView) shown() {
	v.entry.CursorColumn = len([]rune(v.entry.Text)) // what is there may be typed on
	v.env.focus(v.entry)
}
