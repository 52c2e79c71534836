package views

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
)

// bindKeys makes the pages reachable without a mouse: tab does not stop at Fyne's page headers. With Ctrl, page down and up
// go to the next and the last page; with Shift, too, within the statistics.
func (v *Diagnostics) bindKeys() {
	for key, by := range map[fyne.KeyName]int{fyne.KeyPageDown: 1, fyne.KeyPageUp: -1} {
		v.bind(key, fyne.KeyModifierShortcutDefault, func() { v.Turn(by) })
		v.bind(key, fyne.KeyModifierShortcutDefault|fyne.KeyModifierShift, func() { v.TurnWithin(by) })
	}
}

// Turn goes to another page.
func (v *Diagnostics) Turn(by int) { turnPage(v.tabs, by) }

// TurnWithin goes to another page of the statistics.
func (v *Diagnostics) TurnWithin(by int) {
	if v.tabs.SelectedIndex() == pageStatistics {
		turnPage(v.statistics.tabs, by)
	}
}

// pageStatistics is the index of the page with pages of its own.
const pageStatistics = 2

func (v *Diagnostics) bind(key fyne.KeyName, with fyne.KeyModifier, do func()) {
	v.env.Window.Canvas().AddShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: with}, func(fyne.Shortcut) {
		if !v.stopped && len(v.env.Window.Canvas().Overlays().List()) == 0 {
			do()
		}
	})
}

// turnPage goes to another page, round at the ends.
func turnPage(tabs *container.AppTabs, by int) {
	if n := len(tabs.Items); n > 0 {
		tabs.SelectIndex((tabs.SelectedIndex() + by + n) % n)
	}
}
