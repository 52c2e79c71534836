package views_test

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"parley/media/device"
	"parley/views"
	"parley/views/kept"
	"parley/views/widget"
)

// opens waits for a preview to be opened.
func (s *stage) opens(camera, microphone string) *preview {
	s.t.Helper()
	select {
	case p := <-s.actions.previews:
		if p.camera != camera || p.microphone != microphone {
			s.t.Fatalf("previews %q and %q instead of %q and %q", p.camera, p.microphone, camera, microphone)
		}
		return p
	case <-time.After(5 * time.Second):
		s.t.Fatal("nothing is opened to be looked at")
		return nil
	}
}

// closes waits until a preview is closed.
func (s *stage) closes(p *preview) {
	s.t.Helper()
	select {
	case <-p.closed:
	case <-time.After(5 * time.Second):
		s.t.Fatal("a device was left open")
	}
}

// until runs what comes back to the window until something is so.
func (s *stage) until(what string, done func() bool) {
	s.t.Helper()
	for range 20 {
		if done() {
			return
		}
		s.settle()
	}
	s.t.Fatalf("%s: never", what)
}

// await runs what comes back to the window until an action is asked for.
func (s *stage) await(name string) *asked {
	s.t.Helper()
	for {
		select {
		case c := <-s.actions.calls:
			if c.name == name {
				return c
			}
			s.t.Fatalf("action %q instead of %q", c.name, name)
		case fn := <-s.queue:
			fn()
		case <-time.After(5 * time.Second):
			s.t.Fatalf("action %q was not asked for", name)
		}
	}
}

func (s *stage) meter() *widget.Meter {
	var m *widget.Meter
	s.walk(func(o fyne.CanvasObject) bool {
		found, ok := o.(*widget.Meter)
		if ok {
			m = found
		}
		return ok
	})
	return m
}

// ready is signed in, with the screen before calls switched on.
func (s *stage) ready() views.Model {
	m := s.sample("home")
	m.Settings = kept.Defaults()
	return m
}

func TestBeforeTheCall(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.ready())
	s.root.SetNumber("2001")
	s.tap("Call with video")
	if s.root.Screen() != views.ScreenBefore {
		t.Fatalf("screen %q", s.root.Screen())
	}
	s.none() // nobody is called yet
	p := s.opens("", "")
	s.until("own picture", func() bool {
		for tile, track := range s.pictures.Shown {
			if track != nil && tile.Visible() {
				return true
			}
		}
		return false
	})
	p.level.Store(50)
	s.advance(100 * time.Millisecond)
	if m := s.meter(); m.Lit() != 8 {
		t.Errorf("%d of 16 steps shine at half the level", m.Lit())
	}
	// Another microphone is opened at once, after the one before was given back.
	s.until("list of devices", func() bool {
		found := false
		s.walk(func(o fyne.CanvasObject) bool {
			c, ok := o.(*widget.Select)
			found = found || ok && len(c.Options) == 3 && c.Options[1] == "Headset"
			return found
		})
		return found
	})
	s.choose("System default", "Headset", 1)
	c := s.next("change")
	if got := c.args[0].(views.Settings).Microphone; got != "m1" {
		t.Errorf("keeps microphone %q", got)
	}
	c.end <- nil
	s.closes(p)
	p = s.opens("", "m1")
	s.tick("Begin with the microphone off").SetChecked(true)
	if c = s.next("change"); !c.args[0].(views.Settings).Muted {
		t.Error("the microphone is not kept off")
	}
	c.end <- nil
	s.tap("Join now")
	c = s.await("dial")
	select {
	case <-p.closed:
	default:
		t.Error("the camera opens once only: it must be free for the call")
	}
	if c.args[0] != "2001" || c.args[1] != true || s.root.Screen() != views.ScreenHome {
		t.Errorf("dials %v on screen %q", c.args, s.root.Screen())
	}
}

