package views_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"parley/views"
	"parley/views/gallery"
	"parley/views/keys"
)

func TestShortcutsOfACall(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	for action, asks := range map[keys.Action]string{keys.Microphone: "microphone", keys.Camera: "camera", keys.HangUp: "hang up"} {
		s.root.Shortcut(action)
		s.finish(s.next(asks), nil)
	}
	s.root.Shortcut(keys.Settings) // would leave the call's screen
	s.says("Leave", "Devices", "Microphone", "Speaker", "Camera")
	s.silent("Ringtone")
}

func TestEveryPressOnTheMicrophoneCounts(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call")) // it is on
	s.root.Shortcut(keys.Microphone)
	first := s.next("microphone")
	s.says("Unmute")                 // at once
	s.root.Shortcut(keys.Microphone) // before the first is done
	second := s.next("microphone")
	if first.args[0] != false || second.args[0] != true {
		t.Fatalf("asked for %v, then %v", first.args, second.args)
	}
	s.finish(second, nil) // the later one arrived first
	s.finish(first, nil)
	third := s.next("microphone")
	if third.args[0] != true {
		t.Errorf("it stays as the person did not want it: %v", third.args)
	}
	s.finish(third, nil)
	s.none()
	s.says("Mute")

	// What cannot be done is not shown for long, nor what the connector never says.
	s.root.Shortcut(keys.Microphone)
	s.says("Unmute")
	s.finish(s.next("microphone"), errors.New("no way"))
	s.says("Mute", "no way")
	s.root.Shortcut(keys.Microphone)
	s.finish(s.next("microphone"), nil)
	s.says("Unmute")
	s.advance(3 * time.Second)
	s.silent("Unmute")
}

func TestPushToTalk(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Snapshot.Media.HasMicrophone, m.Snapshot.Media.MicrophoneOn, m.Snapshot.Media.MicrophoneMutedByServer = true, false, false
	s.root.Set(m)
	space := &fyne.KeyEvent{Name: fyne.KeySpace}
	s.root.KeyDown(space)
	on := s.next("microphone")
	if on.args[0] != true {
		t.Fatalf("asked for %v", on.args)
	}
	s.root.KeyDown(space) // some systems repeat
	s.root.KeyUp(space)   // before the microphone is on
	s.none()
	s.finish(on, nil)
	off := s.next("microphone")
	if off.args[0] != false {
		t.Fatalf("asked for %v", off.args)
	}
	s.finish(off, nil)
	s.none()

	// A microphone that is on, or off by a moderator, is left alone.
	m.Snapshot.Media.MicrophoneOn = true
	s.root.Set(m)
	s.root.KeyDown(space)
	s.root.KeyUp(space)
	m.Snapshot.Media.MicrophoneOn, m.Snapshot.Media.MicrophoneMutedByServer = false, true
	s.root.Set(m)
	s.root.KeyDown(space)
	s.root.KeyUp(space)
	s.none()

	m.Snapshot.Media.MicrophoneMutedByServer = false
	s.root.Set(m)
	s.root.KeyDown(space)
	s.finish(s.next("microphone"), errors.New("no way"))
	s.root.KeyUp(space)
	s.none() // it never was on
	s.says("no way")
}

func TestKeysAreListedAndChanged(t *testing.T) {
	s := newStage(t)
	keep := func() map[string]string {
		c := s.next("change")
		m := s.sample("home")
		m.Settings.Shortcuts = c.args[0].(views.Settings).Shortcuts
		s.finish(c, nil)
		s.root.Set(m)
		return m.Settings.Shortcuts
	}
	s.root.Set(s.sample("home"))
	s.root.Shortcut(keys.Help)
	s.says("Keyboard shortcuts", "Microphone on and off", "Talk while held")
	s.tap(keys.Resolve(nil)[keys.PushToTalk].String())
	s.says("Press the new keys")
	s.press(desktop.KeyControlLeft)
	s.press(fyne.KeyF8)
	if kept := keep(); !maps.Equal(kept, map[string]string{"push-to-talk": "F8"}) {
		t.Errorf("kept %v", kept)
	}
	s.says("F8")
	s.tap("F8")
	s.press(fyne.KeyF11)
	kept := keep()
	s.says("taken from: Full screen")
	if !maps.Equal(kept, map[string]string{"push-to-talk": "F11", "full-screen": ""}) {
		t.Errorf("kept %v", kept)
	}
	s.tap("Ctrl+D")
	s.press(fyne.KeyM)
	s.says("cannot be used", "Press the new keys")
	s.press(fyne.KeyEscape)
	s.silent("Press the new keys")
}

// press presses a key where the focus is.
func (s *stage) press(name fyne.KeyName) {
	s.t.Helper()
	keyable, ok := s.window.Canvas().Focused().(desktop.Keyable)
	if !ok {
		s.t.Fatalf("%T takes no keys", s.window.Canvas().Focused())
	}
	keyable.KeyDown(&fyne.KeyEvent{Name: name})
}

// Who presses the microphone's key means now, whatever lies over the call; all else waits for what is asked.
func TestMutePassesThroughWhatIsAsked(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Settings.Shortcuts = map[string]string{"camera": "F9", "push-to-talk": "F8", "hang-up": "F7"}
	s.root.Set(m)
	press := func(name fyne.KeyName) { // as the window does
		if o := s.window.Canvas().Focused(); o != nil {
			o.TypedKey(&fyne.KeyEvent{Name: name})
			return
		}
		s.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: name})
	}
	for name, over := range map[string]func(){
		"what to share":  func() { s.root.AskShare(gallery.ShareSources, false, 0) },
		"a part":         func() { s.root.AskShare(gallery.ShareSources, false, 2) },
		"the window":     func() { s.root.AskToClose(func() {}, nil) },
		"the shortcuts":  func() { s.root.ShowKeys() },
		"nothing at all": func() {},
	} {
		over()
		for focused := range 2 {
			if focused == 1 {
				s.window.Canvas().Unfocus()
			}
			s.root.Shortcut(keys.Microphone)
			s.finish(s.next("microphone"), nil)
			press(fyne.KeyF9)
			s.finish(s.next("camera"), nil)
			if name != "nothing at all" {
				press(fyne.KeyF7) // hang up
				s.root.Shortcut(keys.Share)
			}
			s.none()
		}
		s.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if name == "what to share" || name == "a part" {
			s.settle() // the live pictures have ended
		}
	}
}

// The key to talk is heard whatever of the picker has the focus: all of it passes on keys that are held.
func TestThePickerHearsKeysThatAreHeld(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	kinds := map[string]bool{}
	for page := range 3 {
		s.root.AskShare(gallery.ShareSources, false, page)
		for range 12 {
			s.window.Canvas().FocusNext()
			focused := s.window.Canvas().Focused()
			kinds[fmt.Sprintf("%T", focused)] = true
			if _, ok := focused.(desktop.Keyable); !ok {
				t.Errorf("%T does not hear keys that are held", focused)
			}
		}
		s.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	}
	if len(kinds) < 5 {
		t.Errorf("tab led to %v only", kinds)
	}
}
