package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"
)

// Field is an entry that passes on shortcuts and keys it has no use for: Fyne gives them to the focused widget alone.
type Field struct {
	fynewidget.Entry
	Name string // for screen readers; empty: the hint
	// OnEscape is called for the escape key.
	OnEscape func()
	// OnLeave is called when the focus goes elsewhere.
	OnLeave func()
	// OnDown is called for the arrow down.
	OnDown func()

	focused bool
}

// NewField makes a field of one line.
func NewField(hint string) *Field {
	f := &Field{}
	f.PlaceHolder = hint
	f.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	f.ExtendBaseWidget(f)
	return f
}

// NewPasswordField makes a field that hides what is typed.
func NewPasswordField() *Field {
	f := &Field{}
	f.Password = true
	f.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	f.ExtendBaseWidget(f)
	return f
}

// TypedShortcut implements fyne.Shortcutable.
func (f *Field) TypedShortcut(s fyne.Shortcut) {
	custom, ok := s.(*desktop.CustomShortcut)
	if ok {
		if c := fyne.CurrentApp().Driver().CanvasForObject(f); c != nil {
			if h, ok := c.(fyne.Shortcutable); ok {
				h.TypedShortcut(custom)
			}
		}
	}
	f.Entry.TypedShortcut(s)
}

// TypedKey implements fyne.Focusable.
func (f *Field) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		if f.OnEscape != nil {
			f.OnEscape()
		} else {
			passOn(f, e)
		}
		return
	case fyne.KeyDown:
		call(f.OnDown)
		return
	}
	if len(e.Name) > 1 && e.Name[0] == 'F' { // F1 to F12 mean nothing to text
		passOn(f, e)
		return
	}
	f.Entry.TypedKey(e)
}

// FocusGained implements fyne.Focusable.
func (f *Field) FocusGained() {
	f.focused = true
	f.Entry.FocusGained()
	Reveal(f)
}

// AccessibilityLabel implements fyne.Accessible. A password is not told.
func (f *Field) AccessibilityLabel() string {
	name := f.Name
	if name == "" {
		name = f.PlaceHolder
	}
	if f.Password {
		return name
	}
	return named(name, f.Text)
}

// AccessibilityRole implements fyne.Accessible.
func (f *Field) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// FocusLost implements fyne.Focusable.
func (f *Field) FocusLost() {
	f.focused = false
	f.Entry.FocusLost()
	call(f.OnLeave)
}

// CreateRenderer implements fyne.Widget.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	return newFramed(f, f.Entry.CreateRenderer(), &f.focused)
}
