package views

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/text"
	"parley/views/widget"
)

// waitingRow says what is waited for, shows that something goes on, and lets a person end it.
type waitingRow struct {
	content  *fyne.Container
	words    *fynewidget.Label
	activity *fynewidget.ProgressBarInfinite
	cancel   *widget.Button
}

// newWaitingRow makes a row that is hidden.
func newWaitingRow(abort func()) *waitingRow {
	w := &waitingRow{words: muted(""), activity: fynewidget.NewProgressBarInfinite(), cancel: widget.NewButton(text.T("common.cancel"), nil, abort)}
	w.activity.Stop()
	w.content = container.NewVBox(w.words, w.activity, w.cancel)
	w.content.Hide()
	return w
}

// wait shows the row in the place of others, or those again when words are empty.
func (w *waitingRow) wait(words string, others ...fyne.CanvasObject) {
	on := words != ""
	if on {
		w.words.SetText(words)
		w.activity.Start()
	} else {
		w.activity.Stop()
	}
	widget.SetVisible(w.content, on)
	for _, o := range others {
		widget.SetVisible(o, !on)
	}
}
