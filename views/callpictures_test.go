package views_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/connector/presentation"
	"parley/views"
	"parley/views/gallery"
	"parley/views/kept"
	"parley/views/keys"
	"parley/views/widget"
)

func TestPresentationComesFirstAndTheLayoutIsAChoice(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	s.silent("Presentation")
	with := s.sample("call-presentation")
	s.root.Set(with)
	s.says("Presentation first")
	slides, main := s.tile("slides"), s.tile("main")
	if slides.Size().Width < 2*main.Size().Width {
		t.Errorf("presentation %v beside main %v", slides.Size(), main.Size())
	}
	s.tap("Presentation first")
	s.menu("Speaker")
	if got := s.changed().Layout; got != "speaker" {
		t.Errorf("keeps layout %q", got)
	}
	if main.Size().Width < 2*slides.Size().Width {
		t.Errorf("speaker layout: main %v beside presentation %v", main.Size(), slides.Size())
	}
	s.shortcut(fyne.KeyL)
	s.changed()
	s.says("Side by side")
	if main.Size() != slides.Size() {
		t.Errorf("side by side: %v and %v", main.Size(), slides.Size())
	}
	s.window.Resize(fyne.NewSize(380, 760))
	if main.Size() != slides.Size() || main.Position().Y < slides.Size().Height {
		t.Errorf("narrow: %v and %v, the second at %v", slides.Size(), main.Size(), main.Position())
	}
}

func TestOwnPictureCanBeHiddenAndMoved(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	self := s.tile("camera")
	before := self.Position()
	self.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-800, -400)})
	self.DragEnd()
	if p := self.Position(); p.X >= before.X || p.Y >= before.Y || p.X < 0 {
		t.Errorf("after dragging it lies at %v, before at %v", p, before)
	}
	if got := s.changed().SelfCorner; got != "top-left" {
		t.Errorf("keeps corner %q", got)
	}
	s.tap("More")
	s.menu("Hide my picture")
	if !s.changed().SelfHidden {
		t.Error("that it is hidden is not kept")
	}
	if self.Visible() || s.tile("camera") != nil {
		t.Error("the own picture is still drawn")
	}
}

func TestTheLastLayoutIsTakenInTheNextCall(t *testing.T) {
	s := newStage(t)
	m := s.sample("call-presentation")
	m.Settings = kept.Defaults()
	m.Settings.Layout, m.Settings.SelfHidden = "picture", true
	s.root.Set(m)
	s.says("Picture in picture")
	slides, main := s.tile("slides"), s.tile("main")
	if slides.Size() != s.window.Canvas().Size() || main.Size().Width > slides.Size().Width/2 {
		t.Errorf("presentation %v, main %v", slides.Size(), main.Size())
	}
	if s.tile("camera") != nil {
		t.Error("the own picture is drawn though it was hidden")
	}
}

func TestTheSmallWindowFollowsTheCallAndGoesWithIt(t *testing.T) {
	s := newStage(t)
	var small fyne.Window
	closed := false
	s.env.NewWindow = func(string) fyne.Window {
		small = test.NewWindow(nil)
		small.SetOnClosed(func() { closed = true })
		return small
	}
	m := s.sample("call")
	s.root.Set(m)
	s.tap("More")
	s.menu("Small window on top")
	if small == nil {
		t.Fatal("no window opened")
	}
	shows := func(track string) bool {
		for tile, shown := range s.pictures.Shown {
			if x, ok := shown.(*gallery.Track); ok && x.Name == track && fyne.CurrentApp().Driver().CanvasForObject(tile) == small.Canvas() {
				return true
			}
		}
		return false
	}
	if !shows("main") {
		t.Error("the small window does not show the main video")
	}
	s.root.Set(s.sample("call-presentation"))
	if !shows("slides") {
		t.Error("the small window does not show the presentation")
	}
	s.root.Rebuild() // another theme or language: it stays
	if closed || !shows("slides") {
		t.Error("the small window is gone after a rebuild")
	}
	s.root.Set(s.sample("home"))
	if !closed {
		t.Error("the small window stays after the call")
	}
}

