package views

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"parley/connector/session"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// Incoming is the content of the window of an incoming call.
type Incoming struct {
	env     *Env
	Content fyne.CanvasObject

	tile                         *widget.Tile
	title, name, number          *canvas.Text
	video, audio, busy, declined *widget.BarButton
	banner                       *widget.Banner
	guard                        *keyGuard
	running, fresh               bool
	stop                         func() // the wait for clicks to count
	// OnError tells an error in the main window when this window is already gone.
	onError func(widget.Notice)
}

// NewIncoming makes the content. env.Window is the incoming call's own window; onError shows what failed.
func NewIncoming(env *Env, onError func(widget.Notice)) *Incoming {
	v := &Incoming{env: env, onError: onError}
	v.tile = widget.NewTile("incoming", widget.ByImage, false)
	v.name = canvas.NewText("", nil)
	v.name.TextSize, v.name.TextStyle.Bold, v.name.Alignment = 20, true, fyne.TextAlignCenter
	v.number = canvas.NewText("", nil)
	v.number.TextSize, v.number.Alignment = 14, fyne.TextAlignCenter
	title := canvas.NewText(text.T("incoming.title"), theme.Color(look.OnStageMuted))
	title.Alignment = fyne.TextAlignCenter
	title.TextSize = 13
	v.title = title
	v.name.Color, v.number.Color = theme.Color(look.OnStage), theme.Color(look.OnStageMuted)
	button := func(icon, key string, kind widget.Kind, op func(context.Context) error) *widget.BarButton {
		return widget.NewBarButton(widget.ButtonState{Icon: icon, Caption: text.T(key), Kind: kind}, func() { v.do(op) })
	}
	a := env.Actions
	v.video = button("camera", "incoming.video", widget.Accept, func(c context.Context) error { return a.Accept(c, true) })
	v.audio = button("phone", "incoming.audio", widget.Accept, func(c context.Context) error { return a.Accept(c, false) })
	v.busy = button("close", "incoming.busy", widget.Plain, a.Busy)
	v.declined = button("hang-up", "incoming.decline", widget.Danger, a.Decline)
	v.banner = widget.NewBanner(nil)
	v.guard = newKeyGuard(env.now, func() { env.focus(v.video) }, v.Reject)
	buttons := container.NewHBox(layout.NewSpacer(), v.video, v.audio, v.busy, v.declined, layout.NewSpacer())
	keys := canvas.NewText(text.T("incoming.keys"), theme.Color(look.OnStageMuted))
	keys.Alignment, keys.TextSize = fyne.TextAlignCenter, 12
	field := canvas.NewRectangle(theme.Color(look.StageTile))
	avatar := container.NewGridWrap(fyne.NewSize(140, 110), v.tile)
	v.Content = container.NewStack(field, container.NewPadded(container.NewVBox(
		title, container.NewCenter(avatar), v.name, v.number, layout.NewSpacer(), v.banner, buttons, keys)),
		container.NewWithoutLayout(v.guard))
	return v
}

// Opened is called when the window comes. It was not asked for: keys and clicks that were on their way elsewhere must not
// answer the call, so nothing counts for a moment, and no button has the focus.
func (v *Incoming) Opened() {
	v.fresh = true
	v.apply()
	v.stop = v.env.after(clickGrace, func() {
		v.fresh = false
		v.apply()
	})
	v.guard.Show()
	v.env.focus(v.guard)
}

// Closed is called when the window goes.
func (v *Incoming) Closed() {
	if v.stop != nil {
		v.stop()
	}
}

// TypedKey takes the window's keys that no button has.
func (v *Incoming) TypedKey(e *fyne.KeyEvent) { v.guard.TypedKey(e) }

// Set shows who calls.
func (v *Incoming) Set(c session.Incoming) {
	name, number := shorten(c.DisplayName), shorten(c.Number)
	if name == "" {
		name = number
	}
	if name == "" {
		name = text.T("incoming.unknown")
	}
	v.tile.SetLabel(widget.TileLabel{Name: name, Person: name, Centered: true})
	widget.SetText(v.name, widget.Shorten(name, 20, 380, v.name.TextStyle))
	if number == name {
		number = ""
	}
	widget.SetText(v.number, widget.Shorten(number, 14, 380, v.number.TextStyle))
}

// SetInCall tells whether a call is going on, which accepting ends.
func (v *Incoming) SetInCall(on bool) {
	key := "incoming.title"
	if on {
		key = "incoming.second"
	}
	widget.SetText(v.title, text.T(key))
}

// Reject declines: the escape key, and closing the window.
func (v *Incoming) Reject() { v.declined.Tapped(nil) }

func (v *Incoming) do(op func(context.Context) error) {
	if v.running {
		return
	}
	v.running = true
	v.apply()
	v.env.run(op, func(err error) {
		v.running = false
		v.apply()
		if n := Describe(OpAnswer, "", err); n.Title != "" {
			v.banner.Set(n)
			if v.onError != nil {
				v.onError(n)
			}
		}
	})
}

func (v *Incoming) apply() {
	for _, b := range []*widget.BarButton{v.video, v.audio, v.busy, v.declined} {
		s := b.State()
		s.Busy, s.Disabled = v.running, v.fresh
		b.Set(s)
	}
}
