package views

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"parley/views/kept"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// buildCall: what is done to the sound, and how a call begins.
func (v *settingsView) buildCall() fyne.CanvasObject {
	s := v.settings
	return container.NewVBox(
		section("settings.sound",
			v.checkRow("sound.echo_cancellation", "settings.echo", "settings.echo.help", s.Echo, func(s *Settings, on bool) { s.Echo = on }),
			v.checkRow("sound.noise_suppression", "settings.noise", "settings.noise.help", s.Noise, func(s *Settings, on bool) { s.Noise = on }),
			v.checkRow("sound.automatic_gain", "settings.gain", "settings.gain.help", s.Gain, func(s *Settings, on bool) { s.Gain = on })),
		section("settings.join",
			v.checkRow("join.preview", "settings.preview", "settings.preview.help", s.Preview, func(s *Settings, on bool) { s.Preview = on }),
			v.checkRow("join.muted", "settings.joinMuted", "", s.Muted, func(s *Settings, on bool) { s.Muted = on }),
			v.checkRow("join.camera_off", "settings.joinDark", "", s.CameraOff, func(s *Settings, on bool) { s.CameraOff = on })))
}

// buildVideo: sizes, limits, codecs.
func (v *settingsView) buildVideo() fyne.CanvasObject {
	s := v.settings
	heights, words := []string{}, []string{}
	for _, h := range kept.Heights {
		heights, words = append(heights, strconv.Itoa(h)), append(words, fmt.Sprintf("%d × %d", (h*16/9+1)&^1, h))
	}
	return container.NewVBox(
		section("settings.picture",
			v.selectRow("video.height", "settings.height", "settings.height.help", heights, words, strconv.Itoa(s.Video.Height),
				func(s *Settings, id string) { s.Video.Height, _ = strconv.Atoi(id) }),
			v.limitRow("video.send_limit", "settings.sendLimit", "settings.sendLimit.help", s.SendLimit, 0,
				func(s *Settings, n int) { s.SendLimit = n }),
			v.limitRow("video.present_limit", "settings.presentLimit", "", s.PresentLimit, 0,
				func(s *Settings, n int) { s.PresentLimit = n }),
			v.limitRow("video.receive_limit", "settings.receiveLimit", "settings.receiveLimit.help", s.ReceiveLimit, kept.MinReceive,
				func(s *Settings, n int) { s.ReceiveLimit = n }),
			v.checkRow("video.balancer", "settings.balancer", "settings.balancer.help", s.Balancer, func(s *Settings, on bool) { s.Balancer = on })),
		v.codecs())
}

// codecs lists the codecs in the order in which they are offered; each can be moved and left out.
func (v *settingsView) codecs() fyne.CanvasObject {
	list := container.NewVBox()
	wrong := newFieldError()
	var fill func()
	order := codecOrder(v.model.Codecs, v.settings.PreferredCodecs)
	move := func(i, by int) {
		order[i], order[i+by] = order[i+by], order[i]
		kept := slices.Clone(order)
		v.change(func(s *Settings) { s.PreferredCodecs = kept })
		fill()
	}
	fill = func() {
		list.RemoveAll()
		for i, name := range order {
			use := widget.NewCheck(name, nil)
			use.Checked = !excluded(v.settings.ExcludedCodecs, name)
			use.OnChanged = func(on bool) {
				if !on && len(order)-len(v.settings.ExcludedCodecs) <= 1 {
					wrong.set("settings.codec.last")
					use.Checked = true
					use.Refresh()
					return
				}
				wrong.set("")
				v.change(func(s *Settings) {
					s.ExcludedCodecs = slices.DeleteFunc(s.ExcludedCodecs, func(x string) bool { return strings.EqualFold(x, name) })
					if !on {
						s.ExcludedCodecs = append(s.ExcludedCodecs, name)
					}
				})
			}
			up := widget.NewIconButton("up", text.T("settings.codec.up", text.D{"Codec": name}), func() { move(i, -1) })
			down := widget.NewIconButton("down", text.T("settings.codec.down", text.D{"Codec": name}), func() { move(i, 1) })
			if i == 0 || v.locked("video.codecs") {
				up.Disable()
			}
			if i == len(order)-1 || v.locked("video.codecs") {
				down.Disable()
			}
			if v.locked("video.excluded_codecs") {
				use.Disable()
			}
			list.Add(bordered(nil, nil, nil, container.NewHBox(up, down), use))
		}
		list.Refresh()
	}
	fill()
	help := fyne.CanvasObject(note(text.T("settings.codecs.help")))
	if v.locked("video.codecs") || v.locked("video.excluded_codecs") {
		help = lockNote()
	}
	return section("settings.codecs", help, list, wrong.content)
}

// codecOrder is all codecs, the preferred ones first.
func codecOrder(all, preferred []string) []string {
	var order []string
	for _, p := range preferred {
		for _, name := range all {
			if strings.EqualFold(p, name) && !slices.Contains(order, name) {
				order = append(order, name)
			}
		}
	}
	for _, name := range all {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	return order
}

func excluded(list []string, name string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, name) })
}

// buildAppearance: what the window looks like.
func (v *settingsView) buildAppearance() fyne.CanvasObject {
	s := v.settings
	scales, words := []string{}, []string{}
	for _, percent := range []int{75, 100, 125, 150, 175, 200} {
		scales, words = append(scales, strconv.Itoa(percent)), append(words, fmt.Sprintf("%d %%", percent))
	}
	if own := strconv.Itoa(s.Scale); !slices.Contains(scales, own) {
		scales, words = append(scales, own), append(words, own+" %")
	}
	return section("settings.appearance",
		v.selectRow("appearance.language", "settings.language", "", []string{text.System, "en", "ru"},
			[]string{text.T("settings.language.system"), text.T("settings.language.en"), text.T("settings.language.ru")}, s.Language,
			func(s *Settings, id string) { s.Language = id }),
		v.selectRow("appearance.theme", "settings.theme", "", []string{string(look.System), string(look.Light), string(look.Dark)},
			[]string{text.T("settings.theme.system"), text.T("settings.theme.light"), text.T("settings.theme.dark")}, s.Theme,
			func(s *Settings, id string) { s.Theme = id }),
		v.selectRow("appearance.scale", "settings.scale", "", scales, words, strconv.Itoa(s.Scale),
			func(s *Settings, id string) { s.Scale, _ = strconv.Atoi(id) }))
}

// buildStart: start and end of the program.
func (v *settingsView) buildStart() fyne.CanvasObject {
	s := v.settings
	return section("settings.start",
		v.checkRow("start.with_system", "settings.withSystem", "settings.withSystem.help", s.WithSystem,
			func(s *Settings, on bool) { s.WithSystem = on }),
		v.checkRow("start.close_to_tray", "settings.tray", "settings.tray.help", s.CloseToTray,
			func(s *Settings, on bool) { s.CloseToTray = on }))
}

// buildKeys lists the shortcuts.
func (v *settingsView) buildKeys() fyne.CanvasObject {
	return section("settings.keys", v.keyList())
}