func TestBeforeTheCallCanBeLeftAndSwitchedOff(t *testing.T) {
	s := newStage(t)
	m := s.ready()
	s.root.Set(m)
	s.root.SetNumber("2001")
	s.tap("Audio only")
	p := s.opens(views.NoDevice, "") // no camera for a call without a picture
	s.until("preview", func() bool { return len(s.queue) == 0 })
	s.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	s.closes(p)
	s.until("home again", func() bool { return s.root.Screen() == views.ScreenHome })
	s.none()
	m.Settings.Preview = false
	s.root.Set(m)
	s.tap("Audio only")
	if c := s.next("dial"); c.args[1] != false {
		t.Errorf("dials %v", c.args)
	}
}

func TestBeforeTheCallWithABusyCamera(t *testing.T) {
	s := newStage(t)
	s.actions.cameraErr = device.ErrUnavailable
	s.root.Set(s.ready())
	s.root.SetNumber("2001")
	s.tap("Call with video")
	p := s.opens("", "")
	said := func() bool {
		found := false
		for tile := range s.pictures.Shown {
			found = found || tile.Label().Hint != ""
		}
		return found
	}
	s.until("what is wrong", said)
	// It is plugged in again: it is tried anew by itself.
	s.actions.cameraErr = nil
	(*s.actions.plugged.Load())()
	go func() { s.closes(p) }()
	s.until("another try", func() bool { return len(s.actions.previews) > 0 })
	s.opens("", "")
	s.until("no complaint", func() bool { return !said() })
}

func TestDevicesPage(t *testing.T) {
	s := newStage(t)
	m := s.sample("settings")
	m.Settings = kept.Defaults()
	m.Settings.Camera = "Old webcam"
	s.root.Set(m)
	s.root.OpenSettings()
	p := s.opens(views.NoDevice, "") // the camera's light does not go on for a look at the settings
	s.settle()
	s.settle()
	s.says("Ringtone")
	s.choose("Old webcam (not connected)", "Integrated Camera", 0)
	if got := s.changed().Camera; got != "c1" {
		t.Errorf("camera %q", got)
	}
	s.tapNth("Try", 1)
	c := s.next("test sound")
	if c.args[0] != "" || c.args[1] != 100 {
		t.Errorf("plays on %v", c.args)
	}
	s.finish(c, device.ErrNotFound)
	s.says("Could not play a sound")
	var slider *widget.Slider
	s.walk(func(o fyne.CanvasObject) bool {
		found, ok := o.(*widget.Slider)
		if ok {
			slider = found
		}
		return ok
	})
	slider.Value = 40
	slider.OnChangeEnded(40)
	if got := s.changed().SpeakerVolume; got != 40 {
		t.Errorf("volume %d", got)
	}
	s.root.CloseSettings()
	s.closes(p)
}

// What stands in for a device is called what it is, chosen or by default; a device that is away is told as such.
func TestStandInsAreShownAsWhatTheyAre(t *testing.T) {
	for _, c := range []struct{ camera, microphone, says, heard string }{
		{"pattern", "tone", "Test picture", "Test tone"},
		{"/home/ann/a film.y4m", "voice.wav", "File a film.y4m", "File voice.wav"},
		{"screen:DP-1", "Old headset", "Screen", "Old headset (not connected)"},
		{"", "", "Default: Test picture", "System default"},
	} {
		t.Run(c.camera, func(t *testing.T) {
			s := newStage(t)
			s.actions.devices = &views.Devices{Cameras: []views.Device{{ID: "pattern", Default: true}}}
			m := s.sample("settings")
			m.Settings = kept.Defaults()
			m.Settings.Camera, m.Settings.Microphone = c.camera, c.microphone
			s.root.Set(m)
			s.root.OpenSettings()
			p := s.opens(views.NoDevice, c.microphone)
			s.settle()
			s.settle()
			s.says(c.says, c.heard)
			var offered []string
			s.walk(func(o fyne.CanvasObject) bool {
				if list, ok := o.(*widget.Select); ok && list.Selected == c.says {
					offered = list.Options
				}
				return offered != nil
			})
			if want := 2 + min(1, len(c.camera)); len(offered) != want { // nobody chooses a stand-in from the list
				t.Errorf("offered are %q", offered)
			}
			s.root.CloseSettings()
			s.closes(p)
		})
	}
}

