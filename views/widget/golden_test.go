package widget

import (
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/text"
)

// update writes the pictures anew: go test ./views/widget -run Golden -update. Look at every one before it is committed.
var update = flag.Bool("update", false, "write the golden pictures anew")

// The tolerance: how far a channel of a pixel may be off, and which part of the pixels may be further off. Text is drawn
// by the same code everywhere; this leaves room for another rounding.
const (
	goldenChannel = 24 // of 255
	goldenPart    = 0.002
)

// hovered and focused put a widget into that state without a pointer or a keyboard.
func hovered(b *BarButton) *BarButton { b.MouseIn(nil); return b }
func focused[T fyne.Focusable](o T) T { o.FocusGained(); return o }

func barButton(s ButtonState) *BarButton { return NewBarButton(s, nil) }

// sheets are the widgets in all their states.
func sheets() map[string]func() fyne.CanvasObject {
	return map[string]func() fyne.CanvasObject{
		"barbutton": func() fyne.CanvasObject {
			compact := barButton(ButtonState{Icon: "more", Caption: "Compact"})
			compact.SetCompact(true)
			return container.NewHBox(barButton(ButtonState{Icon: "microphone", Caption: "Mute"}),
				hovered(barButton(ButtonState{Icon: "camera", Caption: "Hovered"})),
				focused(barButton(ButtonState{Icon: "camera", Caption: "Focused"})),
				barButton(ButtonState{Icon: "microphone-off", Caption: "Off", Kind: Off}),
				hovered(barButton(ButtonState{Icon: "microphone-off", Caption: "Off, hovered", Kind: Off})),
				barButton(ButtonState{Icon: "share", Caption: "Active", Kind: Active}),
				barButton(ButtonState{Icon: "hang-up", Caption: "Leave", Kind: Danger}),
				barButton(ButtonState{Icon: "phone", Caption: "Accept", Kind: Accept}),
				barButton(ButtonState{Icon: "keypad", Caption: "Disabled", Disabled: true}),
				barButton(ButtonState{Icon: "share", Caption: "Busy", Busy: true}),
				barButton(ButtonState{Icon: "people", Caption: "A caption that is too long"}), compact)
		},
		"mark": func() fyne.CanvasObject {
			mark := func(icon, words string, c fyne.ThemeColorName) *Mark {
				m := NewMark(nil)
				m.Set(MarkState{Icon: icon, Words: words, Color: c})
				return m
			}
			over := mark("signal-good", "Hovered", look.StageGood)
			over.MouseIn(nil)
			return container.NewHBox(mark("signal-good", "Good", look.StageGood), mark("signal-fair", "Fair", look.StageFair),
				mark("signal-poor", "Poor", look.StagePoor), over, focused(mark("signal-good", "Focused", look.StageGood)))
		},
		"button": func() fyne.CanvasObject {
			high, danger, off := NewButton("Sign in", nil, nil), NewButton("Leave", nil, nil), NewButton("Disabled", nil, nil)
			high.Importance, danger.Importance = fynewidget.HighImportance, fynewidget.DangerImportance
			off.Disable()
			return container.NewHBox(NewButton("Cancel", nil, nil), high, danger, off, focused(NewButton("Focused", nil, nil)),
				NewIconButton("settings", "Settings", nil), focused(NewIconButton("settings", "Settings", nil)),
				NewButton("Add", look.Icon("plus"), nil))
		},
		"field": func() fyne.CanvasObject {
			filled, off, secret := NewField("Hint"), NewField(""), NewPasswordField()
			filled.SetText("Анна Berg")
			off.SetText("Locked")
			off.Disable()
			secret.SetText("secret")
			return container.NewGridWithColumns(4, NewField("Hint"), filled, off, secret)
		},
		"meter": func() fyne.CanvasObject {
			list := container.NewGridWithColumns(1)
			for _, level := range []float64{0, 0.1, 0.5, 1} {
				m := NewMeter()
				m.Set(level)
				list.Add(m)
			}
			return list
		},
		"banner": func() fyne.CanvasObject {
			list := container.NewVBox()
			for _, n := range []Notice{
				{Title: "For your information"},
				{Level: Warning, Title: "The moderator asks you to switch your microphone on", Action: "Switch on", Second: "Refuse"},
				{Level: Failure, Title: "Could not connect to meet.example.com",
					Text: "The computer answers, but no server listens there. Check address and port, or ask the administrator."},
			} {
				b := NewBanner(func() {})
				if n.Action != "" {
					b = NewBanner(nil)
				}
				b.Set(n)
				list.Add(b)
			}
			return list
		},
		"tile": func() fyne.CanvasObject {
			tile := func(slot string, l TileLabel) *Tile {
				t := NewTile(slot, ByImage, false)
				t.SetLabel(l)
				return t
			}
			return container.NewGridWithColumns(4, tile("a", TileLabel{Name: "Анна Berg", Person: "Анна Berg"}),
				tile("b", TileLabel{Name: "You", Person: "You", Icon: "microphone-off", Rounded: true}),
				tile("c", TileLabel{Name: "Bob", Person: "Bob", Hint: "Calling Bob…", Centered: true}),
				tile("d", TileLabel{Name: "Presentation"}))
		},
	}
}

