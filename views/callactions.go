package views

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/presentation"
	"parley/views/keys"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

func (v *callView) toggleMicrophone() {
	if v.microphone.State().Disabled {
		return
	}
	v.failure = widget.Notice{}
	v.switching.toggle()
}

func (v *callView) toggleCamera() {
	on := !v.model.Snapshot.Media.CameraOn
	v.act(v.camera, OpCamera, func(ctx context.Context) error { return v.env.Actions.SetCamera(ctx, on) })
}

// toggleHold puts the other side on hold, or takes the call back. One at a time: the other side has to agree.
func (v *callView) toggleHold() {
	if v.holding || !v.words.Active {
		return
	}
	v.holding = true
	v.failure = widget.Notice{}
	on := !v.model.Snapshot.Call.OnHold
	v.Set(v.model)
	v.env.run(func(ctx context.Context) error { return v.env.Actions.Hold(ctx, on) }, func(err error) {
		v.holding = false
		if v.stopped {
			return
		}
		if n := Describe(OpHold, "", err); n.Title != "" {
			v.fail(n)
		}
		v.Set(v.model)
	})
}

func (v *callView) leave() {
	v.act(v.hangUp, OpHangUp, v.env.Actions.HangUp)
}

func (v *callView) tone(key string) {
	v.env.run(func(ctx context.Context) error { return v.env.Actions.SendDTMF(ctx, key) }, func(err error) {
		if n := Describe(OpTones, "", err); n.Title != "" {
			v.fail(n)
		}
	})
}

// toggleShare asks what to share; while something is shared, what to share instead, or to stop.
func (v *callView) toggleShare() {
	var sources []ShareSource
	sharing := v.model.Snapshot.Presentation == presentation.Active
	v.act2(v.share, func(ctx context.Context) (err error) {
		sources, err = v.env.Actions.ShareSources(ctx)
		return err
	}, func(err error) {
		switch {
		case err != nil:
			v.fail(Describe(OpShare, "", err))
		case len(sources) == 0:
			v.fail(widget.Notice{Level: widget.Warning, Title: text.T("share.none")})
		default:
			v.picker = v.env.askShare(sources, sharing, v.choices.shareMotion, v.startShare, v.stopShare)
		}
	})
}

func (v *callView) stopShare() { v.act(v.share, OpShare, v.env.Actions.StopSharing) }

// act2 is act with an own ending.
func (v *callView) act2(b *widget.BarButton, do func(context.Context) error, done func(error)) {
	if s := b.State(); s.Busy || s.Disabled {
		return
	}
	v.failure = widget.Notice{}
	s := b.State()
	s.Busy = true
	b.Set(s)
	v.env.run(do, func(err error) {
		if v.stopped {
			return // the call is over, and there is nothing to share in
		}
		v.Set(v.model)
		done(err)
	})
}

func (v *callView) startShare(s Share) {
	v.choices.shareMotion = s.Motion
	v.act(v.share, OpShare, func(ctx context.Context) error { return v.env.Actions.ShareScreen(ctx, s) })
}

// nextLayout goes through the layouts: the key.
func (v *callView) nextLayout() { v.setLayout((v.choices.layout + 1) % layouts) }

// setLayout takes a layout and keeps it for the next calls.
func (v *callView) setLayout(l Layout) {
	if !v.words.HasPresentation {
		return
	}
	v.choices.layout, v.choices.chosen = l, true
	v.apply()
	v.keep(func(s *Settings) { s.Layout = layoutNames[l] })
}

// keep remembers a choice of the call view; that it could not be kept is not worth a word in a call.
func (v *callView) keep(edit func(*Settings)) {
	v.env.change(edit, func(error) {})
}

// chooseLayout offers the layouts.
func (v *callView) chooseLayout() {
	items := make([]*fyne.MenuItem, layouts)
	for l := range layouts {
		items[l] = fyne.NewMenuItem(l.words(), func() { v.setLayout(l) })
		items[l].Checked = l == v.choices.layout
	}
	v.menu(v.layout, items)
}

// openMore offers what has no button of its own.
func (v *callView) openMore() {
	self, full := text.T("call.self.hide"), text.T("call.fullscreen")
	if v.choices.selfHidden {
		self = text.T("call.self.show")
	}
	if v.env.Window.FullScreen() {
		full = text.T("call.fullscreenExit")
	}
	items := []*fyne.MenuItem{fyne.NewMenuItem(text.T("settings.devices"), v.chooseDevices), fyne.NewMenuItem(self, v.toggleSelf)}
	if !v.choices.selfHidden {
		items = append(items, fyne.NewMenuItem(text.T("call.self.move"), v.moveSelf))
	}
	items = append(items, fyne.NewMenuItem(full, v.toggleFullScreen),
		fyne.NewMenuItem(text.T("call.figures"), v.toggleFigures))
	hold := fyne.NewMenuItem(text.T("call.hold"), v.toggleHold)
	if v.model.Snapshot.Call.OnHold {
		hold.Label = text.T("call.hold.end")
	}
	hold.Disabled = v.holding || !v.words.Active
	items = append(items, hold)
	if !v.pad.Visible() {
		items = append(items, fyne.NewMenuItem(text.T("call.keypad"), v.toggleKeypad))
	}
	if v.openPicture != nil {
		items = append(items, fyne.NewMenuItem(text.T("call.pip"), v.openPicture))
	}
	v.menu(v.more, items)
}

