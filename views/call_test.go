package views_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/media/device"
	"parley/views"
	"parley/views/gallery"
	"parley/views/keys"
	"parley/views/widget"
)

// tile finds the tile that shows a track of that name.
func (s *stage) tile(track string) *widget.Tile {
	for tile, shown := range s.pictures.Shown {
		if t, ok := shown.(*gallery.Track); ok && t.Name == track {
			return tile
		}
	}
	return nil
}

// shortcut presses the usual shortcut with this letter.
func (s *stage) shortcut(k fyne.KeyName) {
	s.root.Shortcut(keys.Resolve(nil).Owner(keys.Combo{Key: k, Modifier: fyne.KeyModifierShortcutDefault}))
}

func (s *stage) key(k fyne.KeyName) { s.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: k}) }

func TestCallShowsRoomTimeAndPictures(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	if s.root.Screen() != views.ScreenCall {
		t.Fatalf("screen %q", s.root.Screen())
	}
	s.says("Room 2001", "1:23", "Mute", "Camera", "Share", "Leave", "You")
	if s.tile("main") == nil || s.tile("camera") == nil {
		t.Error("main video or own picture is not shown")
	}
	s.advance(time.Second)
	s.says("1:24")
	if title := s.window.Title(); title != "Room 2001 – Parley" {
		t.Errorf("title %q", title)
	}
}

func TestCallBarActs(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	for _, c := range []struct {
		button, action string
		args           any
	}{{"Mute", "microphone", false}, {"Camera", "camera", false}} {
		s.tap(c.button)
		asked := s.next(c.action)
		if asked.args[0] != c.args {
			t.Errorf("%s asks %v", c.button, asked.args)
		}
		if c.action == "camera" {
			s.tap(c.button) // busy: pressed again it does nothing
			s.none()
		}
		s.finish(asked, nil)
	}
	s.tap("Leave")
	s.finish(s.next("hang up"), nil)
}

func TestCallShortcuts(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	for k, action := range map[fyne.KeyName]string{
		fyne.KeyD: "microphone", fyne.KeyE: "camera", fyne.KeyH: "hang up",
	} {
		s.shortcut(k)
		s.finish(s.next(action), nil)
	}
	s.key(fyne.KeyF11)
	if !s.window.FullScreen() {
		t.Error("F11 does not fill the screen")
	}
	s.key(fyne.KeyEscape)
	if s.window.FullScreen() {
		t.Error("escape does not leave full screen")
	}
	s.root.Set(s.sample("home"))
	s.shortcut(fyne.KeyD)
	s.none() // the call's shortcuts end with it
}

// tapOverlay taps a button of what lies over the window.
func (s *stage) tapOverlay(words string) {
	s.t.Helper()
	done := false
	for _, o := range s.window.Canvas().Overlays().List() {
		done = done || walk(o, func(o fyne.CanvasObject) bool {
			b, ok := o.(*widget.Button)
			if ok && b.Text == words {
				test.Tap(b)
				return true
			}
			return false
		})
	}
	if !done {
		s.t.Fatalf("no button %q over the window", words)
	}
}

func TestFailedActionIsSaidInTheCall(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Snapshot.Media.CameraOn = false
	s.root.Set(m)
	s.tap("Camera off")
	s.finish(s.next("camera"), device.ErrUnavailable)
	s.says("Could not switch the camera", "another program may hold it")
	s.tap("Close")
	s.silent("Could not switch")
}

func TestDialPadSendsTones(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	s.silent("#")
	s.tap("Dial pad")
	s.tap("5")
	c := s.next("tones")
	if c.args[0] != "5" {
		t.Errorf("sends %v", c.args)
	}
	s.finish(c, errors.New("lost"))
	s.says("Could not send the tones")
	s.window.Canvas().OnTypedRune()('#')
	s.finish(s.next("tones"), nil)
	s.key(fyne.KeyEscape)
	s.window.Canvas().OnTypedRune()('1')
	s.none()
}

func TestBarHidesWhileThePointerRestsOverAPicture(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	s.pictures.Paint()
	test.MoveMouse(s.window.Canvas(), fyne.NewPos(500, 200))
	s.advance(2 * time.Second)
	test.MoveMouse(s.window.Canvas(), fyne.NewPos(510, 200))
	s.advance(time.Second)
	s.says("Leave") // moved two seconds later: not yet
	s.advance(3 * time.Second)
	s.silent("Leave")
	s.silent("Room 2001")
	test.MoveMouse(s.window.Canvas(), fyne.NewPos(520, 200))
	s.says("Leave", "Room 2001")
	// Over the bar it stays.
	test.MoveMouse(s.window.Canvas(), fyne.NewPos(512, 590))
	s.advance(time.Minute)
	s.says("Leave")
}

// menu chooses an item of the menu that is open.
func (s *stage) menu(words string) {
	s.t.Helper()
	for _, o := range s.window.Canvas().Overlays().List() {
		found := walk(o, func(o fyne.CanvasObject) bool {
			menu, ok := o.(*fynewidget.PopUpMenu)
			if !ok {
				return false
			}
			for _, item := range menu.Items {
				if w, ok := item.(fyne.Widget); ok && strings.Contains(textOf(w), words) {
					item.(fyne.Tappable).Tapped(nil)
					return true
				}
			}
			return false
		})
		if found {
			return
		}
	}
	s.t.Fatalf("no item %q in a menu", words)
}

func textOf(w fyne.Widget) string {
	var b strings.Builder
	walk(w, func(o fyne.CanvasObject) bool {
		if t, ok := o.(*canvas.Text); ok {
			b.WriteString(t.Text)
		}
		return false
	})
	return b.String()
}

func TestSpeakingWhileMutedIsHinted(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Snapshot.Media.MicrophoneOn, m.MutedSpeech = false, true
	s.root.Set(m)
	s.says("You are speaking, but your microphone is off")
	m.Snapshot.Media.MicrophoneOn = true
	s.root.Set(m)
	s.silent("You are speaking")
}

func TestADeviceThatFailsIsSaidUntilItIsClosed(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Trouble = views.Trouble{Device: views.TroubleCamera, Err: device.ErrUnavailable}
	s.root.Set(m)
	s.says("Your camera does not work", "another program may hold it")
	s.tap("Close")
	s.root.Set(m)
	s.silent("Your camera does not work")
}

func TestQualityIsSaidInAWordAndInFigures(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	s.root.Set(m)
	s.silent("Good")
	m.Quality = views.Quality{Level: views.QualityPoor, RoundTrip: 620 * time.Millisecond, Lost: 0.071, SendRate: 900_400,
		ReceiveSize: [2]int{1280, 720}, ReceiveFrames: 29.6, ReceiveCodec: "VP8", Freezes: 3}
	s.root.Set(m)
	s.says("Poor")
	s.silent("620 ms")
	s.shortcut(fyne.KeyI)
	s.says("Round trip", "620 ms", "7.1 %", "900 kbit/s", "1280 × 720, 30 a second, VP8", "Freezes")
	s.key(fyne.KeyEscape)
	s.silent("620 ms")
}