// sizes of the sheets.
var sheetSizes = map[string]fyne.Size{"banner": {Width: 640, Height: 330}, "tile": {Width: 900, Height: 160},
	"field": {Width: 900, Height: 60}, "meter": {Width: 200, Height: 80}}

func TestGolden(t *testing.T) {
	text.Use("en")
	t.Cleanup(func() { text.Use(text.System) })
	for name, build := range sheets() {
		for _, mode := range []look.Mode{look.Light, look.Dark} {
			t.Run(name+"-"+string(mode), func(t *testing.T) {
				app := test.NewTempApp(t)
				app.Settings().SetTheme(look.New(mode))
				field := canvas.NewRectangle(theme.Color(theme.ColorNameBackground))
				if name == "barbutton" || name == "mark" || name == "tile" {
					field.FillColor = theme.Color(look.Stage)
				}
				w := test.NewTempWindow(t, container.NewStack(field, container.NewPadded(build())))
				w.SetPadded(false)
				if size, ok := sheetSizes[name]; ok {
					w.Resize(size)
					w.Content().Refresh() // texts that wrap know their height only at their width
				}
				compare(t, filepath.Join("testdata", "golden", name+"-"+string(mode)+".png"), w.Canvas().Capture())
			})
		}
	}
}

// compare a picture with the golden one. What differs is left beside the test's folder to be looked at.
func compare(t *testing.T, path string, got image.Image) {
	t.Helper()
	if *update {
		save(t, path, got)
		return
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v: is it new? Run with -update and look at it", err)
	}
	defer file.Close()
	want, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if want.Bounds().Size() != got.Bounds().Size() {
		t.Fatalf("%v, golden %v", got.Bounds().Size(), want.Bounds().Size())
	}
	off, size := 0, got.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			if differ(got, want, x, y) {
				off++
			}
		}
	}
	if part := float64(off) / float64(size.X*size.Y); part > goldenPart {
		failed := filepath.Join(os.TempDir(), "parley-golden-"+filepath.Base(path))
		save(t, failed, got)
		t.Errorf("%.2f %% of the pixels differ; see %s", part*100, failed)
	}
}

func differ(a, b image.Image, x, y int) bool {
	ar, ag, ab, _ := a.At(x, y).RGBA()
	br, bg, bb, _ := b.At(x, y).RGBA()
	for _, d := range [3]int{int(ar) - int(br), int(ag) - int(bg), int(ab) - int(bb)} {
		if max(d, -d)>>8 > goldenChannel {
			return true
		}
	}
	return false
}

func save(t *testing.T, path string, picture image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := png.Encode(file, picture); err != nil {
		t.Fatal(err)
	}
}
