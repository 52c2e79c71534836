package widget

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/media/video"
	"parley/views/look"
)

func show(t *testing.T, o fyne.CanvasObject, size fyne.Size) fyne.Window {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(look.New(look.Dark))
	w := test.NewTempWindow(t, o)
	w.SetPadded(false)
	w.Resize(size)
	return w
}

// halves is a frame whose left half is red and whose right half is blue.
func halves(w, h int) *video.Frame {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{R: 255, A: 255}
			if x >= w/2 {
				c = color.RGBA{B: 255, A: 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	f := video.NewFrame(w, h)
	if err := video.FromRGBA(f, m); err != nil {
		panic(err)
	}
	return f
}

func reddish(c color.Color) bool {
	r, _, b, _ := c.RGBA()
	return r > 0x8000 && b < 0x6000
}

func bluish(c color.Color) bool {
	r, _, b, _ := c.RGBA()
	return b > 0x8000 && r < 0x6000
}

func TestTileShowsFrameWithItsRatio(t *testing.T) {
	tile := NewTile("main", ByImage, false)
	w := show(t, tile, fyne.NewSize(200, 200))
	f := halves(320, 160)
	defer f.Release()
	if !tile.Prepare(f) {
		t.Fatal("the frame is not taken")
	}
	tile.Swap()
	img := w.Canvas().Capture()
	if !reddish(img.At(50, 100)) || !bluish(img.At(150, 100)) {
		t.Errorf("left %v, right %v", img.At(50, 100), img.At(150, 100))
	}
	if c := img.At(100, 10); reddish(c) || bluish(c) {
		t.Errorf("the picture of 2:1 fills a square tile: %v above it", c)
	}
	buf := tile.surface.(*imageSurface).image.Image.(*image.RGBA)
	if buf.Rect.Dx() != 200 || buf.Rect.Dy() != 100 {
		t.Errorf("scaled to %v, the tile shows 200x100", buf.Rect)
	}
	tile.Clear()
	if c := w.Canvas().Capture().At(50, 100); reddish(c) {
		t.Error("a cleared tile still shows the picture")
	}
}

func TestOwnPictureIsMirrored(t *testing.T) {
	tile := NewTile("self", ByImage, true)
	w := show(t, tile, fyne.NewSize(160, 80))
	f := halves(160, 80)
	defer f.Release()
	tile.Prepare(f)
	tile.Swap()
	img := w.Canvas().Capture()
	if !bluish(img.At(40, 40)) || !reddish(img.At(120, 40)) {
		t.Errorf("left %v, right %v", img.At(40, 40), img.At(120, 40))
	}
}

func TestTileTakesNoBrokenFrame(t *testing.T) {
	for _, drawing := range []Drawing{ByImage, ByShader} {
		tile := NewTile("x", drawing, false)
		show(t, tile, fyne.NewSize(100, 100))
		for _, f := range []*video.Frame{
			{},
			{Width: 64, Height: 64},
			{Width: 64, Height: 64, StrideY: 64, StrideUV: 32, Y: make([]byte, 10), U: make([]byte, 10), V: make([]byte, 10)},
		} {
			if tile.Prepare(f) {
				t.Errorf("takes a frame of %dx%d with %d bytes", f.Width, f.Height, len(f.Y))
			}
		}
		tile.Swap() // nothing prepared: nothing happens
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	tile := NewTile("main", ByImage, true)
	show(t, tile, fyne.NewSize(320, 180))
	f := halves(640, 360)
	defer f.Release()
	for range 4 {
		tile.Prepare(f)
		tile.Swap()
	}
	if n := testing.AllocsPerRun(50, func() { tile.Prepare(f) }); n != 0 {
		t.Errorf("preparing a frame allocates %v times", n)
	}
}

func TestShaderHoldsFramesOnlyWhileTheyAreShown(t *testing.T) {
	tile := NewTile("main", ByShader, false)
	show(t, tile, fyne.NewSize(320, 180))
	var pool video.Pool
	first := pool.Get(64, 32)
	tile.Prepare(first)
	first.Release()
	tile.Swap()
	if again := pool.Get(64, 32); again == first {
		t.Fatal("the frame that is shown went back to its pool")
	}
	shader := tile.surface.(*shaderSurface).shader
	before := shader.Textures[planeY]
	second := pool.Get(64, 32)
	tile.Prepare(second)
	second.Release()
	tile.Swap()
	if shader.Textures[planeY] == before {
		t.Error("the same image value: Fyne would not upload the new frame")
	}
	if again := pool.Get(64, 32); again != first {
		t.Error("the frame shown before did not go back to its pool")
	}
	tile.Clear()
	if again := pool.Get(64, 32); again != second {
		t.Error("clearing keeps the frame")
	}
	odd := video.NewFrame(37, 21) // rows that are no whole texels are copied
	video.Black(odd)
	if !tile.Prepare(odd) {
		t.Error("a frame of an odd width is not taken")
	}
	tile.Swap()
	if w, h := tile.FrameSize(); w != 37 || h != 21 {
		t.Errorf("frame size %dx%d", w, h)
	}
}

func TestTileWithoutPictureShowsInitials(t *testing.T) {
	for name, want := range map[string]string{"Анна Берг": "АБ", "john_doe smith": "JD", "2001": "", "": "", "x": "X"} {
		if got := Initials(name); got != want {
			t.Errorf("initials of %q: %q, want %q", name, got, want)
		}
	}
}

func TestBarButtonIsPressedByPointerAndKeys(t *testing.T) {
	pressed := 0
	b := NewBarButton(ButtonState{Icon: "microphone", Caption: "Mute"}, func() { pressed++ })
	w := show(t, b, b.MinSize())
	test.Tap(b)
	w.Canvas().Focus(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if pressed != 3 {
		t.Errorf("pressed %d times, want 3", pressed)
	}
	var passed fyne.KeyName
	w.Canvas().SetOnTypedKey(func(k *fyne.KeyEvent) { passed = k.Name })
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF11})
	if passed != fyne.KeyF11 {
		t.Error("a key the button has no use for is lost")
	}
	b.Set(ButtonState{Icon: "microphone", Caption: "Mute", Busy: true})
	test.Tap(b)
	b.Set(ButtonState{Icon: "microphone", Caption: "Mute", Disabled: true})
	test.Tap(b)
	if pressed != 3 {
		t.Error("a busy or disabled button is pressed")
	}
	if b.AccessibilityLabel() != "Mute" {
		t.Error("no words for screen readers")
	}
}

// Every kind must look different without colour too: by its icon or caption; here the field's colour is what is drawn.
func TestBarButtonKindsDiffer(t *testing.T) {
	seen := map[color.Color]Kind{}
	for _, kind := range []Kind{Plain, Off, Active, Danger, Accept} {
		b := NewBarButton(ButtonState{Icon: "microphone", Caption: "x", Kind: kind}, nil)
		w := show(t, b, b.MinSize())
		size := b.Size()
		c := w.Canvas().Capture().At(int(size.Width/2-barFieldWidth/2)+8, 3+int(barFieldHeight)/2)
		if before, twice := seen[c]; twice {
			t.Errorf("kinds %d and %d look the same (%v)", before, kind, c)
		}
		seen[c] = kind
	}
}

func TestFocusOfABarButtonIsVisible(t *testing.T) {
	b := NewBarButton(ButtonState{Icon: "microphone", Caption: "x"}, nil)
	w := show(t, b, b.MinSize())
	before := w.Canvas().Capture()
	w.Canvas().Focus(b)
	after := w.Canvas().Capture()
	changed := 0
	for y := range before.Bounds().Dy() {
		for x := range before.Bounds().Dx() {
			if before.At(x, y) != after.At(x, y) {
				changed++
			}
		}
	}
	if changed < 100 {
		t.Errorf("only %d pixels change with the focus", changed)
	}
}

func TestBannerShowsAndCloses(t *testing.T) {
	closed, acted := 0, 0
	b := NewBanner(func() { closed++ })
	b.OnAction = func() { acted++ }
	show(t, b, fyne.NewSize(400, 100))
	if b.Visible() {
		t.Error("an empty banner is visible")
	}
	b.Set(Notice{Level: Failure, Title: "What", Text: "Why", Action: "Do"})
	if !b.Visible() || b.title.Text != "What" || b.text.Text != "Why" || !b.action.Visible() {
		t.Error("the notice is not shown")
	}
	if b.AccessibilityLabel() != "What. Why" {
		t.Errorf("a screen reader says %q", b.AccessibilityLabel())
	}
	test.Tap(b.action)
	test.Tap(b.close)
	if acted != 1 || closed != 1 || b.Visible() {
		t.Errorf("acted %d, closed %d, visible %t", acted, closed, b.Visible())
	}
}

func TestMeterLightsInSteps(t *testing.T) {
	m := NewMeter()
	show(t, m, m.MinSize())
	for level, want := range map[float64]int{-1: 0, 0: 0, 0.5: 8, 1: 16, 7: 16} {
		m.Set(level)
		if m.Lit() != want {
			t.Errorf("level %v lights %d steps, want %d", level, m.Lit(), want)
		}
	}
}

func TestShortenKeepsToTheWidth(t *testing.T) {
	test.NewTempApp(t)
	long := "Константин Константинопольский"
	for _, width := range []float32{0, 5, 40, 100, 1000} {
		got := Shorten(long, 12, width, fyne.TextStyle{})
		if w := fyne.MeasureText(got, 12, fyne.TextStyle{}).Width; w > width {
			t.Errorf("%q is %v wide, allowed %v", got, w, width)
		}
	}
	if got := Shorten(long, 12, 1000, fyne.TextStyle{}); got != long {
		t.Errorf("shortened without need: %q", got)
	}
}
