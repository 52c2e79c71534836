package views_test

import (
	"image"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"parley/connector/presentation"
	"parley/connector/signal"
	"parley/views"
	"parley/views/gallery"
	"parley/views/widget"
)

// askShare opens the picker by the bar's button.
func (s *stage) askShare(button string) *thumbnails {
	s.t.Helper()
	s.actions.sources = gallery.ShareSources
	s.tap(button)
	s.settle()
	return s.pump()
}

func (s *stage) pump() *thumbnails {
	s.t.Helper()
	select {
	case t := <-s.actions.thumbnails:
		return t
	case <-time.After(5 * time.Second):
		s.t.Fatal("no live pictures were asked for")
		return nil
	}
}

func (t *thumbnails) next(s *stage) []string {
	s.t.Helper()
	select {
	case ids := <-t.shown:
		return ids
	case <-time.After(5 * time.Second):
		s.t.Fatal("nothing is to be shown")
		return nil
	}
}

// card with a title.
func (s *stage) card(title string) *widget.SourceCard {
	s.t.Helper()
	var found *widget.SourceCard
	s.walk(func(o fyne.CanvasObject) bool {
		if c, ok := o.(*widget.SourceCard); ok && c.Title() == title {
			found = c
		}
		return found != nil
	})
	if found == nil {
		s.t.Fatalf("no card %q in:\n%s", title, s.words())
	}
	return found
}

func TestShareAWindowWithLivePictures(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	s.tap("Share")
	s.settle()
	s.says("There is no screen to share")
	pump := s.askShare("Share")
	s.says("What to share", "Screen 1", "DP-1 · 2560 × 1440", "Whole desktop", "Sharp text")
	if ids := pump.next(s); !slices.Equal(ids, []string{"screen:DP-1", "screen:HDMI-1", "screen"}) {
		t.Errorf("captures %v", ids)
	}
	if !s.card("Screen 1").Chosen() || s.window.Canvas().Focused() != s.card("Screen 1") {
		t.Error("the main monitor is not chosen at first")
	}
	s.tapOverlay("Windows")
	if ids := pump.next(s); !slices.Equal(ids, []string{"window:0x1", "window:0x2", "window:0x3"}) {
		t.Errorf("captures %v", ids)
	}
	card := s.card("main.go – parley")
	pump.show("window:0x2", image.NewRGBA(image.Rect(0, 0, 8, 8)))
	pump.show("window:0x2", image.NewRGBA(image.Rect(0, 0, 16, 8))) // the window is told once of both
	s.settle()
	if !card.HasPicture() {
		t.Error("no live picture")
	}
	if len(s.queue) != 0 {
		t.Error("pictures queue up")
	}
	pump.show("window:0x2", nil)
	s.settle()
	if card.HasPicture() {
		t.Error("a closed window still has a picture")
	}
	card.Tapped(nil)
	if !card.Chosen() || s.card("Mail").Chosen() {
		t.Error("not one card is chosen")
	}
	s.radio("Smooth motion")
	s.says("For films and animation")
	card.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	c := s.next("share")
	if want := (views.Share{Source: "window:0x2", Name: "main.go – parley", Motion: true}); c.args[0] != want {
		t.Errorf("shares %+v", c.args)
	}
	<-pump.closed
	s.settle()
	s.silent("What to share")
	s.finish(c, &signal.ResponseError{Method: "INFO", StatusCode: 603, Cause: signal.CauseRejected})
	s.says("Could not share the screen", "Somebody else is presenting")
}

func TestSwitchOrStopWhatIsShared(t *testing.T) {
	s := newStage(t)
	m := s.sample("call-sharing")
	m.Sharing = "Slides"
	s.root.Set(m)
	s.says("You are sharing “Slides”")
	pump := s.askShare("Share…")
	s.says("Share something else", "Stop sharing")
	s.tapOverlay("Switch")
	c := s.next("share")
	if want := (views.Share{Source: "screen:DP-1", Name: "Screen 1"}); c.args[0] != want {
		t.Errorf("shares %+v", c.args)
	}
	<-pump.closed
	s.settle()
	s.finish(c, nil)

	s.askShare("Share…")
	s.tapOverlay("Stop sharing") // in the picker
	s.settle()
	s.finish(s.next("stop sharing"), nil)
	s.tap("Stop sharing") // in the banner
	s.finish(s.next("stop sharing"), nil)
	m.Snapshot.Presentation = presentation.Idle
	s.root.Set(m)
	s.silent("You are sharing")
}

