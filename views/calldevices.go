package views

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// chooseDevices offers the devices of the call that goes on. What is chosen counts at once, and for the calls to come.
func (v *callView) chooseDevices() {
	settings := v.model.Settings
	var p *devicePanel
	p = newDevicePanel(v.env, func() Settings { return settings }, func(edit func(*Settings)) {
		edit(&settings)
		p.tell(widget.Notice{})
		v.env.change(edit, func(err error) { v.toldOfDevices(p, Describe(OpDevices, "", err)) })
	})
	p.level = v.env.Actions.MicrophoneLevel
	p.failed = p.tell
	p.under = func(key, _ string, control fyne.CanvasObject) fyne.CanvasObject {
		if d, ok := control.(fyne.Disableable); ok && v.model.Locks.Has(key) {
			d.Disable()
		}
		return control
	}
	v.env.ask(question{
		title: text.T("settings.devices"), no: text.T("common.close"), body: container.NewVBox(p.rowsOfCall()...),
		focus: p.microphone.Select, answer: func(bool) { p.stop(nil) }, gone: func() { p.stop(nil) },
	})
	p.start()
}

// toldOfDevices tells what became of a choice where it was made, or in the call when that was closed while the device opened.
func (v *callView) toldOfDevices(p *devicePanel, n widget.Notice) {
	switch {
	case !p.stopped:
		p.tell(n)
	case !v.stopped && n.Title != "":
		v.fail(n)
	}
}

// rowsOfCall are what there is to choose in a call: nothing is tried out, for the call itself is seen and heard.
func (p *devicePanel) rowsOfCall() []fyne.CanvasObject {
	volume := widget.NewSlider(0, 100)
	volume.Step = 5
	volume.Value = float64(p.get().SpeakerVolume)
	volume.OnChangeEnded = func(v float64) { p.change(func(s *Settings) { s.SpeakerVolume = int(v) }) }
	meter := bordered(nil, nil, fynewidget.NewIcon(look.Icon("microphone")), nil, container.New(centredHeight(12), p.meter))
	loud := bordered(nil, nil, fynewidget.NewIcon(look.Icon("sound")), nil, p.under("devices.speaker_volume", "", volume))
	return []fyne.CanvasObject{
		labelled("settings.microphone", container.NewVBox(p.under("devices.microphone", "", p.microphone.Select), meter)),
		labelled("settings.speaker", container.NewVBox(p.under("devices.speaker", "", p.speaker.Select), loud)),
		labelled("settings.camera", p.under("devices.camera", "", p.camera.Select)),
		p.trouble,
	}
}

// tell says what went wrong below the devices; nothing takes it away.
func (p *devicePanel) tell(n widget.Notice) {
	p.trouble.SetText(strings.TrimSpace(n.Title + " " + n.Text))
	widget.SetVisible(p.trouble, n.Title != "")
}
