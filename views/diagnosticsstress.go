package views

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/stress"
	"parley/views/text"
	"parley/views/widget"
)

// stressView presents over and over.
type stressView struct {
	env       *Env
	inspector Inspector
	content   fyne.CanvasObject

	count, hold, pause *widget.Field
	start, abort       *widget.Button
	bar                *fynewidget.ProgressBar
	words              *fynewidget.Label
	banner             *widget.Banner

	cancel context.CancelFunc // of the running test
}

func newStressView(env *Env, inspector Inspector) *stressView {
	v := &stressView{env: env, inspector: inspector}
	field := func(value string) *widget.Field {
		f := widget.NewField("")
		f.Text = value
		f.OnSubmitted = func(string) { v.run() }
		f.OnEscape = v.stop
		return f
	}
	v.count, v.hold, v.pause = field("10"), field("2"), field("2")
	v.start = widget.NewButton(text.T("stress.start"), nil, v.run)
	v.start.Importance = fynewidget.HighImportance
	v.abort = widget.NewButton(text.T("common.cancel"), nil, v.stop)
	v.abort.Disable()
	v.bar, v.words = fynewidget.NewProgressBar(), fynewidget.NewLabel("")
	v.words.Wrapping = fyne.TextWrapWord
	v.banner = widget.NewBanner(nil)
	v.content = column(560, newCard(container.NewVBox(
		muted(text.T("stress.text")), v.banner,
		labelled("stress.count", v.count), labelled("stress.hold", v.hold), labelled("stress.pause", v.pause),
		container.NewHBox(v.start, v.abort, layout.NewSpacer()), v.bar, v.words)))
	return v
}

// options reads the fields; the error names the field.
func (v *stressView) options() (o stress.Options, wrong *widget.Field) {
	count, err := strconv.Atoi(strings.TrimSpace(v.count.Text))
	if err != nil || count < 1 || count > stress.MaxCount {
		return o, v.count
	}
	o.Count = count
	for _, f := range []struct {
		field *widget.Field
		into  *time.Duration
	}{{v.hold, &o.Hold}, {v.pause, &o.Pause}} {
		seconds, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(f.field.Text), ",", "."), 64)
		if err != nil || !(seconds >= 0 && seconds <= stress.MaxPause.Seconds()) {
			return o, f.field
		}
		*f.into = time.Duration(seconds * float64(time.Second))
	}
	return o, nil
}

func (v *stressView) run() {
	if v.cancel != nil {
		return
	}
	o, wrong := v.options()
	if wrong != nil {
		v.banner.Set(widget.Notice{Level: widget.Warning, Title: text.T("stress.wrong",
			text.D{"Rounds": stress.MaxCount, "Seconds": int(stress.MaxPause.Seconds())})})
		v.env.focus(wrong)
		return
	}
	v.banner.Set(widget.Notice{})
	v.busy(true)
	v.bar.Max = float64(o.Count)
	v.bar.SetValue(0)
	v.words.SetText("")
	var last stress.Result
	v.cancel = v.env.run(func(ctx context.Context) error {
		var err error
		last, err = v.inspector.Stress(ctx, o, func(r stress.Result) { v.env.Do(func() { v.show(r) }) })
		return err
	}, func(err error) {
		v.cancel = nil
		v.busy(false)
		v.show(last)
		if err != nil && !errors.Is(err, context.Canceled) {
			v.banner.Set(Describe(OpShare, "", err))
		}
		v.content.Refresh()
	})
}

func (v *stressView) busy(on bool) {
	for _, d := range []fyne.Disableable{v.count, v.hold, v.pause, v.start} {
		if on {
			d.Disable()
		} else {
			d.Enable()
		}
	}
	if on {
		v.abort.Enable()
	} else {
		v.abort.Disable()
	}
}

func (v *stressView) show(r stress.Result) {
	v.bar.SetValue(float64(r.Rounds))
	ms := func(d time.Duration) int { return int(d.Milliseconds()) }
	lines := []string{
		text.T("stress.result", text.D{"Rounds": r.Rounds, "Started": r.Started, "Stopped": r.Stopped, "Failed": r.Failed}),
		text.T("stress.times", text.D{"Shortest": ms(r.Shortest), "Mean": ms(r.Mean()), "Longest": ms(r.Longest)}),
	}
	if r.First != nil {
		lines = append(lines, shorten(r.First.Error()))
	}
	v.words.SetText(strings.Join(lines, "\n"))
}

// stop ends a running test.
func (v *stressView) stop() {
	if v.cancel != nil {
		v.cancel()
	}
}
