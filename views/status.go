package views

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/session"
	"parley/views/look"
	"parley/views/text"
)

// StatusWords says a system status in words.
func StatusWords(s session.Status) string {
	words, _ := statusWords(s)
	return words
}

// statusWords says a system status in words and colour.
func statusWords(s session.Status) (words string, color fyne.ThemeColorName) {
	switch s {
	case session.StatusDisconnecting:
		return text.T("status.disconnecting"), look.Muted
	case session.StatusConnecting:
		return text.T("status.connecting"), theme.ColorNameWarning
	case session.StatusReadyToCall:
		return text.T("status.ready"), theme.ColorNameSuccess
	case session.StatusCallConnecting:
		return text.T("status.callConnecting"), theme.ColorNameWarning
	case session.StatusCallDisconnecting:
		return text.T("status.callDisconnecting"), look.Muted
	case session.StatusCallActive:
		return text.T("status.callActive"), theme.ColorNameSuccess
	case session.StatusCallReconnecting:
		return text.T("status.callReconnecting"), theme.ColorNameWarning
	}
	return text.T("status.disconnected"), theme.ColorNameError
}

// statusPill is a dot and words.
type statusPill struct {
	fynewidget.BaseWidget
	status session.Status
	set    bool
	dot    *canvas.Circle
	words  *canvas.Text
}

func newStatusPill() *statusPill {
	p := &statusPill{dot: canvas.NewCircle(nil), words: canvas.NewText("", nil)}
	p.words.TextSize = 13
	p.ExtendBaseWidget(p)
	return p
}

func (p *statusPill) Set(s session.Status) {
	if p.set && s == p.status {
		return
	}
	p.status, p.set = s, true
	p.Refresh()
}

func (p *statusPill) CreateRenderer() fyne.WidgetRenderer {
	r := &pillRenderer{p}
	r.apply()
	return r
}

type pillRenderer struct{ *statusPill }

func (r *pillRenderer) Destroy() {}
func (r *pillRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.dot, r.words}
}

func (r *pillRenderer) MinSize() fyne.Size {
	m := r.words.MinSize()
	return fyne.NewSize(m.Width+18, max(m.Height, 20))
}

func (r *pillRenderer) Layout(size fyne.Size) {
	r.dot.Resize(fyne.NewSize(10, 10))
	r.dot.Move(fyne.NewPos(0, (size.Height-10)/2))
	m := r.words.MinSize()
	r.words.Resize(m)
	r.words.Move(fyne.NewPos(18, (size.Height-m.Height)/2))
}

func (r *pillRenderer) apply() {
	words, name := statusWords(r.status)
	r.words.Text = words
	r.words.Color = theme.ColorForWidget(look.Muted, r.statusPill)
	r.dot.FillColor = theme.ColorForWidget(name, r.statusPill)
}

func (r *pillRenderer) Refresh() {
	r.apply()
	r.Layout(r.Size())
	canvas.Refresh(r.statusPill)
}

// clock writes a length of time as m:ss or h:mm:ss.
func clock(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