// tapNth taps the nth of the buttons with these words, from 0.
func (s *stage) tapNth(words string, nth int) {
	s.t.Helper()
	var found *widget.Button
	s.walk(func(o fyne.CanvasObject) bool {
		if b, ok := o.(*widget.Button); ok && b.Text == words {
			if nth == 0 {
				found = b
			}
			nth--
		}
		return found != nil
	})
	if found == nil {
		s.t.Fatalf("no such button %q", words)
	}
	found.Tapped(nil)
}

func TestWhoDoesNotWaitForADeviceGoesBackWithoutACall(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.ready())
	s.root.SetNumber("2001")
	s.tap("Call with video")
	p := s.opens("", "")
	s.tap("Join now") // the preview has not come back yet
	s.tap("Cancel")
	if s.root.Screen() != views.ScreenHome {
		t.Fatalf("screen %q", s.root.Screen())
	}
	for range 3 { // the devices' list, the preview, its end
		s.settle()
	}
	s.closes(p)
	s.none() // nobody is called
}

// In a call devices are chosen without leaving it: nothing else is opened, and what is chosen counts at once.
func TestDevicesAreChosenInACall(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Settings = kept.Defaults()
	m.Settings.Microphone = "Old headset"
	m.Locks = kept.Locks{"devices.camera": true}
	s.root.Set(m)
	s.tap("More")
	s.menu("Devices")
	s.settle() // the list
	s.says("Old headset (not connected)", "System default", "Leave")
	s.actions.level.Store(50)
	s.advance(100 * time.Millisecond)
	if lit := s.meter().Lit(); lit != 8 {
		t.Errorf("%d of 16 steps shine at half the level", lit)
	}
	offered := map[string][]string{}
	s.walk(func(o fyne.CanvasObject) bool {
		if list, ok := o.(*widget.Select); ok {
			offered[list.Name] = list.Options
			if list.Disabled() != (list.Name == "Camera") {
				t.Errorf("%s is disabled: %v", list.Name, list.Disabled())
			}
		}
		return false
	})
	for name, none := range map[string]bool{"Microphone": false, "Camera": false, "Speaker": true} {
		if got := slices.Contains(offered[name], "None"); got != none {
			t.Errorf("%s offers %q", name, offered[name])
		}
	}
	s.choose("Old headset (not connected)", "Headset", 0)
	c := s.next("change")
	if got := c.args[0].(views.Settings).Microphone; got != "m1" {
		t.Errorf("microphone %q", got)
	}
	s.finish(c, device.ErrUnavailable)
	s.says("Could not switch the device")
	(*s.actions.plugged.Load())() // another device comes
	s.settle()
	s.settle() // the list
	s.says("Could not switch the device")
	select {
	case p := <-s.actions.previews:
		t.Errorf("%q is opened beside the call", p.camera)
	default:
	}
	// The call ends below: so does the watching.
	s.root.Set(s.sample("home"))
	if s.silent("Could not switch the device"); s.actions.plugged.Load() != nil {
		t.Error("devices are watched still")
	}
}

// A device takes its time to open: who has closed the choice meanwhile is told in the call that it failed, as long as there is
// one.
func TestAChoiceThatFailsAfterItWasClosedIsToldInTheCall(t *testing.T) {
	for _, over := range []bool{false, true} {
		s := newStage(t)
		m := s.sample("call")
		m.Settings = kept.Defaults()
		s.root.Set(m)
		s.tap("More")
		s.menu("Devices")
		s.settle() // the list
		s.choose("System default", "Headset", 0)
		c := s.next("change")
		s.tap("Close")
		s.silent("Microphone\nSpeaker") // the choice is gone
		if over {
			s.root.Set(s.sample("home"))
		}
		s.finish(c, device.ErrUnavailable)
		if over {
			s.silent("Could not switch the device")
		} else {
			s.says("Could not switch the device")
		}
	}
}
