package views

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/rtc"
	"parley/media/device"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// meterTime lies between two looks at the microphone's level.
const meterTime = 80 * time.Millisecond

// devicePanel chooses camera, microphone, speaker and ringer, shows how loud the microphone is, and tries the speakers.
// With a tile it shows the own picture, too. It is open from start to stop.
type devicePanel struct {
	env    *Env
	get    func() Settings
	change func(edit func(*Settings))
	// under puts what belongs to a control below it (settingsView.under).
	under  func(key, help string, control fyne.CanvasObject) fyne.CanvasObject
	failed func(widget.Notice)
	// resized is called when the rows need more room, or less.
	resized func()
	self    *widget.Tile // nil: no own picture
	person  string       // whose initials stand for it
	// level is how loud the microphone of the call is that goes on: nothing is opened. nil: there is no call.
	level func() float64

	volumes bool

	camera, microphone, speaker, ringer *choice
	meter                               *widget.Meter
	trouble                             *fynewidget.Label // with camera or microphone

	shown   *Preview
	opening bool // of a preview, off the window's goroutine
	again   bool // the choice changed meanwhile
	used    [2]string
	began   bool
	stopped bool
	after   func() // what follows the end
	cancel  func() // of watching devices
	unmeter func()
}

func newDevicePanel(env *Env, get func() Settings, change func(func(*Settings))) *devicePanel {
	p := &devicePanel{env: env, get: get, change: change, meter: widget.NewMeter(), trouble: note("")}
	p.trouble.Importance = fynewidget.DangerImportance
	p.trouble.Hide()
	p.under = func(_, _ string, control fyne.CanvasObject) fyne.CanvasObject { return control }
	p.failed, p.resized = func(widget.Notice) {}, func() {}
	set := func(edit func(*Settings, string)) *choice {
		return newChoice(func(id string) {
			p.change(func(s *Settings) { edit(s, id) })
			p.preview()
		})
	}
	p.camera = set(func(s *Settings, id string) { s.Camera = id })
	p.microphone = set(func(s *Settings, id string) { s.Microphone = id })
	p.speaker = set(func(s *Settings, id string) { s.Speaker = id })
	p.ringer = set(func(s *Settings, id string) { s.Ringer = id })
	p.fill(Devices{})
	return p
}

// rows of the panel; the camera's is left out for a call without a picture, volumes where there is little room.
func (p *devicePanel) rows(camera, volumes bool) []fyne.CanvasObject {
	s := p.get()
	p.volumes = volumes
	meter := bordered(nil, nil, fynewidget.NewIcon(look.Icon("microphone")), nil,
		container.New(centredHeight(12), p.meter))
	list := []fyne.CanvasObject{}
	if camera {
		list = append(list, labelled("settings.camera", p.under("devices.camera", "", p.camera.Select)))
	}
	return append(list,
		labelled("settings.microphone", container.NewVBox(p.under("devices.microphone", "", p.microphone.Select), meter)),
		p.trouble,
		labelled("settings.speaker", p.sounding("settings.speaker", "devices.speaker", p.speaker, "devices.speaker_volume", s.SpeakerVolume,
			func(s *Settings, v int) { s.SpeakerVolume = v }, func(s Settings) (string, int) { return s.Speaker, s.SpeakerVolume })),
		labelled("settings.ringer", p.sounding("settings.ringer", "devices.ringer", p.ringer, "devices.ringer_volume", s.RingerVolume,
			func(s *Settings, v int) { s.RingerVolume = v }, func(s Settings) (string, int) { return s.Ringer, s.RingerVolume })))
}

// sounding is the choice of something that sounds, with its volume and a button to try it.
func (p *devicePanel) sounding(label, key string, c *choice, volumeKey string, volume int, set func(*Settings, int),
	what func(Settings) (string, int)) fyne.CanvasObject {
	slider := widget.NewSlider(0, 100)
	slider.Step = 5
	slider.Value = float64(volume)
	slider.OnChangeEnded = func(v float64) { p.change(func(s *Settings) { set(s, int(v)) }) }
	var try *widget.Button
	try = widget.NewButton(text.T("settings.try"), look.Icon("sound"), func() {
		try.Disable()
		device, loud := what(p.get())
		p.env.run(func(ctx context.Context) error { return p.env.Actions.TestSound(ctx, device, loud) }, func(err error) {
			try.Enable()
			p.failed(Describe(OpSound, "", err))
		})
	})
	try.Name = text.T("settings.try") + ": " + text.T(label)
	if !p.volumes {
		return bordered(nil, nil, nil, try, p.under(key, "", c.Select))
	}
	return container.NewVBox(p.under(key, "", c.Select),
		bordered(nil, nil, nil, try, p.under(volumeKey, "", slider)))
}

// start opens the devices.
func (p *devicePanel) start() {
	if p.began || p.stopped {
		return
	}
	p.began = true
	p.cancel = p.env.Actions.WatchDevices(func() { p.env.Do(p.find) })
	p.find()
	p.preview()
	p.look()
}

