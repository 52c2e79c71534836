package window

import (
	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
)

// calmApp is Fyne's application without what moves by itself and without its own preferences.
//
// A blinking cursor repaints the whole window many times a second: 8 % of a core on software OpenGL while nobody does
// anything. And Fyne writes a preferences file when it ends that nobody reads: what Parley keeps is in a Store.
type calmApp struct{ fyne.App }

func newApp() fyne.App {
	a := calmApp{fyneapp.NewWithID("")}
	fyne.SetCurrentApp(a)
	return a
}

// UniqueID implements fyne.App: the desktop groups windows by it.
func (calmApp) UniqueID() string { return AppID }

// Settings implements fyne.App.
func (a calmApp) Settings() fyne.Settings { return calmSettings{a.App.Settings()} }

type calmSettings struct{ fyne.Settings }

// ShowAnimations implements fyne.Settings.
func (calmSettings) ShowAnimations() bool { return false }
