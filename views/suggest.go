package views

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/widget"
)

// suggestion completes a field.
type suggestion struct{ value, words string }

// suggestionsShown at most: more would push away what is below.
const suggestionsShown = 5

// suggestions are the completions below a field while a person types in it. Arrow down leads into the list, escape closes
// it.
type suggestions struct {
	env    *Env
	field  *widget.Field
	list   *fyne.Container
	find   func(typed string) []suggestion
	picked func()
	resize func()
	shown  []suggestion
}

// newSuggestions completes field with what find returns. The field's OnChanged goes on being called.
func newSuggestions(env *Env, field *widget.Field, find func(string) []suggestion, picked, resize func()) *suggestions {
	s := &suggestions{env: env, field: field, list: container.NewVBox(), find: find, picked: picked, resize: resize}
	s.list.Hide()
	changed := field.OnChanged
	field.OnChanged = func(typed string) {
		if changed != nil {
			changed(typed)
		}
		s.show(typed)
	}
	field.OnDown = func() {
		if !s.list.Visible() {
			s.show(field.Text)
		}
		if s.list.Visible() {
			env.focus(s.list.Objects[0].(fyne.Focusable))
		}
	}
	return s
}

func (s *suggestions) show(typed string) {
	found := s.find(typed)
	found = found[:min(len(found), suggestionsShown)]
	if len(found) == 1 && found[0].value == typed {
		found = nil // nothing left to complete
	}
	s.shown = found
	s.list.RemoveAll()
	for _, f := range found {
		b := widget.NewButton(f.words, nil, func() { s.pick(f) })
		b.Alignment = fynewidget.ButtonAlignLeading
		b.Importance = fynewidget.LowImportance
		s.list.Add(b)
	}
	widget.SetVisible(s.list, len(found) > 0)
	s.resize()
}

func (s *suggestions) pick(f suggestion) {
	changed := s.field.OnChanged
	s.field.OnChanged = nil
	s.field.SetText(f.value)
	s.field.CursorColumn = len([]rune(f.value))
	s.field.OnChanged = changed
	s.field.OnChanged(f.value)
	s.close()
	s.env.focus(s.field)
	if s.picked != nil {
		s.picked()
	}
}

// close takes the list away and reports whether it was there.
func (s *suggestions) close() bool {
	open := s.list.Visible()
	widget.SetVisible(s.list, false)
	if open {
		s.resize()
	}
	return open
}
