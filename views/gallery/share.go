package gallery

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"

	"parley/connector/session"
	"parley/views"
	"parley/views/kept"
)

// thumbnails draw each source once, at once (views.Thumbnails).
type thumbnails struct{ show func(string, image.Image) }

// Show implements views.Thumbnails.
func (t thumbnails) Show(ids []string) {
	for i, id := range ids {
		if id != "window:0x3" { // one whose picture has not come yet
			t.show(id, page(480, 270, uint8(40*i)))
		}
	}
}

// Close implements views.Thumbnails.
func (thumbnails) Close() {}

// page looks like a document in a window.
func page(w, h int, tint uint8) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{R: 250, G: 250 - tint/4, B: 250 - tint/2, A: 255}
			switch {
			case y < h/10:
				c = color.RGBA{R: 60 + tint, G: 80, B: 110, A: 255}
			case x > w/8 && x < w*7/8-(y*37)%(w/3) && y%(h/14) < h/40:
				c = color.RGBA{R: 90, G: 95, B: 100, A: 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

// ShareSources are what the picker's samples offer.
var ShareSources = []views.ShareSource{
	{ID: "screen:DP-1", Kind: views.ShareMonitor, Title: "DP-1", Width: 2560, Height: 1440},
	{ID: "screen:HDMI-1", Kind: views.ShareMonitor, Title: "HDMI-1", Width: 1920, Height: 1080, Left: 2560},
	{ID: "screen", Kind: views.ShareDesktop, Width: 4480, Height: 1440},
	{ID: "window:0x1", Kind: views.ShareWindow, Title: "Квартальный отчёт – окончательная версия (2).odt", Program: "LibreOffice",
		Icon: page(32, 32, 90), Width: 1200, Height: 900},
	{ID: "window:0x2", Kind: views.ShareWindow, Title: "main.go – parley", Program: "Code", Width: 1600, Height: 1000},
	{ID: "window:0x3", Kind: views.ShareWindow, Title: "Mail", Program: "Thunderbird", Width: 900, Height: 700, Minimized: true},
}

// pickers are the picker's pages.
func pickers() []Sample {
	open := func(page int, sharing bool) func(*views.Root, fyne.Window) {
		return func(r *views.Root, _ fyne.Window) { r.AskShare(ShareSources, sharing, page) }
	}
	call := inCall(func(*session.Snapshot) {})
	return []Sample{
		{Name: "before", Model: ready(), Act: func(r *views.Root, _ fyne.Window) { r.BeforeCall("2001", true) }},
		{Name: "before-audio", Model: ready(), Act: func(r *views.Root, _ fyne.Window) { r.BeforeCall("2001", false) }},
		{Name: "share-screens", Model: call, Act: open(0, false)},
		{Name: "share-windows", Model: call, Act: open(1, true)},
		{Name: "share-region", Model: call, Act: open(2, false)},
	}
}

// ready is signed in, with a camera that is away.
func ready() views.Model {
	s := kept.Defaults()
	s.Camera, s.Speaker = "Logitech BRIO Ultra HD Webcam 4K", "Headset"
	return views.Model{Snapshot: session.Initial(), Status: session.StatusReadyToCall, SignedIn: true, Account: account(), Settings: s}
}
