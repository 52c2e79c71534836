package window

import (
	"sync/atomic"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"parley/assets"
	"parley/views/text"
)

// calmApp is Fyne's application without what moves by itself and without its own preferences.
//
// A blinking cursor repaints the whole window many times a second: 8 % of a core on software OpenGL while nobody does
// anything. And Fyne writes a preferences file when it ends that nobody reads: what Parley keeps is in a Store.
type calmApp struct {
	fyne.App
	scale atomic.Int64 // percent of the system's own; 0 is 100
}

func newApp() *calmApp {
	// With a name of our own Fyne looks for no FyneApp.toml beside the program: that one has an ID, and with an ID Fyne would
	// keep preferences, write them at the end and read them back while they are written ("Preferences load error: EOF").
	fyneapp.SetMetadata(fyne.AppMetadata{Name: text.T("app.name"), Icon: assets.AppIcon()})
	a := &calmApp{App: fyneapp.NewWithID("")}
	fyne.SetCurrentApp(a)
	return a
}

// UniqueID implements fyne.App: the desktop groups windows by it.
func (*calmApp) UniqueID() string { return AppID }

// Settings implements fyne.App.
func (a *calmApp) Settings() fyne.Settings { return calmSettings{a.App.Settings(), a} }

type calmSettings struct {
	fyne.Settings
	app *calmApp
}

// ShowAnimations implements fyne.Settings.
func (calmSettings) ShowAnimations() bool { return false }

// Scale implements fyne.Settings. The theme must be set after a change: only then do windows ask for it.
func (s calmSettings) Scale() float32 {
	scale := s.Settings.Scale()
	if percent := s.app.scale.Load(); percent > 0 {
		if scale <= 0 {
			scale = 1
		}
		scale *= float32(percent) / 100
	}
	return scale
}
