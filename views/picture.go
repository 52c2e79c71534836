package views

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"

	"parley/connector/rtc"
	"parley/views/keys"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// pictureWindow is the small window on top of all others: what matters of the call while a person works elsewhere. It is
// there as long as the call, unless it is closed.
type pictureWindow struct {
	env    *Env
	window fyne.Window
	call   *callView

	tile                          *widget.Tile
	microphone, stopShare, hangUp *widget.BarButton
}

// pictureSize when it opens, device independent pixels.
var pictureSize = fyne.NewSize(384, 216)

// openPictureWindow opens it, or brings it forward.
func (r *Root) openPictureWindow() {
	if r.picture != nil {
		r.picture.window.Show()
		r.picture.window.RequestFocus()
		return
	}
	if r.env.NewWindow == nil || r.call == nil {
		return
	}
	p := &pictureWindow{env: r.env, window: r.env.NewWindow(text.T("app.name")), call: r.call}
	p.tile = widget.NewTile("picture", r.env.Pictures.Drawing(), false)
	p.microphone = widget.NewBarButton(widget.ButtonState{Icon: "microphone", Caption: text.T("call.mute")}, func() { p.call.toggleMicrophone() })
	p.hangUp = widget.NewBarButton(widget.ButtonState{Icon: "hang-up", Caption: text.T("call.hangup"), Kind: widget.Danger}, func() { p.call.leave() })
	p.stopShare = widget.NewBarButton(widget.ButtonState{Icon: "share-stop", Caption: text.T("tray.stopShare"), Kind: widget.Active}, func() { p.call.stopShare() })
	back := widget.NewBarButton(widget.ButtonState{Icon: "window", Caption: text.T("call.pip.back")}, func() {
		r.closePicture()
		r.env.Window.Show()
		r.env.Window.RequestFocus()
	})
	for _, b := range []*widget.BarButton{p.microphone, p.stopShare, back, p.hangUp} {
		b.SetCompact(true)
	}
	field := canvas.NewRectangle(theme.Color(look.Stage))
	bar := container.NewStack(newStageField(), container.NewCenter(container.NewHBox(p.microphone, p.stopShare, back, p.hangUp)))
	p.window.SetContent(container.NewStack(field, bordered(nil, bar, nil, nil, p.tile)))
	p.window.SetPadded(false)
	p.window.Resize(pictureSize)
	p.window.SetCloseIntercept(r.closePicture)
	r.picture = p
	r.bindPicture()
	r.hearPicture(p.window.Canvas())
	p.set()
	p.window.Show()
}

// pictureActions are what the small window has keys for, when it is in front.
var pictureActions = []keys.Action{keys.Microphone, keys.Camera, keys.HangUp}

// bindPicture has the small window, where there is one, take the combinations for its actions; keys alone are heard.
func (r *Root) bindPicture() {
	for _, a := range pictureActions {
		if combo := r.keys[a]; r.picture != nil && combo.Modifier != 0 {
			r.picture.window.Canvas().AddShortcut(combo.Shortcut(), func(fyne.Shortcut) { r.Shortcut(a) })
		}
	}
}

func (r *Root) unbindPicture() {
	for _, a := range pictureActions {
		if combo := r.keys[a]; r.picture != nil && combo.Modifier != 0 {
			r.picture.window.Canvas().RemoveShortcut(combo.Shortcut())
		}
	}
}

// hearPicture has the small window take the keys without modifiers, and push to talk.
func (r *Root) hearPicture(c fyne.Canvas) {
	c.SetOnTypedKey(func(k *fyne.KeyEvent) {
		switch a := r.keys.Owner(keys.Combo{Key: k.Name}); {
		case k.Name == fyne.KeyEscape:
			r.closePicture()
		case slices.Contains(pictureActions, a):
			r.Shortcut(a)
		}
	})
	if held, ok := c.(desktop.Canvas); ok {
		held.SetOnKeyDown(r.KeyDown)
		held.SetOnKeyUp(r.KeyUp)
	}
}

// set shows the presentation, or the main video where there is none.
func (p *pictureWindow) set() {
	s, words := p.call.model.Snapshot, p.call.words
	var track rtc.Track
	if track = remote(s.Streams.Contented.Video()); track == nil {
		track = remote(s.Streams.Main.Video())
	}
	p.tile.SetLabel(widget.TileLabel{Name: words.Person, Person: words.Person, Hint: words.Hint, Centered: true})
	p.env.Pictures.Show(p.tile, track)
	p.microphone.Set(words.Microphone)
	if p.stopShare.Visible() != words.Sharing {
		widget.SetVisible(p.stopShare, words.Sharing)
		p.window.Content().Refresh() // the others move together
	}
}

// closePicture closes the small window. Whoever held the key to talk in it is not heard any more: the key's release goes with
// the window.
func (r *Root) closePicture() {
	if r.picture == nil {
		return
	}
	r.talk.up()
	r.env.Pictures.Show(r.picture.tile, nil)
	r.picture.window.SetCloseIntercept(nil)
	r.picture.window.Close()
	r.picture = nil
}
