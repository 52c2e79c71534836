package widget

import (
	"image"
	"image/color"
	"math"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/machine"
	"parley/views/golden"
	"parley/views/look"
	"parley/views/text"
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
		"check": func() fyne.CanvasObject {
			on, off, dead, at, over := NewCheck("On", nil), NewCheck("Off", nil), NewCheck("Disabled", nil), NewCheck("Focused", nil), NewCheck("Hovered", nil)
			on.Checked, dead.Checked = true, true
			dead.Disable()
			over.Resize(over.MinSize())
			over.MouseIn(&desktop.MouseEvent{})
			return container.NewHBox(on, off, dead, focused(at), over)
		},
		"select": func() fyne.CanvasObject {
			plain, dead, at := NewSelect([]string{"Headset"}, nil), NewSelect([]string{"Locked"}, nil), NewSelect([]string{"Focused"}, nil)
			plain.Selected, dead.Selected, at.Selected = "Headset", "Locked", "Focused"
			dead.Disable()
			return container.NewGridWithColumns(3, plain, dead, focused(at))
		},
		"slider": func() fyne.CanvasObject {
			plain, dead, at := NewSlider(0, 100), NewSlider(0, 100), NewSlider(0, 100)
			plain.Value, dead.Value, at.Value = 30, 60, 90
			dead.Disable()
			return container.NewGridWithColumns(3, plain, dead, focused(at))
		},
		"options": func() fyne.CanvasObject {
			states := NewOptions([]string{"Chosen", "Not chosen", "Focused", "Hovered"}, "Chosen", nil)
			states.items[2].FocusGained()
			states.items[3].MouseIn(nil)
			dead := NewOptions([]string{"Chosen, disabled", "Disabled"}, "Chosen, disabled", nil)
			dead.Disable()
			return container.NewVBox(states, dead)
		},
		"sourcecard": func() fyne.CanvasObject {
			card := func(title string) *SourceCard {
				return NewSourceCard(title, "1920 × 1080", "share", nil, "Picture is coming…")
			}
			over, chosen, both, shown := card("Hovered"), card("Chosen"), card("Chosen and focused"), card("With a picture and a long name")
			over.MouseIn(nil)
			chosen.SetChosen(true)
			both.SetChosen(true)
			shown.SetPicture(stripes(), "")
			return container.NewGridWithColumns(3, card("Plain"), over, focused(card("Focused")), chosen, focused(both), shown)
		},
		"region": func() fyne.CanvasObject {
			plain, at := NewRegion(image.Pt(1920, 1080)), NewRegion(image.Pt(1920, 1080))
			plain.SetPicture(stripes())
			at.SetPicture(stripes())
			return container.NewGridWithColumns(3, NewRegion(image.Pt(1080, 1920)), plain, focused(at))
		},
		"diagram": func() fyne.CanvasObject {
			m := machine.Diagram{Name: "call", Initial: "call:idle", States: []string{"call:idle", "call:connecting", "call:active", "call:ending"},
				Edges: []machine.Edge{{From: "call:idle", To: "call:connecting"}, {From: "call:connecting", To: "call:active"},
					{From: "call:active", To: "call:ending"}, {From: "call:ending", To: "call:idle"}, {From: "call:idle", To: "call:active"}}}
			lit := NewDiagram(m)
			lit.SetCurrent("call:active")
			return container.NewVBox(NewDiagram(m), lit)
		},
		"plot": func() fyne.CanvasObject {
			full, empty := NewPlot("Bitrate", "kbit/s", 20), NewPlot("Loss", "%", 20)
			full.Set(Series{"sent", []float64{100, 200, 400, math.NaN(), 300, 350, 380}}, Series{"received", []float64{50, 60, 500, 480, 490, 20, 10}},
				Series{"available", []float64{600, 600, 600, 600, 600, 600, 600}})
			return container.NewGridWithColumns(2, full, empty)
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

// stripes are a picture.
func stripes() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 64, 36))
	for y := range 36 {
		for x := range 64 {
			m.SetRGBA(x, y, color.RGBA{R: uint8(x / 16 * 60), G: uint8(y / 9 * 60), B: 120, A: 255})
		}
	}
	return m
}

// sizes of the sheets.
var sheetSizes = map[string]fyne.Size{"banner": {Width: 640, Height: 330}, "tile": {Width: 900, Height: 160},
	"field": {Width: 900, Height: 60}, "meter": {Width: 200, Height: 80}, "select": {Width: 700, Height: 60},
	"slider": {Width: 500, Height: 60}, "region": {Width: 800, Height: 180}, "plot": {Width: 660, Height: 160}}

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
				golden.Compare(t, filepath.Join("testdata", "golden", name+"-"+string(mode)+".png"), w.Canvas().Capture())
			})
		}
	}
}
