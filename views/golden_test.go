package views

import (
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"parley/connector/session"
	"parley/views/golden"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// The widgets of this package in all their states.
func sheets() map[string]func() fyne.CanvasObject {
	return map[string]func() fyne.CanvasObject{
		"pill": func() fyne.CanvasObject {
			list := container.NewVBox()
			for _, s := range []session.Status{session.StatusDisconnected, session.StatusConnecting, session.StatusReadyToCall,
				session.StatusCallConnecting, session.StatusCallActive, session.StatusCallReconnecting, session.StatusCallDisconnecting,
				session.StatusDisconnecting} {
				p := newStatusPill()
				p.Set(s)
				list.Add(p)
			}
			return list
		},
		"keypad": func() fyne.CanvasObject { return newKeypad(func(string) {}) },
		"card": func() fyne.CanvasObject {
			return newCard(container.NewVBox(subheading("Title"), muted("Words below it that are a little longer."), caption("Label")))
		},
		"rows": func() fyne.CanvasObject {
			wrong := newFieldError()
			wrong.say("Enter a whole number from 1 to 9")
			return container.NewVBox(
				row("outgoing", "Room 2001", "Outgoing · 12:34", widget.NewIconButton("plus", "Add", nil), widget.NewIconButton("phone", "Call", nil)),
				row("missed", "A very long name that does not fit into the row at all, and goes on and on", "Missed · 09:00", widget.NewIconButton("phone", "Call", nil)),
				personRow(person{name: "Anna Berg", icon: "person", state: "Microphone on · camera off"}),
				labelled("settings.attempts", widget.NewField("")), wrong.content, lockNote())
		},
	}
}

var sheetSizes = map[string]fyne.Size{"keypad": {Width: 228, Height: 200}, "card": {Width: 320, Height: 190}, "rows": {Width: 420, Height: 440}}

func TestGolden(t *testing.T) {
	text.Use("en")
	t.Cleanup(func() { text.Use(text.System) })
	for name, build := range sheets() {
		for _, mode := range []look.Mode{look.Light, look.Dark} {
			t.Run(name+"-"+string(mode), func(t *testing.T) {
				app := test.NewTempApp(t)
				app.Settings().SetTheme(look.New(mode))
				field := canvas.NewRectangle(theme.Color(theme.ColorNameBackground))
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
