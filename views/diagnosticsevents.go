package views

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/recorder"
	"parley/views/text"
	"parley/views/widget"
)

// eventsView lists events; the one that is chosen is shown whole.
type eventsView struct {
	env       *Env
	inspector Inspector
	content   fyne.CanvasObject

	filter  *widget.Field
	pause   *widget.Check
	list    *fynewidget.List
	detail  *fynewidget.Label
	hint    *fynewidget.Label // in its place while no event is chosen
	summary *fynewidget.Label

	last  uint64 // number of the newest event that was taken
	all   []recorder.Event
	shown []recorder.Event // those that the filter lets through

	chosen uint64 // number of the event that is read, 0 for none
}

func newEventsView(env *Env, inspector Inspector, save func(string, func(context.Context, io.Writer) error)) *eventsView {
	v := &eventsView{env: env, inspector: inspector}
	v.filter = widget.NewField(text.T("diagnostics.filter"))
	v.filter.OnChanged = func(string) {
		v.forget()
		v.sift()
		v.tell()
	}
	v.pause = widget.NewCheck(text.T("diagnostics.pause"), nil)
	clear := widget.NewButton(text.T("diagnostics.clear"), nil, func() {
		inspector.ClearEvents()
		v.forget()
		v.all, v.shown = nil, nil
		v.take()
		v.tell()
	})
	export := widget.NewButton(text.T("diagnostics.export"), nil, func() {
		chosen := slices.Clone(v.shown)
		save("parley-events.jsonl", func(_ context.Context, w io.Writer) error { return writeEvents(w, chosen) })
	})
	v.detail = fynewidget.NewLabel("")
	v.detail.TextStyle.Monospace = true
	v.detail.Wrapping = fyne.TextWrapBreak
	v.detail.Selectable = true
	v.hint = muted(text.T("diagnostics.choose"))
	v.summary = muted("")
	v.list = fynewidget.NewList(func() int { return len(v.shown) }, newEventRow, v.fillRow)
	v.list.OnSelected = func(id fynewidget.ListItemID) {
		if id < len(v.shown) {
			v.chosen = v.shown[id].Number
			v.read(pretty(v.shown[id]))
		}
	}
	bar := container.NewBorder(nil, nil, nil, container.NewHBox(v.pause, clear, export), v.filter)
	split := container.NewHSplit(v.list, container.NewVScroll(container.NewVBox(v.hint, v.detail)))
	split.Offset = 0.55
	v.read("")
	v.content = container.NewBorder(container.NewVBox(bar, v.summary), nil, nil, nil, split)
	return v
}

func newEventRow() fyne.CanvasObject {
	when, name := muted("00:00:00.000"), fynewidget.NewLabel("")
	when.TextStyle.Monospace, when.Wrapping = true, fyne.TextWrapOff
	name.Truncation = fyne.TextTruncateEllipsis
	return container.NewBorder(nil, nil, when, nil, name)
}

func (v *eventsView) fillRow(id fynewidget.ListItemID, o fyne.CanvasObject) {
	if id >= len(v.shown) {
		return
	}
	e := v.shown[id]
	row := o.(*fyne.Container)
	row.Objects[0].(*fynewidget.Label).SetText(e.Name + "  " + e.Payload)
	row.Objects[1].(*fynewidget.Label).SetText(e.Time.Format("15:04:05.000"))
}

// forget ends the reading of one event: the list follows the newest again.
func (v *eventsView) forget() {
	v.chosen = 0
	v.list.UnselectAll()
	v.read("")
}

// read shows an event whole; empty: none is chosen.
func (v *eventsView) read(event string) {
	v.detail.SetText(event)
	widget.SetVisible(v.detail, event != "")
	widget.SetVisible(v.hint, event == "")
}

// refresh takes what is new, unless paused.
func (v *eventsView) refresh() {
	if !v.pause.Checked && v.take() {
		v.tell()
	}
}

// take adds what is new to the list, and lets the oldest go.
func (v *eventsView) take() (news bool) {
	fresh := v.inspector.EventsAfter(v.last)
	if len(fresh) == 0 {
		return false
	}
	v.last = fresh[len(fresh)-1].Number
	v.all = append(v.all, fresh...)
	if over := len(v.all) - recorder.DefaultEvents; over > 0 {
		v.all = slices.Delete(v.all, 0, over)
	}
	oldest := v.all[0].Number
	v.shown = slices.DeleteFunc(v.shown, func(e recorder.Event) bool { return e.Number < oldest })
	v.let(fresh)
	return true
}

// sift goes through the whole list, for another filter.
func (v *eventsView) sift() {
	v.shown = v.shown[:0]
	v.let(v.all)
}

// let adds the events that the filter lets through: all words must be in their names or payloads.
func (v *eventsView) let(events []recorder.Event) {
	words := strings.Fields(strings.ToLower(v.filter.Text))
	for _, e := range events {
		if matches(e, words) {
			v.shown = append(v.shown, e)
		}
	}
}

// tell shows the list as it is now.
func (v *eventsView) tell() {
	v.summary.SetText(text.N("diagnostics.shown", len(v.all), text.D{"Shown": len(v.shown), "All": len(v.all)}))
	v.list.Refresh()
	if v.chosen == 0 { // who reads one event is not taken away from it
		v.list.ScrollToBottom()
	}
}

func matches(e recorder.Event, words []string) bool {
	for _, w := range words {
		if !strings.Contains(strings.ToLower(e.Name), w) && !strings.Contains(strings.ToLower(e.Payload), w) {
			return false
		}
	}
	return true
}

func pretty(e recorder.Event) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(e.Payload), "", "  ") != nil { // cut, or none
		return e.Name + "\n" + e.Payload
	}
	return e.Name + "\n" + out.String()
}

func writeEvents(w io.Writer, events []recorder.Event) error {
	encoder := json.NewEncoder(w)
	for _, e := range events {
		if err := encoder.Encode(e); err != nil {
			return err
		}
	}
	return nil
}
