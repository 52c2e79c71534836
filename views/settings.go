package views

import (
	"reflect"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// settingsView shows one page of settings at a time. A change counts at once and is kept.
type settingsView struct {
	env      *Env
	model    Model
	settings Settings
	page     *string // kept by the root
	keyList  func() fyne.CanvasObject
	content  *fyne.Container

	banner *widget.Banner
	close  *widget.Button
	pages  []settingsPage
	nav    []*widget.Button
	choice *choice // the pages, in a narrow window
	body   *container.Scroll
	inner  *fyne.Container

	devices *devicePanel
	ice     *iceList
}

// settingsPage is one page: its key (of its words, too), its icon, and what makes it.
type settingsPage struct {
	key, icon string
	build     func() fyne.CanvasObject
}

func newSettingsView(env *Env, m Model, page *string, back func(), keyList func() fyne.CanvasObject) *settingsView {
	v := &settingsView{env: env, model: m, settings: m.Settings, page: page, keyList: keyList}
	v.pages = []settingsPage{
		{"settings.devices", "microphone", v.buildDevices},
		{"settings.call", "sound", v.buildCall},
		{"settings.video", "camera", v.buildVideo},
		{"settings.network", "network", v.buildNetwork},
		{"settings.appearance", "appearance", v.buildAppearance},
		{"settings.start", "power", v.buildStart},
		{"settings.keys", "keypad", v.buildKeys},
	}
	if env.OpenDiagnostics != nil {
		v.pages = append(v.pages, settingsPage{"settings.diagnostics", "info", v.buildDiagnostics})
	}
	v.banner = widget.NewBanner(func() { v.content.Refresh() })
	v.close = widget.NewIconButton("back", text.T("common.back"), back)
	head := bordered(nil, nil, v.close, nil, heading(text.T("settings.title")))
	nav := container.NewVBox()
	ids, words := []string{}, []string{}
	for _, p := range v.pages {
		b := widget.NewButton(text.T(p.key), look.Icon(p.icon), func() { v.open(p.key) })
		b.Alignment = fynewidget.ButtonAlignLeading
		v.nav = append(v.nav, b)
		nav.Add(b)
		ids, words = append(ids, p.key), append(words, text.T(p.key))
	}
	v.choice = newChoice(v.open)
	v.choice.fill(ids, words, *page)
	v.choice.Name = text.T("settings.title")
	v.inner = container.NewVBox()
	v.body = container.NewVScroll(v.inner)
	v.content = container.New(&settingsLayout{}, head, nav, v.choice.Select, v.banner, v.body)
	v.open(*page)
	return v
}

// open shows a page.
func (v *settingsView) open(key string) {
	at := slices.IndexFunc(v.pages, func(p settingsPage) bool { return p.key == key })
	at = max(at, 0)
	*v.page = v.pages[at].key
	for i, b := range v.nav {
		markChosen(b, i == at)
	}
	v.choice.Selected = text.T(v.pages[at].key)
	v.choice.Refresh()
	v.stop()
	v.inner.Objects = []fyne.CanvasObject{v.pages[at].build()}
	v.inner.Refresh()
	v.body.Refresh() // it is as high as the page
	v.body.ScrollToTop()
	v.look()
}

// shown puts the focus where a person can go back.
func (v *settingsView) shown() { v.env.focus(v.close) }

// change edits the settings, counts at once and keeps it.
func (v *settingsView) change(edit func(*Settings)) {
	next := v.settings
	next.PreferredCodecs, next.ExcludedCodecs = slices.Clone(next.PreferredCodecs), slices.Clone(next.ExcludedCodecs)
	next.ICEServers = slices.Clone(next.ICEServers)
	edit(&next)
	if reflect.DeepEqual(next, v.settings) {
		return
	}
	v.settings = next
	v.env.change(edit, func(err error) {
		v.tell(Describe(OpSettings, "", err))
	})
}

func (v *settingsView) tell(n widget.Notice) {
	v.banner.Set(n)
	v.content.Refresh()
}

// locked tells whether an administrator has fixed a setting.
func (v *settingsView) locked(key string) bool { return v.model.Locks.Has(key) }

// settingsLayout: the head above, the pages at the left of a wide window or in a choice above, the page in a column.
type settingsLayout struct{ wide bool }

// Widths of the settings screen.
const (
	navigationWidth float32 = 220
	navigationFrom  float32 = 720
	pageWidth       float32 = 620
)

func (l *settingsLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(o[4].MinSize().Width+2*look.Margin, 320)
}

func (l *settingsLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	head, nav, choice, banner, body := o[0], o[1], o[2], o[3], o[4]
	l.wide = size.Width >= navigationFrom
	left := look.Margin
	width := size.Width - 2*look.Margin
	total := min(width, navigationWidth+look.Space+pageWidth)
	if l.wide {
		left = (size.Width - total) / 2
		width = total
	}
	head.Move(fyne.NewPos(left, look.Margin))
	head.Resize(fyne.NewSize(width, head.MinSize().Height))
	y := look.Margin + head.MinSize().Height + look.Gap
	widget.SetVisible(nav, l.wide)
	widget.SetVisible(choice, !l.wide)
	if l.wide {
		nav.Move(fyne.NewPos(left, y))
		nav.Resize(fyne.NewSize(navigationWidth, nav.MinSize().Height))
		left += navigationWidth + look.Space
		width -= navigationWidth + look.Space
	} else {
		choice.Move(fyne.NewPos(left, y))
		choice.Resize(fyne.NewSize(width, choice.MinSize().Height))
		y += choice.MinSize().Height + look.Gap
	}
	if banner.Visible() {
		banner.Resize(fyne.NewSize(width, banner.Size().Height))
		h := banner.MinSize().Height
		banner.Resize(fyne.NewSize(width, h))
		banner.Move(fyne.NewPos(left, y))
		y += h + look.Gap
	}
	body.Move(fyne.NewPos(left, y))
	body.Resize(fyne.NewSize(width, max(0, size.Height-y-look.Margin)))
}

// choice is a select whose options have an id beside their words.
type choice struct {
	*widget.Select
	ids []string
}

func newChoice(changed func(id string)) *choice {
	c := &choice{}
	c.Select = widget.NewSelect(nil, func(string) {
		if i := c.SelectedIndex(); i >= 0 && i < len(c.ids) {
			changed(c.ids[i])
		}
	})
	return c
}

// fill sets the options and selects one without calling back.
func (c *choice) fill(ids, words []string, selected string) {
	c.ids = ids
	c.Options = words
	c.Selected = ""
	if i := slices.Index(ids, selected); i >= 0 {
		c.Selected = words[i]
	} else if len(words) > 0 {
		c.Selected = words[0]
	}
	c.Refresh()
}

// buildDiagnostics is the way to their window.
func (v *settingsView) buildDiagnostics() fyne.CanvasObject {
	open := widget.NewButton(text.T("diagnostics.open"), nil, v.env.OpenDiagnostics)
	return section("settings.diagnostics", muted(text.T("settings.diagnostics.help")), container.NewHBox(open))
}