// Who works elsewhere mutes, stops sharing and hangs up from the small window, with its buttons or with the keys.
func TestTheCallIsLedFromTheSmallWindow(t *testing.T) {
	s := newStage(t)
	var small fyne.Window
	s.env.NewWindow = func(string) fyne.Window {
		small = test.NewWindow(nil)
		return small
	}
	m := s.sample("call")
	m.Settings.Shortcuts = map[string]string{"microphone": "F9", "hang-up": "F8"}
	s.root.Set(m)
	s.tap("More")
	s.menu("Small window on top")
	bar := func() map[string]*widget.BarButton {
		found := map[string]*widget.BarButton{}
		gallery.Walk(small, func(o fyne.CanvasObject) bool {
			if b, ok := o.(*widget.BarButton); ok {
				found[b.State().Caption] = b
			}
			return false
		})
		return found
	}
	if bar()["Stop sharing"] != nil {
		t.Error("there is nothing to stop")
	}
	m.Snapshot.Presentation = presentation.Active
	s.root.Set(m)
	stop := bar()["Stop sharing"]
	if stop == nil {
		t.Fatal("sharing cannot be stopped from the small window")
	}
	stop.Tapped(nil)
	s.finish(s.next("stop sharing"), nil)
	small.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyF9})
	s.finish(s.next("microphone"), nil)
	small.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyF8})
	s.finish(s.next("hang up"), nil)
	m.Snapshot.Presentation = presentation.Idle
	s.root.Set(m)
	if bar()["Stop sharing"] != nil {
		t.Error("there is nothing to stop any more")
	}
}

// pressedWindow is a window whose combinations of keys a test can press; Fyne's own for tests offers none.
type pressedWindow struct {
	fyne.Window
	canvas *pressedCanvas
}

func (w *pressedWindow) Canvas() fyne.Canvas { return w.canvas }

type pressedCanvas struct {
	fyne.Canvas
	taken fyne.ShortcutHandler
}

func (c *pressedCanvas) AddShortcut(s fyne.Shortcut, fn func(fyne.Shortcut)) {
	c.taken.AddShortcut(s, fn)
}
func (c *pressedCanvas) RemoveShortcut(s fyne.Shortcut) { c.taken.RemoveShortcut(s) }

// inSmallWindow opens the small window over a call with these shortcuts, with a microphone that is off.
func inSmallWindow(t *testing.T, shortcuts map[string]string) (s *stage, m views.Model, small fyne.Window) {
	t.Helper()
	s = newStage(t)
	s.env.NewWindow = func(string) fyne.Window {
		w := test.NewWindow(nil)
		small = &pressedWindow{w, &pressedCanvas{Canvas: w.Canvas()}}
		return small
	}
	m = s.sample("call")
	m.Settings.Shortcuts = shortcuts
	m.Snapshot.Media.HasMicrophone, m.Snapshot.Media.MicrophoneOn, m.Snapshot.Media.MicrophoneMutedByServer = true, false, false
	s.root.Set(m)
	s.tap("More")
	s.menu("Small window on top")
	return s, m, small
}

// The release of a key that is held never reaches a window that closes meanwhile.
func TestTheSmallWindowClosesWhileTheKeyToTalkIsHeld(t *testing.T) {
	s, m, small := inSmallWindow(t, nil)
	s.root.KeyDown(&fyne.KeyEvent{Name: fyne.KeySpace})
	on := s.next("microphone")
	if on.args[0] != true {
		t.Fatalf("asked for %v", on.args)
	}
	s.finish(on, nil)
	m.Snapshot.Media.MicrophoneOn = true
	s.root.Set(m)
	small.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	off := s.next("microphone")
	if off.args[0] != false {
		t.Errorf("asked for %v", off.args)
	}
	s.finish(off, nil)
	s.none()
}

// Keys that are chosen while the small window is open count in it, too.
func TestTheSmallWindowTakesOtherKeysAtOnce(t *testing.T) {
	s, m, small := inSmallWindow(t, map[string]string{"microphone": "Ctrl+F9"})
	press := func(combination string) {
		t.Helper()
		combo, err := keys.Parse(combination)
		if err != nil {
			t.Fatal(err)
		}
		small.Canvas().(*pressedCanvas).taken.TypedShortcut(combo.Shortcut())
	}
	press("Ctrl+F9")
	s.finish(s.next("microphone"), nil)
	m.Settings.Shortcuts = map[string]string{"microphone": "Ctrl+F8"}
	s.root.Set(m)
	press("Ctrl+F9")
	s.none()
	press("Ctrl+F8")
	s.finish(s.next("microphone"), nil)
}
