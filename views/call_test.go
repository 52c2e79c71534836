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

	"parley/connector/call"
	"parley/connector/session"
	"parley/connector/signal"
	"parley/media/device"
	"parley/views"
	"parley/views/gallery"
	"parley/views/kept"
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

func TestMutedByModeratorIsToldApart(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Snapshot.Media.MicrophoneOn = false
	s.root.Set(m)
	s.says("Unmute")
	s.silent("moderator")
	m.Snapshot.Media.MicrophoneMutedByServer = true
	s.root.Set(m)
	s.says("Muted by moderator", "The moderator has switched your microphone off")
	m.Snapshot.Media.HasMicrophone = false
	s.root.Set(m)
	s.says("No microphone")
	s.tap("No microphone")
	s.none()
}

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

func TestRedialSaysAttemptAndCountdownAndCanBeCancelled(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call-redial"))
	s.says("attempt 2", "Next attempt in 4 seconds")
	s.advance(3 * time.Second)
	s.says("Next attempt in 1 second")
	s.tap("Cancel")
	s.finish(s.next("hang up"), nil)
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

func TestCallEndsAndSaysWhy(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	s.root.Set(m)
	home := s.sample("home")
	home.Snapshot.LastError = &call.Error{Cause: signal.CauseRTPTimeout}
	s.root.Set(home)
	s.says("Sound and video cannot get through")
	if len(s.pictures.Shown) > 0 {
		for _, track := range s.pictures.Shown {
			if track != nil {
				t.Error("a picture is still drawn after the call")
			}
		}
	}
	home.Snapshot.LastError = &call.Error{Originator: signal.Remote, Cause: signal.CauseTerminated}
	fresh := newStage(t)
	fresh.root.Set(home)
	fresh.silent("could not")
}

func TestClosingInACallAsks(t *testing.T) {
	s := newStage(t)
	closed := 0
	s.root.Set(s.sample("home"))
	s.root.AskToClose(func() { closed++ }, nil)
	if closed != 1 {
		t.Error("without a call closing asks")
	}
	s.root.Set(s.sample("call"))
	s.root.AskToClose(func() { closed++ }, nil)
	s.says("Leave the call?")
	s.tap("Stay")
	s.silent("Leave the call?")
	s.root.AskToClose(func() { closed++ }, nil)
	s.tap("Leave and close")
	if closed != 2 {
		t.Errorf("closed %d times", closed)
	}
}

func TestSpectatorIsTold(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Snapshot.CallSession.Role = session.Spectator
	s.root.Set(m)
	s.says("You are watching")
}

func TestIncomingCall(t *testing.T) {
	s := newStage(t)
	var told []widget.Notice
	v := views.NewIncoming(s.env, func(n widget.Notice) { told = append(told, n) })
	s.window.SetContent(v.Content)
	v.Set(session.Incoming{DisplayName: "John Doe", Number: "1007"})
	s.says("Incoming call", "John Doe", "1007")
	s.tap("Audio only")
	c := s.next("accept")
	if c.args[0] != false {
		t.Error("audio only accepts with video")
	}
	s.tap("Decline") // while accepting nothing else can be pressed
	s.none()
	s.finish(c, device.ErrNotFound)
	s.says("Could not answer the call")
	if len(told) != 1 {
		t.Errorf("told %v", told)
	}
	for _, press := range []struct {
		do     func()
		action string
	}{{v.Default, "accept"}, {v.Reject, "decline"}, {func() { s.tap("Busy") }, "busy"}} {
		press.do()
		s.finish(s.next(press.action), nil)
	}
	v.Set(session.Incoming{})
	s.says("Unknown caller")
	s.says("Incoming call")
	v.SetInCall(true)
	s.says("accepting ends the present one")
	v.SetInCall(false)
	s.silent("accepting ends the present one")
}

func TestACallMayGoOnWithoutTheWindow(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	closed, hidden := 0, 0
	s.root.AskToClose(func() { closed++ }, func() { hidden++ })
	s.tap("Go on without a window (icon beside the clock)")
	if closed != 0 || hidden != 1 {
		t.Errorf("closed %d times, hidden %d times", closed, hidden)
	}
	s.silent("Leave the call?")
	s.none()
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

func TestTheModeratorAsksAndIsAnswered(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Snapshot.Media.MicrophoneOn, m.Snapshot.Media.CameraOn = false, false
	m.Conference.AskedMicrophone, m.Conference.AskedCamera = true, true
	s.root.Set(m)
	s.says("The moderator asks you to switch your microphone on", "Refuse")
	s.tap("Switch on")
	c := s.next("microphone")
	if c.args[0] != true {
		t.Errorf("microphone %v", c.args)
	}
	s.finish(c, nil)
	m.Conference.AskedMicrophone = false
	s.root.Set(m)
	s.says("The moderator asks you to switch your camera on")
	s.tap("Refuse")
	s.finish(s.next("refuse camera"), errors.New("no way"))
	s.says("Could not switch the camera", "no way")
}

func TestNewsOfTheConferenceIsToldOnceAndGoes(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	s.root.Set(m)
	m.Conference.News, m.Conference.NewsNo = views.NewsWordGiven, 1
	s.root.Set(m)
	s.says("You were given the word")
	s.advance(10 * time.Second)
	s.silent("You were given the word")
	s.root.Set(m)
	s.silent("You were given the word")
	m.Conference.NewsNo = 2
	s.root.Set(m)
	s.says("You were given the word")
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

func TestPeopleSayOwnRoleAndWhoSwitchedWhatOff(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	s.root.Set(m)
	s.tap("People")
	s.says("You are a participant", m.Account.Name, "Microphone on · camera on", "The server does not tell who else is here")
	m.Snapshot.Media.MicrophoneOn, m.Snapshot.Media.MicrophoneMutedByServer = false, true
	m.Snapshot.Media.CameraOn = false
	m.Snapshot.CallSession.Role, m.Snapshot.CallSession.License = session.SpectatorSynthetic, "AUDIO"
	m.Conference.Webcast = true
	s.root.Set(m)
	s.says("You are a spectator by request", "Microphone switched off by the moderator · camera off",
		"This conference is being broadcast", "licence allows sound only")
	s.key(fyne.KeyEscape)
	s.silent("spectator by request")
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

func TestAnActionThatOutlivesTheCallBringsNothingBack(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	s.root.Set(m)
	s.actions.sources = gallery.ShareSources
	s.tap("Leave")
	c := s.next("hang up")
	s.tap("Share")
	s.root.Set(s.sample("home"))
	s.settle() // the list of what can be shared
	s.finish(c, nil)
	for tile, track := range s.pictures.Shown {
		if track != nil {
			t.Errorf("%v is drawn into a tile of the call that is over: %v", track, tile)
		}
	}
	if n := len(s.window.Canvas().Overlays().List()); n != 0 {
		t.Errorf("%d questions after the call", n)
	}
}

// Why a call was cut off does not hide that it is being restored, nor the way to stop that.
func TestACutOffCallTellsOfItsRestoration(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	m := s.sample("call-redial")
	m.Snapshot.LastError = &call.Error{Cause: signal.CauseRTPTimeout}
	s.root.Set(m)
	s.silent("The call has ended")
	s.says("The call is being restored, attempt 2")
	s.tap("Cancel")
	s.finish(s.next("hang up"), nil)
}