// menu opens above a button of the bar.
func (v *callView) menu(b *widget.BarButton, items []*fyne.MenuItem) {
	canvas := v.env.Window.Canvas()
	popup := fynewidget.NewPopUpMenu(fyne.NewMenu("", items...), canvas)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b)
	size := popup.MinSize()
	x := min(at.X, canvas.Size().Width-size.Width-look.Margin)
	popup.ShowAtPosition(fyne.NewPos(max(0, x), max(0, at.Y-size.Height-look.Gap)))
	canvas.Focus(popup)
}

func (v *callView) toggleSelf() {
	v.choices.selfHidden = !v.choices.selfHidden
	v.Set(v.model)
	hidden := v.choices.selfHidden
	v.keep(func(s *Settings) { s.SelfHidden = hidden })
}

// moveSelf takes the own picture to the next corner: for who has no mouse.
func (v *callView) moveSelf() {
	order := []corner{{}, {left: true}, {left: true, top: true}, {top: true}}
	v.setCorner(order[(slices.Index(order, v.choices.selfCorner)+1)%len(order)])
}

// setCorner takes the own picture to a corner, and keeps it there.
func (v *callView) setCorner(c corner) {
	v.choices.selfCorner = c
	name := c.name()
	v.keep(func(s *Settings) { s.SelfCorner = name })
	v.content.Refresh() // also when it snaps back to where it was
}

// toggleFigures shows what stands behind the quality.
func (v *callView) toggleFigures() {
	widget.SetVisible(v.figures.content, !v.figures.content.Visible())
	v.arrange()
}

// togglePeople shows who is there.
func (v *callView) togglePeople() {
	widget.SetVisible(v.people.content, !v.people.content.Visible())
	v.apply()
}

func (v *callView) toggleKeypad() {
	widget.SetVisible(v.keypad, !v.keypad.Visible())
	v.content.Refresh()
}

func (v *callView) toggleFullScreen() {
	v.env.Window.SetFullScreen(!v.env.Window.FullScreen())
	v.apply()
}

// dropSelf moves the own picture to the corner nearest to where it was let go.
func (v *callView) dropSelf(center fyne.Position) {
	size := v.content.Size()
	v.setCorner(corner{left: center.X < size.Width/2, top: center.Y < size.Height/2})
}

// moved shows the bar and lets it hide when the pointer rests.
func (v *callView) moved() {
	v.lastMove = v.env.now()
	v.overBar = false
	v.showBar(true)
	v.watchRest()
}

func (v *callView) watchRest() {
	if v.watching || v.stopped {
		return
	}
	v.watching = true
	v.env.after(barRest, func() {
		v.watching = false
		switch {
		case v.stopped:
		case v.env.now().Sub(v.lastMove) < barRest:
			v.watchRest()
		case v.mayHideBar():
			v.showBar(false)
		}
	})
}

// mayHideBar: only over a picture, and not while a person uses the bar.
func (v *callView) mayHideBar() bool {
	w, _ := v.main.FrameSize()
	p, _ := v.presentation.FrameSize()
	return v.words.Active && (w > 0 || p > 0) && !v.keypad.Visible() && v.env.Window.Canvas().Focused() == nil &&
		!v.overBar
}

func (v *callView) showBar(show bool) {
	if show == v.barShown {
		return
	}
	v.barShown = show
	widget.SetVisible(v.bar, show)
	widget.SetVisible(v.top, show)
	v.arrange()
}

// pointerLeft: the pointer is over the bar or outside the window. Over the bar it must not hide.
func (v *callView) pointerLeft() { v.overBar = true }

// shortcuts of the call view.
func (v *callView) shortcuts() map[keys.Action]func() {
	return map[keys.Action]func(){
		keys.Microphone: v.toggleMicrophone,
		keys.Camera:     v.toggleCamera,
		keys.Share:      v.toggleShare,
		keys.Layout:     v.nextLayout,
		keys.HangUp:     v.leave,
		keys.Keypad:     v.toggleKeypad,
		keys.Self:       v.toggleSelf,
		keys.People:     v.togglePeople,
		keys.Figures:    v.toggleFigures,
		keys.Hold:       v.toggleHold,
		keys.Settings:   v.chooseDevices, // the others would leave the call's screen
	}
}

// typedKey handles keys without a modifier; it reports whether it had use for the key.
func (v *callView) typedKey(k *fyne.KeyEvent) bool {
	v.moved()
	switch k.Name {
	case fyne.KeyEscape:
		switch {
		case v.keypad.Visible():
			v.toggleKeypad()
		case v.figures.content.Visible():
			v.toggleFigures()
		case v.people.content.Visible():
			v.togglePeople()
		case v.env.Window.FullScreen():
			v.toggleFullScreen()
		default:
			return false
		}
		return true
	}
	return false
}

// typedRune sends digits as tones while the pad is open.
func (v *callView) typedRune(r rune) {
	if v.keypad.Visible() && (r >= '0' && r <= '9' || r == '*' || r == '#') {
		v.tone(string(r))
	}
}
