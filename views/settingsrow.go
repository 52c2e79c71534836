package views

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/kept"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// section is a card with a title.
func section(key string, rows ...fyne.CanvasObject) fyne.CanvasObject {
	return newCard(container.NewVBox(append([]fyne.CanvasObject{subheading(text.T(key))}, rows...)...))
}

// note is what stands small below a control.
func note(words string) *fynewidget.Label {
	l := muted(words)
	l.SizeName = theme.SizeNameCaptionText
	return l
}

// lockNote says that an administrator has fixed the setting.
func lockNote() fyne.CanvasObject {
	return bordered(nil, nil, container.NewCenter(fynewidget.NewIcon(look.ColoredIcon("lock", look.Muted))), nil,
		note(text.T("settings.locked")))
}

// under puts what belongs to a control below it: why it is locked, or what it does.
func (v *settingsView) under(key, help string, control fyne.CanvasObject) fyne.CanvasObject {
	switch {
	case v.locked(key):
		if d, ok := control.(fyne.Disableable); ok {
			d.Disable()
		}
		return tight(control, lockNote())
	case help != "":
		return tight(control, note(text.T(help)))
	}
	return control
}

// selectRow is a choice of some values.
func (v *settingsView) selectRow(key, label, help string, ids, words []string, value string, set func(*Settings, string)) fyne.CanvasObject {
	c := newChoice(func(id string) { v.change(func(s *Settings) { set(s, id) }) })
	c.fill(ids, words, value)
	return labelled(label, v.under(key, help, c.Select))
}

// checkRow is a switch.
func (v *settingsView) checkRow(key, label, help string, value bool, set func(*Settings, bool)) fyne.CanvasObject {
	c := widget.NewCheck(text.T(label), nil)
	c.Checked = value
	c.OnChanged = func(on bool) { v.change(func(s *Settings) { set(s, on) }) }
	return v.under(key, help, c)
}

// textRow is a field; check says what is wrong with what is typed (a key of words), "" for nothing. What is wrong is not
// kept.
func (v *settingsView) textRow(key, label, help, hint, value string, check func(string) (problem string), set func(*Settings, string)) fyne.CanvasObject {
	f := widget.NewField(hint)
	f.Text = value
	wrong := newFieldError()
	f.OnChanged = func(typed string) {
		typed = strings.TrimSpace(typed)
		problem := check(typed)
		wrong.set(problem)
		if problem == "" {
			v.change(func(s *Settings) { set(s, typed) })
		}
	}
	return labelled(label, tight(v.under(key, help, f), wrong.content))
}

// numberRow is a field for a whole number between limits.
func (v *settingsView) numberRow(key, label, help string, value, low, high int, set func(*Settings, int)) fyne.CanvasObject {
	return v.number(key, label, help, value, low, high, false, set)
}

// limitRow is a field for a limit; empty is none, which is kept as 0.
func (v *settingsView) limitRow(key, label, help string, value, low int, set func(*Settings, int)) fyne.CanvasObject {
	return v.number(key, label, help, value, low, kept.MaxLimit, true, set)
}

func (v *settingsView) number(key, label, help string, value, low, high int, none bool, set func(*Settings, int)) fyne.CanvasObject {
	shown := strconv.Itoa(value)
	if value == 0 && none {
		shown = ""
	}
	f := widget.NewField("")
	if none {
		f.PlaceHolder = text.T("settings.unlimited")
	}
	f.Text = shown
	wrong := newFieldError()
	f.OnChanged = func(typed string) {
		typed = strings.TrimSpace(typed)
		n, err := strconv.Atoi(typed)
		if typed == "" && none {
			n, err = 0, nil
		}
		if err != nil || (n < low || n > high) && !(n == 0 && none) {
			between := text.D{"Low": fmt.Sprint(low), "High": fmt.Sprint(high)}
			if none {
				wrong.say(text.T("settings.limit", between))
			} else {
				wrong.say(text.T("settings.number", between))
			}
			return
		}
		wrong.say("")
		v.change(func(s *Settings) { set(s, n) })
	}
	return labelled(label, tight(v.under(key, help, f), wrong.content))
}

// fieldError is what is wrong with a field, beside it.
type fieldError struct {
	content *fyne.Container
	words   *fynewidget.Label
}

func newFieldError() *fieldError {
	e := &fieldError{words: fynewidget.NewLabel("")}
	e.words.Importance = fynewidget.DangerImportance
	e.words.Wrapping = fyne.TextWrapWord
	e.words.SizeName = theme.SizeNameCaptionText
	e.content = container.New(layout.NewStackLayout(), e.words)
	e.content.Hide()
	return e
}

// set says the words of a key, "" nothing.
func (e *fieldError) set(key string) {
	if key != "" {
		key = text.T(key)
	}
	e.say(key)
}

func (e *fieldError) say(words string) {
	if e.words.Text != words {
		e.words.SetText(words)
	}
	widget.SetVisible(e.content, words != "")
}
