package views

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// settingsView changes language, theme and devices. A change counts at once.
type settingsView struct {
	env      *Env
	settings Settings
	content  fyne.CanvasObject
	banner   *widget.Banner
	close    *widget.Button

	camera, microphone, speaker *choice
}

// choice is a select whose options have an id beside their words.
type choice struct {
	*fynewidget.Select
	ids []string
}

func newChoice(changed func(id string)) *choice {
	c := &choice{}
	c.Select = fynewidget.NewSelect(nil, func(string) {
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

func newSettingsView(env *Env, s Settings, back func()) *settingsView {
	v := &settingsView{env: env, settings: s}
	v.banner = widget.NewBanner(func() {})
	language := newChoice(func(id string) { v.change(func(s *Settings) { s.Language = id }) })
	language.fill([]string{text.System, "en", "ru"},
		[]string{text.T("settings.language.system"), text.T("settings.language.en"), text.T("settings.language.ru")}, s.Language)
	theme := newChoice(func(id string) { v.change(func(s *Settings) { s.Theme = id }) })
	theme.fill([]string{string(look.System), string(look.Light), string(look.Dark)},
		[]string{text.T("settings.theme.system"), text.T("settings.theme.light"), text.T("settings.theme.dark")}, s.Theme)
	v.camera = newChoice(func(id string) { v.change(func(s *Settings) { s.Camera = id }) })
	v.microphone = newChoice(func(id string) { v.change(func(s *Settings) { s.Microphone = id }) })
	v.speaker = newChoice(func(id string) { v.change(func(s *Settings) { s.Speaker = id }) })
	v.fillDevices(Devices{})

	v.close = widget.NewIconButton("back", text.T("common.back"), back)
	head := container.NewBorder(nil, nil, v.close, nil, heading(text.T("settings.title")))
	row := func(key string, o fyne.CanvasObject) fyne.CanvasObject {
		return labelled(key, o)
	}
	v.content = column(560, container.NewVBox(append([]fyne.CanvasObject{head, v.banner,
		newCard(container.NewVBox(subheading(text.T("settings.appearance")),
			row("settings.language", language.Select), row("settings.theme", theme.Select))),
		newCard(container.NewVBox(subheading(text.T("settings.devices")),
			row("settings.camera", v.camera.Select), row("settings.microphone", v.microphone.Select),
			row("settings.speaker", v.speaker.Select))),
		newCard(container.NewVBox(subheading(text.T("settings.keys")), muted(text.T("settings.keys.list"))))}, v.diagnostics()...)...))
	return v
}

// diagnostics is the way to their window, where there is one.
func (v *settingsView) diagnostics() []fyne.CanvasObject {
	if v.env.OpenDiagnostics == nil {
		return nil
	}
	return []fyne.CanvasObject{widget.NewButton(text.T("diagnostics.open"), nil, v.env.OpenDiagnostics)}
}

// shown looks for the devices anew each time.
func (v *settingsView) shown() {
	v.env.focus(v.close)
	var found Devices
	v.env.run(func(ctx context.Context) (err error) {
		found, err = v.env.Actions.Devices(ctx)
		return err
	}, func(err error) {
		if err != nil {
			v.banner.Set(Describe(OpSettings, "", err))
		}
		v.fillDevices(found)
	})
}

func (v *settingsView) fillDevices(d Devices) {
	fill := func(c *choice, list []Device, selected string) {
		ids, words := []string{""}, []string{text.T("settings.device.default")}
		for _, dev := range list {
			ids, words = append(ids, dev.ID), append(words, shorten(dev.Name))
		}
		if selected != "" && selected != NoDevice && !slices.Contains(ids, selected) {
			ids, words = append(ids, selected), append(words, shorten(selected))
		}
		c.fill(append(ids, NoDevice), append(words, text.T("settings.device.none")), selected)
	}
	fill(v.camera, d.Cameras, v.settings.Camera)
	fill(v.microphone, d.Microphones, v.settings.Microphone)
	fill(v.speaker, d.Speakers, v.settings.Speaker)
}

func (v *settingsView) change(edit func(*Settings)) {
	next := v.settings
	edit(&next)
	if next == v.settings {
		return
	}
	v.settings = next
	v.env.run(func(ctx context.Context) error { return v.env.Actions.Apply(ctx, next) }, func(err error) {
		v.banner.Set(Describe(OpSettings, "", err))
		v.content.Refresh()
	})
}