// find lists the devices.
func (p *devicePanel) find() {
	if p.stopped {
		return
	}
	var found Devices
	p.env.run(func(ctx context.Context) (err error) {
		found, err = p.env.Actions.Devices(ctx)
		return err
	}, func(err error) {
		if p.stopped {
			return
		}
		if err != nil { // a list that is there takes no other complaint away
			p.failed(Describe(OpSettings, "", err))
		}
		p.fill(found)
		if p.shown != nil && (p.shown.CameraErr != nil || p.shown.MicrophoneErr != nil) {
			p.used = [2]string{"\x00"} // what failed may be there now
			p.preview()
		}
	})
}

func (p *devicePanel) fill(d Devices) {
	s := p.get()
	fill := func(c *choice, list []Device, selected string) {
		ids, words := []string{""}, []string{text.T("settings.device.default")}
		for _, dev := range list {
			standIn := standInWords(dev.ID)
			name := cmp.Or(standIn, shorten(dev.Name))
			if standIn == "" {
				ids, words = append(ids, dev.ID), append(words, name)
			}
			if dev.Default {
				words[0] = text.T("settings.device.defaultIs", text.D{"Name": name})
			}
		}
		if selected != "" && selected != NoDevice && !slices.Contains(ids, selected) {
			away := text.T("settings.device.away", text.D{"Name": shorten(selected)})
			ids, words = append(ids, selected), append(words, cmp.Or(standInWords(selected), away))
		}
		// In a call its buttons are there to send nothing.
		if p.level == nil || c == p.speaker || selected == NoDevice {
			ids, words = append(ids, NoDevice), append(words, text.T("settings.device.none"))
		}
		c.fill(ids, words, selected)
	}
	fill(p.camera, d.Cameras, s.Camera)
	fill(p.microphone, d.Microphones, s.Microphone)
	fill(p.speaker, d.Speakers, s.Speaker)
	fill(p.ringer, d.Speakers, s.Ringer)
}

// standInWords name what stands in for a device by its word; empty for a device.
func standInWords(word string) string {
	switch device.StandInOf(word) {
	case device.StandInPattern:
		return text.T("settings.device.pattern")
	case device.StandInTone:
		return text.T("settings.device.tone")
	case device.StandInFile:
		return text.T("settings.device.file", text.D{"Name": shorten(filepath.Base(word))})
	case device.StandInScreen:
		return text.T("settings.device.screen")
	}
	return ""
}

// preview opens what is chosen, and closes what was; one at a time, off the window's goroutine.
func (p *devicePanel) preview() {
	if p.level != nil || !p.began || p.stopped && p.shown == nil && !p.opening {
		return
	}
	s := p.get()
	want := [2]string{NoDevice, s.Microphone}
	if p.self != nil {
		want[0] = s.Camera
	}
	if p.opening {
		p.again = true
		return
	}
	if !p.stopped && p.shown != nil && p.used == want {
		return
	}
	old := p.shown
	p.show(nil)
	p.opening, p.used = true, want
	stop := p.stopped
	var next *Preview
	p.env.run(func(ctx context.Context) error {
		if old != nil {
			old.Close()
		}
		if !stop {
			next = p.env.Actions.Preview(ctx, want[0], want[1])
		}
		return nil
	}, func(error) {
		p.opening = false
		p.show(next)
		switch {
		case p.stopped && next != nil:
			p.preview() // closes it
		case p.stopped:
			if p.after != nil {
				p.after()
			}
		case p.again:
			p.again = false
			p.preview()
		}
	})
}

func (p *devicePanel) show(next *Preview) {
	p.shown = next
	var picture rtc.Track
	trouble := ""
	if next != nil {
		picture = next.Camera
		for _, t := range []struct {
			key string
			op  Operation
			err error
		}{{"settings.camera", OpCamera, next.CameraErr}, {"settings.microphone", OpMicrophone, next.MicrophoneErr}} {
			if t.err != nil {
				trouble += text.T(t.key) + ": " + Describe(t.op, "", t.err).Text + "\n"
			}
		}
		trouble = strings.TrimSpace(trouble)
	}
	if p.self != nil {
		p.env.Pictures.Show(p.self, picture)
		label := widget.TileLabel{Person: p.person, Rounded: true}
		if next != nil && next.CameraErr != nil {
			label.Hint = text.T("before.noPicture")
		}
		p.self.SetLabel(label)
	}
	if p.trouble.Text != trouble {
		p.trouble.SetText(trouble)
		widget.SetVisible(p.trouble, trouble != "")
		p.resized()
	}
}

// look shows the level, some times a second.
func (p *devicePanel) look() {
	p.unmeter = p.env.after(meterTime, func() {
		if p.stopped {
			return
		}
		level := 0.0
		if p.level != nil {
			level = p.level()
		} else if p.shown != nil && p.shown.Level != nil {
			level = p.shown.Level()
		}
		p.meter.Set(level)
		p.look()
	})
}

// stop gives the devices back; after, unless it is nil, follows when they are.
func (p *devicePanel) stop(after func()) {
	if p.stopped {
		return
	}
	p.stopped, p.after = true, after
	if p.cancel != nil {
		p.cancel()
		p.unmeter()
	}
	if p.shown == nil && !p.opening {
		if after != nil {
			after()
		}
		return
	}
	p.preview()
}

// centredHeight gives its one object a height and puts it in the middle.
type centredHeight float32

func (h centredHeight) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objects[0].MinSize().Width, float32(h))
}

func (h centredHeight) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(size.Width, float32(h)))
	objects[0].Move(fyne.NewPos(0, (size.Height-float32(h))/2))
}
