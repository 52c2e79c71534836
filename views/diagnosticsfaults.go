package views

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/text"
	"parley/views/widget"
)

// faultsView breaks things on purpose.
type faultsView struct {
	env       *Env
	inspector Inspector
	tell      func(widget.Notice)
	content   fyne.CanvasObject
	media     *widget.Check
	setting   bool // the check follows what is so; nobody ticked it
}

func newFaultsView(env *Env, inspector Inspector, tell func(widget.Notice)) *faultsView {
	v := &faultsView{env: env, inspector: inspector, tell: tell}
	button := func(key string, f Fault) fyne.CanvasObject {
		b := widget.NewButton(text.T(key), nil, func() {
			v.do(func(ctx context.Context) error { return inspector.Break(ctx, f) })
		})
		b.Alignment = fynewidget.ButtonAlignLeading
		return b
	}
	v.media = widget.NewCheck(text.T("faults.media"), func(on bool) {
		if !v.setting {
			v.do(func(ctx context.Context) error { return inspector.BlockMedia(ctx, on) })
		}
	})
	v.content = column(560, newCard(container.NewVBox(muted(text.T("faults.text")),
		button("faults.socket", FaultSocket), muted(text.T("faults.socket.text")),
		v.media, muted(text.T("faults.media.text")),
		button("faults.ping", FaultPing), muted(text.T("faults.ping.text")))))
	return v
}

func (v *faultsView) do(fault func(context.Context) error) {
	v.env.run(fault, func(err error) {
		if n := Describe(OpFault, "", err); n.Title != "" {
			v.tell(n)
		}
		v.refresh()
	})
}

func (v *faultsView) refresh() {
	if blocked := v.inspector.MediaBlocked(); blocked != v.media.Checked {
		v.setting = true
		v.media.SetChecked(blocked)
		v.setting = false
	}
}
