package views

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// welcomeView is the first screen of the first start: what this is, what is needed, and a room to try it in.
type welcomeView struct {
	env     *Env
	content fyne.CanvasObject
	entered func(room string) // the demo is connected

	signIn, demo *widget.Button
	choice       *fyne.Container
	waiting      *waitingRow
	banner       *widget.Banner
	stop         context.CancelFunc // of the demo's start, nil when none runs
}

func newWelcomeView(env *Env, signIn, openSettings func(), entered func(room string)) *welcomeView {
	v := &welcomeView{env: env, entered: entered}
	logo := canvas.NewImageFromResource(assets.Logo())
	logo.FillMode = canvas.ImageFillContain
	logo.SetMinSize(fyne.NewSize(56, 56))
	settings := container.NewCenter(widget.NewIconButton("settings", text.T("common.settings"), openSettings))
	title := heading(text.T("welcome.title"))
	title.Truncation, title.Wrapping = fyne.TextTruncateOff, fyne.TextWrapWord
	head := bordered(nil, nil, logo, settings, tight(title, muted(text.T("app.tagline"))))
	v.banner = widget.NewBanner(func() {})
	v.demo = widget.NewButton(text.T("welcome.demo.do"), look.Icon("people"), v.tryDemo)
	v.signIn = widget.NewButton(text.T("welcome.server.do"), nil, signIn)
	v.signIn.Importance = fynewidget.HighImportance
	v.waiting = newWaitingRow(v.abort)
	v.choice = container.NewVBox(v.signIn, v.demo)
	v.content = column(560, container.NewVBox(head, newCard(container.NewVBox(v.banner,
		welcomeRow("network", "welcome.server.title", "welcome.server.text"),
		welcomeRow("people", "welcome.demo.title", "welcome.demo.text"),
		welcomeRow("keypad", "welcome.keys.title", "welcome.keys.text"),
		gap(2), v.choice, v.waiting.content))))
	return v
}

// welcomeRow explains one thing.
func welcomeRow(icon, title, words string) fyne.CanvasObject {
	return bordered(nil, nil, container.NewCenter(fynewidget.NewIcon(look.Icon(icon))), nil,
		tight(caption(text.T(title)), muted(text.T(words))))
}

// tryDemo starts the room inside the program and connects to it.
func (v *welcomeView) tryDemo() {
	if v.stop != nil {
		return
	}
	v.show(widget.Notice{})
	v.busy(true)
	var room string
	v.stop = v.env.run(func(ctx context.Context) (err error) {
		room, err = v.env.Actions.TryDemo(ctx, text.T("call.you"))
		return err
	}, func(err error) {
		v.stop = nil
		v.busy(false)
		if err != nil {
			v.show(Describe(OpDemo, "", err))
			return
		}
		v.entered(room)
	})
}

func (v *welcomeView) abort() {
	if v.stop != nil {
		v.stop()
	}
}

func (v *welcomeView) busy(on bool) {
	words := ""
	if on {
		words = text.T("welcome.demo.starting")
	}
	v.waiting.wait(words, v.choice)
	switch {
	case !v.env.showing(v.content):
	case on:
		v.env.focus(v.waiting.cancel)
	default:
		v.env.focus(v.signIn)
	}
	v.content.Refresh()
}

func (v *welcomeView) show(n widget.Notice) {
	v.banner.Set(n)
	v.content.Refresh()
}

func (v *welcomeView) shown() {
	if v.stop == nil {
		v.env.focus(v.signIn)
	}
}
