package views

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"parley/views/text"
)

// devicesPage chooses camera, microphone and speaker.
type devicesPage struct {
	camera, microphone, speaker *choice
}

func (v *settingsView) buildDevices() fyne.CanvasObject {
	p := &devicesPage{
		camera:     newChoice(func(id string) { v.change(func(s *Settings) { s.Camera = id }) }),
		microphone: newChoice(func(id string) { v.change(func(s *Settings) { s.Microphone = id }) }),
		speaker:    newChoice(func(id string) { v.change(func(s *Settings) { s.Speaker = id }) }),
	}
	v.devices = p
	v.fillDevices(Devices{})
	return section("settings.devices", labelled("settings.camera", v.under("devices.camera", "", p.camera.Select)),
		labelled("settings.microphone", v.under("devices.microphone", "", p.microphone.Select)),
		labelled("settings.speaker", v.under("devices.speaker", "", p.speaker.Select)))
}

// look looks for the devices anew each time the page is opened.
func (v *settingsView) look() {
	page := v.devices
	if page == nil {
		return
	}
	var found Devices
	v.env.run(func(ctx context.Context) (err error) {
		found, err = v.env.Actions.Devices(ctx)
		return err
	}, func(err error) {
		if err != nil {
			v.tell(Describe(OpSettings, "", err))
		}
		if v.devices == page {
			v.fillDevices(found)
		}
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
	fill(v.devices.camera, d.Cameras, v.settings.Camera)
	fill(v.devices.microphone, d.Microphones, v.settings.Microphone)
	fill(v.devices.speaker, d.Speakers, v.settings.Speaker)
}
