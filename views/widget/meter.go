package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"
)

const meterSteps = 16

// Meter shows a sound level in steps, so that small changes do not redraw the window.
type Meter struct {
	fynewidget.BaseWidget
	lit int
}

// NewMeter makes a meter at silence.
func NewMeter() *Meter {
	m := &Meter{}
	m.ExtendBaseWidget(m)
	return m
}

// Set shows a level, 0 to 1.
func (m *Meter) Set(level float64) {
	lit := min(max(int(level*meterSteps+0.5), 0), meterSteps)
	if lit == m.lit {
		return
	}
	m.lit = lit
	m.Refresh()
}

// Lit is how many of its 16 steps shine.
func (m *Meter) Lit() int { return m.lit }

// CreateRenderer implements fyne.Widget.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	r := &meterRenderer{meter: m}
	for range meterSteps {
		bar := canvas.NewRectangle(nil)
		bar.CornerRadius = 2
		r.bars = append(r.bars, bar)
		r.objects = append(r.objects, bar)
	}
	r.color()
	return r
}

type meterRenderer struct {
	meter   *Meter
	bars    []*canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *meterRenderer) Destroy()                     {}
func (r *meterRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *meterRenderer) MinSize() fyne.Size           { return fyne.NewSize(meterSteps*8, 12) }

func (r *meterRenderer) Layout(size fyne.Size) {
	step := size.Width / meterSteps
	for i, bar := range r.bars {
		bar.Move(fyne.NewPos(float32(i)*step, 0))
		bar.Resize(fyne.NewSize(step-2, size.Height))
	}
}

func (r *meterRenderer) color() {
	for i, bar := range r.bars {
		name := theme.ColorNameSeparator
		switch {
		case i >= r.meter.lit:
		case i >= meterSteps*7/8:
			name = theme.ColorNameError
		case i >= meterSteps*3/4:
			name = theme.ColorNameWarning
		default:
			name = theme.ColorNamePrimary
		}
		bar.FillColor = colorOf(r.meter, name)
	}
}

func (r *meterRenderer) Refresh() {
	r.color()
	canvas.Refresh(r.meter)
}
