package widget_test

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"parley/views/widget"
)

func TestRegionIsDrawnMovedAndKeptOnTheScreen(t *testing.T) {
	test.NewTempApp(t)
	r := widget.NewRegion(image.Pt(1600, 900))
	w := test.NewTempWindow(t, r)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(400, 400)) // the screen lies in the middle of the height: 400 × 225
	var told image.Rectangle
	r.OnChanged = func(chosen image.Rectangle) { told = chosen }
	drag := func(fromX, fromY, toX, toY float32) {
		r.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(fromX, fromY)}})
		r.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(toX, toY)},
			Dragged: fyne.NewDelta(toX-fromX, toY-fromY)})
		r.DragEnd()
	}
	top := float32(400-225) / 2
	drag(100, top+50, 300, top+150)
	if want := image.Rect(400, 200, 1200, 600); told != want || r.Chosen() != want {
		t.Errorf("%v instead of %v", told, want)
	}
	drag(300, top+150, 100, top+50) // from the other corner
	if want := image.Rect(400, 200, 1200, 600); r.Chosen() != want {
		t.Errorf("%v instead of %v", r.Chosen(), want)
	}
	drag(390, top+220, 500, 500) // out of the widget: least size, on the screen
	if want := image.Rect(1536, 836, 1600, 900); r.Chosen() != want {
		t.Errorf("%v instead of %v", r.Chosen(), want)
	}
	key := func(name fyne.KeyName) { r.TypedKey(&fyne.KeyEvent{Name: name}) }
	key(fyne.KeyRight)
	key(fyne.KeyDown)
	if want := image.Rect(1536, 836, 1600, 900); r.Chosen() != want {
		t.Errorf("moved off the screen: %v", r.Chosen())
	}
	key(fyne.KeyLeft)
	key(fyne.KeyUp)
	if want := image.Rect(1520, 820, 1584, 884); r.Chosen() != want {
		t.Errorf("moved: %v instead of %v", r.Chosen(), want)
	}
	r.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	key(fyne.KeyRight)
	r.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	if want := image.Rect(1520, 820, 1600, 884); r.Chosen() != want {
		t.Errorf("grown: %v instead of %v", r.Chosen(), want)
	}
	entered := false
	r.OnEnter = func() { entered = true }
	key(fyne.KeyReturn)
	if !entered {
		t.Error("enter does nothing")
	}
}

func TestSourceCardIsChosenByKeyAndShowsItsPicture(t *testing.T) {
	test.NewTempApp(t)
	c := widget.NewSourceCard("A very long title of a window that does not fit by far", "Program", "window", nil, "coming")
	w := test.NewTempWindow(t, c)
	w.Resize(c.MinSize())
	chosen, entered := 0, 0
	c.OnChosen, c.OnEnter = func() { chosen++ }, func() { entered++ }
	c.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnter})
	test.Tap(c)
	if chosen != 3 || entered != 1 {
		t.Errorf("chosen %d times, entered %d times", chosen, entered)
	}
	before := w.Canvas().Capture()
	picture := image.NewRGBA(image.Rect(0, 0, 192, 108))
	for i := range picture.Pix {
		picture.Pix[i] = 0xFF
	}
	c.SetPicture(picture, "")
	after := w.Canvas().Capture()
	r, g, b, _ := after.At(after.Bounds().Dx()/2, 60).RGBA()
	if before == after || r>>8 != 0xFF || g>>8 != 0xFF || b>>8 != 0xFF {
		t.Errorf("the picture is not drawn: %x %x %x", r, g, b)
	}
	c.SetChosen(true)
	if !c.Chosen() || c.AccessibilityLabel() == "" {
		t.Error("not told as chosen")
	}
}
