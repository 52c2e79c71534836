package views

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/text"
)

// Grace of a window that comes by itself: who is typing or clicking elsewhere must not answer it without having seen it.
const (
	keyGrace   = time.Second            // of rest on the keyboard, before a key counts
	clickGrace = 600 * time.Millisecond // after the window has come
)

// keyGuard has the focus while a window that came by itself is new. It takes all keys and gives them back only after the
// keyboard has rested; then tab leads to the first control, and no key but tab and escape does anything at all.
type keyGuard struct {
	fynewidget.BaseWidget
	now      func() time.Time
	last     time.Time // a key, or the window's coming
	onTab    func()
	onEscape func()
	over     bool // the person has come to the controls
}

var (
	_ fyne.Focusable = (*keyGuard)(nil)
	_ fyne.Tabbable  = (*keyGuard)(nil)
)

func newKeyGuard(now func() time.Time, onTab, onEscape func()) *keyGuard {
	g := &keyGuard{now: now, last: now(), onTab: onTab, onEscape: onEscape}
	g.ExtendBaseWidget(g)
	g.Hide() // until the window comes
	return g
}

// rested notes a key and tells whether the keyboard had rested before it.
func (g *keyGuard) rested() bool {
	before := g.last
	g.last = g.now()
	return g.last.Sub(before) >= keyGrace
}

// TypedKey implements fyne.Focusable.
func (g *keyGuard) TypedKey(e *fyne.KeyEvent) {
	if !g.rested() && !g.over {
		return
	}
	switch e.Name {
	case fyne.KeyTab:
		g.over = true
		g.onTab()
	case fyne.KeyEscape:
		g.onEscape()
	}
}

// TypedRune implements fyne.Focusable: a letter comes as a key, too, and counts there.
func (g *keyGuard) TypedRune(rune) {}

// AcceptsTab implements fyne.Tabbable.
func (g *keyGuard) AcceptsTab() bool { return true }

// FocusGained implements fyne.Focusable: the window may have got the keyboard only now.
func (g *keyGuard) FocusGained() {
	g.last = g.now()
	g.Show()
}

// FocusLost implements fyne.Focusable. Once left, it is no stop for tab any more.
func (g *keyGuard) FocusLost() { g.Hide() }

// AccessibilityLabel implements fyne.Accessible.
func (g *keyGuard) AccessibilityLabel() string { return text.T("incoming.keys") }

// AccessibilityRole implements fyne.Accessible.
func (g *keyGuard) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (g *keyGuard) CreateRenderer() fyne.WidgetRenderer {
	return fynewidget.NewSimpleRenderer(canvas.NewRectangle(nil))
}
