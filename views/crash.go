package views

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/text"
	"parley/views/widget"
)

// maxCrashShown is how much of a report is shown, characters: the beginning says what happened.
const maxCrashShown = 4000

// CrashReport is what an earlier run left behind.
type CrashReport struct {
	Text    string
	Suggest string // where it may be saved
	Save    func(ctx context.Context, path string) error
	Forget  func() // it was seen
}

// OfferCrash tells that the last run ended by a mistake of the program, and offers the report.
func (r *Root) OfferCrash(report CrashReport) {
	shown := fynewidget.NewLabel(cutText(report.Text, maxCrashShown))
	shown.TextStyle.Monospace = true
	shown.Selectable = true
	scroll := container.NewScroll(shown)
	scroll.SetMinSize(fyne.NewSize(200, 180))
	path := widget.NewField("")
	path.Text = report.Suggest
	var dismiss func()
	discard := widget.NewButton(text.T("crash.dismiss"), nil, func() {
		dismiss()
		report.Forget()
	})
	discard.Importance = fynewidget.LowImportance
	dismiss = r.env.ask(question{
		title: text.T("crash.title"), yes: text.T("crash.save"), no: text.T("crash.later"), stays: true,
		body: container.NewVBox(muted(text.T("crash.text")), scroll, labelled("crash.path", path), discard),
		answer: func(yes bool) {
			if !yes { // also escape: nothing is lost by a key pressed in passing
				return
			}
			to := path.Text
			r.env.run(func(ctx context.Context) error { return report.Save(ctx, to) }, func(err error) {
				if err != nil {
					r.Tell(Describe(OpSave, shorten(to), err))
					return
				}
				report.Forget()
				r.Tell(widget.Notice{Level: widget.Info, Title: text.T("diagnostics.saved", text.D{"File": shorten(to)})})
			})
		},
	})
}

func cutText(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
