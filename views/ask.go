package views

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/widget"
)

// question is a modal window inside the window: a title, a body and two answers.
type question struct {
	title, yes, no string
	danger         bool // yes is the grave answer
	body           fyne.CanvasObject
	focus          fyne.Focusable // nil: the answer no
	answer         func(yes bool)
	check          func() bool // false keeps the question open at a yes; nil is true
	third          string      // a further, grave answer; empty for none
	onThird        func()
	stays          bool   // it has nothing to do with the screen below: the next one leaves it there
	gone           func() // it went unanswered, with the screen below; nil: that does not matter
}

// ask shows the question; escape is no. It goes when the screen below goes, unless it stays. The returned function takes it
// away without an answer.
func (e *Env) ask(q question) (dismiss func()) {
	canvas := e.Window.Canvas()
	done := func(yes bool) {
		dismiss()
		q.answer(yes)
	}
	title := fynewidget.NewLabel(q.title)
	title.SizeName = fyne.ThemeSizeName("subHeadingText")
	title.TextStyle.Bold = true
	title.Wrapping = fyne.TextWrapWord
	no := widget.NewButton(q.no, nil, func() { done(false) })
	buttons := container.NewHBox(layout.NewSpacer(), no)
	if q.third != "" {
		third := widget.NewButton(q.third, nil, func() { dismiss(); q.onThird() })
		third.Importance = fynewidget.DangerImportance
		buttons = container.NewHBox(third, layout.NewSpacer(), no)
	}
	if q.yes != "" {
		yes := widget.NewButton(q.yes, nil, func() {
			if q.check == nil || q.check() {
				done(true)
			}
		})
		yes.Importance = fynewidget.HighImportance
		if q.danger {
			yes.Importance = fynewidget.DangerImportance
		}
		buttons.Add(yes)
	}
	width := min(480, canvas.Size().Width-2*look.Space)
	content := container.New(fixedWidth(width), container.NewVBox(title, q.body))
	foot := container.New(fixedWidth(width), container.NewVBox(gap(4), buttons)) // stays in sight when the rest scrolls
	room := fyne.NewSize(canvas.Size().Width-look.Space, canvas.Size().Height-2*look.Space-foot.MinSize().Height)
	popup := fynewidget.NewModalPopUp(container.NewPadded(bordered(nil, foot, nil, nil, fitting(content, room))), canvas)
	dismiss = e.lay(&overlay{popup: popup, escape: func() { done(false) }, stays: q.stays, gone: q.gone})
	if q.focus == nil {
		q.focus = no
	}
	canvas.Focus(q.focus)
	return dismiss
}

// fixedWidth gives its one object a width and the height that follows from it.
type fixedWidth float32

func (w fixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	o := objects[0]
	if o.Size().Width != float32(w) {
		o.Resize(fyne.NewSize(float32(w), o.Size().Height))
	}
	return fyne.NewSize(float32(w), o.MinSize().Height)
}

func (w fixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(size)
}
