package views

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// intended is a call that a person is about to make.
type intended struct {
	number string
	video  bool
}

// beforeView is the look into the mirror before a call: own picture, level of the microphone, speakers tried, devices
// chosen, and how to join.
type beforeView struct {
	env      *Env
	call     intended
	settings Settings
	content  fyne.CanvasObject
	banner   *widget.Banner
	join     *widget.Button
	panel    *devicePanel
	leaves   bool
}

// newBeforeView; join is called when the devices are free for the call, back when the person has changed his mind.
func newBeforeView(env *Env, m Model, call intended, join func(intended), back func()) *beforeView {
	v := &beforeView{env: env, call: call, settings: m.Settings}
	v.panel = newDevicePanel(env, func() Settings { return v.settings }, v.change)
	v.panel.under = func(key, _ string, control fyne.CanvasObject) fyne.CanvasObject {
		if d, ok := control.(fyne.Disableable); ok && m.Locks.Has(key) {
			d.Disable()
		}
		return control
	}
	v.banner = widget.NewBanner(func() { v.content.Refresh() })
	v.panel.failed = func(n widget.Notice) {
		if n.Title != "" {
			v.banner.Set(n)
			v.content.Refresh()
		}
	}
	check := func(key, setting string, on bool, set func(*Settings, bool)) *widget.Check {
		c := widget.NewCheck(text.T(key), nil)
		c.Checked = on
		c.OnChanged = func(on bool) { v.change(func(s *Settings) { set(s, on) }) }
		if m.Locks.Has(setting) {
			c.Disable()
		}
		return c
	}
	how := container.NewVBox(check("settings.joinMuted", "join.muted", m.Settings.Muted, func(s *Settings, on bool) { s.Muted = on }))
	picture := container.NewVBox()
	if call.video {
		v.panel.self = widget.NewTile("before", env.Pictures.Drawing(), true)
		v.panel.person = m.Account.Name
		v.panel.self.SetLabel(widget.TileLabel{Person: m.Account.Name, Rounded: true})
		picture.Add(container.New(&ratioLayout{}, v.panel.self))
		how.Add(check("settings.joinDark", "join.camera_off", m.Settings.CameraOff, func(s *Settings, on bool) { s.CameraOff = on }))
	}
	how.Add(check("before.always", "join.preview", m.Settings.Preview, func(s *Settings, on bool) { s.Preview = on }))
	picture.Add(how)
	v.join = widget.NewButton(text.T("before.join"), nil, func() { v.leave(func() { join(call) }) })
	v.join.Importance = fynewidget.HighImportance
	cancel := widget.NewButton(text.T("common.cancel"), nil, func() { v.back(back) })
	head := bordered(nil, nil, widget.NewIconButton("back", text.T("common.back"), func() { v.back(back) }), nil,
		tight(heading(text.T("before.title")), muted(text.T("before.to", text.D{"Number": shorten(call.number)}))))
	body := column(beforeWidth, container.NewVBox(head, v.banner,
		container.New(&twoColumns{from: 720, gap: look.Space}, picture, newCard(container.NewVBox(v.panel.rows(call.video, false)...)))))
	foot := container.New(footLayout(beforeWidth), container.NewHBox(layout.NewSpacer(), cancel, v.join))
	v.content = container.New(&footedLayout{}, body, foot)
	v.panel.resized = func() { v.content.Refresh() }
	return v
}

func (v *beforeView) change(edit func(*Settings)) {
	edit(&v.settings)
	v.env.change(edit, func(err error) {
		v.panel.failed(Describe(OpSettings, "", err))
	})
}

func (v *beforeView) shown() {
	v.env.focus(v.join)
	v.panel.start()
}

// leave gives the devices back first: a camera opens once only.
func (v *beforeView) leave(then func()) {
	if v.leaves {
		return
	}
	v.leaves = true
	v.join.Disable()
	v.panel.stop(then)
}

// back leaves without a call. Where a device does not come back, a second press does not wait for it.
func (v *beforeView) back(then func()) {
	if !v.leaves {
		v.leave(then)
		return
	}
	v.panel.after = nil
	then()
}

// stop gives the devices back.
func (v *beforeView) stop() { v.panel.stop(nil) }

// beforeWidth is how wide the screen's column is at most.
const beforeWidth = 920

// footedLayout puts a scrolled column (column) in the middle, with its foot right below. In a window that is too low for
// both, the foot stays in sight at the bottom.
type footedLayout struct{}

func (l *footedLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	body, foot := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(max(body.Width, foot.Width), body.Height+foot.Height)
}

func (l *footedLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	body, foot := o[0].(*container.Scroll), o[1]
	below := foot.MinSize().Height
	body.Resize(fyne.NewSize(size.Width, size.Height-below)) // what wraps knows its height only at its width
	height := min(body.Content.MinSize().Height, size.Height-below)
	top := (size.Height - below - height) / 2
	body.Resize(fyne.NewSize(size.Width, height))
	body.Move(fyne.NewPos(0, top))
	foot.Resize(fyne.NewSize(size.Width, below))
	foot.Move(fyne.NewPos(0, top+height))
}

// footLayout keeps its one object in the middle at a largest width, with little room above and below.
type footLayout float32

func (w footLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].MinSize()
	return fyne.NewSize(m.Width+2*look.Margin, m.Height+look.Gap)
}

func (w footLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := min(float32(w), size.Width-2*look.Margin)
	objects[0].Resize(fyne.NewSize(width, size.Height-look.Gap))
	objects[0].Move(fyne.NewPos((size.Width-width)/2, 0))
}

// ratioLayout keeps its one object at 16:9.
type ratioLayout struct{ width float32 }

func (l *ratioLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(240, max(135, l.width*9/16))
}

func (l *ratioLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	objects[0].Resize(fyne.NewSize(size.Width, size.Width*9/16))
	objects[0].Move(fyne.NewPos(0, 0))
}