func TestShareAPartOfAScreen(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	small := s.askShare("Share")
	s.tapOverlay("Part of a screen")
	large := s.pump()
	<-small.closed
	s.settle()
	if large.width <= small.width || !slices.Equal(large.next(s), []string{"screen:DP-1"}) {
		t.Errorf("%d pixels wide", large.width)
	}
	s.choose("Screen 1", "Screen 2", 0)
	if ids := large.next(s); !slices.Equal(ids, []string{"screen:HDMI-1"}) {
		t.Errorf("captures %v", ids)
	}
	s.says("960 × 540")
	var region *widget.Region
	s.walk(func(o fyne.CanvasObject) bool {
		r, ok := o.(*widget.Region)
		if ok {
			region = r
		}
		return ok
	})
	region.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	region.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	c := s.next("share")
	// Of the second monitor, which lies right of the first.
	if want := (views.Share{Source: "screen:HDMI-1", Name: "Part of a screen", Region: image.Rect(2560+464, 270, 2560+1424, 810)}); c.args[0] != want {
		t.Errorf("shares %+v, want %+v", c.args[0], want)
	}
	s.finish(c, nil)
}

func TestEscapeLeavesThePicker(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	pump := s.askShare("Share")
	s.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	<-pump.closed
	s.settle()
	s.silent("What to share")
	s.none()
	pump.show("screen", nil) // what comes late does no harm
	s.settle()
}

func TestWhatHappenedByItselfIsToldForAWhile(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Told = views.Told{Number: 1, What: views.ToldShareClosed, Name: "Slides"}
	s.root.Set(m)
	s.says("“Slides” was closed", "The call goes on")
	s.root.Set(m)
	s.advance(9 * time.Second)
	s.silent("was closed")
	m.Told = views.Told{Number: 2, What: views.ToldCameraBack, Name: "Webcam"}
	s.root.Set(m)
	s.says("“Webcam” is in use again")
	s.root.Set(s.sample("home"))
}

// radio chooses an option of a visible group.
func (s *stage) radio(option string) {
	s.t.Helper()
	found := false
	s.walk(func(o fyne.CanvasObject) bool {
		if g, ok := o.(*widget.Options); ok && slices.Contains(g.Options, option) {
			g.SetSelected(option)
			found = true
		}
		return found
	})
	if !found {
		s.t.Fatalf("no option %q", option)
	}
}

func TestThePickerEndsWithTheCall(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	pump := s.askShare("Share")
	s.root.Set(s.sample("home"))
	select {
	case <-pump.closed:
	case <-time.After(5 * time.Second):
		t.Fatal("the screen is captured after the call")
	}
	if n := len(s.window.Canvas().Overlays().List()); n != 0 {
		t.Errorf("%d questions after the call", n)
	}
}

// Turning to a page with nothing on it and back leaves something chosen; accepting nothing says what is missing.
func TestAnEmptyPageOfThePickerForgetsNothing(t *testing.T) {
	s := newStage(t)
	s.root.Set(s.sample("call"))
	s.actions.sources = slices.DeleteFunc(slices.Clone(gallery.ShareSources), func(o views.ShareSource) bool { return o.Kind == views.ShareWindow })
	s.tap("Share")
	s.settle()
	pump := s.pump()
	pump.next(s)
	s.tap("Windows")
	s.says("No window is open that could be shared.")
	s.tapLast("Share")
	s.says("Choose first what to share.")
	s.none()
	s.tap("Screens")
	s.tapLast("Share")
	if shared := s.next("share").args[0].(views.Share); shared.Source != "screen:DP-1" {
		t.Errorf("shares %+v", shared)
	}
}

// tapLast taps the button of the sheet with these words, which one below may have, too.
func (s *stage) tapLast(words string) {
	s.t.Helper()
	for _, o := range s.window.Canvas().Overlays().List() {
		if walk(o, func(o fyne.CanvasObject) bool {
			b, ok := o.(*widget.Button)
			if ok && b.Text == words {
				b.Tapped(nil)
			}
			return ok && b.Text == words
		}) {
			return
		}
	}
	s.t.Fatalf("no sheet with a button %q", words)
}
