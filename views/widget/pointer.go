package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"
)

// Pointer is an invisible area that tells when the pointer moves over it, leaves it or taps it.
type Pointer struct {
	fynewidget.BaseWidget
	OnMove, OnOut, OnTap, OnDoubleTap func()
	last                              fyne.Position
}

// NewPointer makes an area.
func NewPointer() *Pointer {
	p := &Pointer{}
	p.ExtendBaseWidget(p)
	return p
}

func call(f func()) {
	if f != nil {
		f()
	}
}

// MouseIn implements desktop.Hoverable.
func (p *Pointer) MouseIn(e *desktop.MouseEvent) { p.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable. Some systems send moves while the pointer rests: those are left out.
func (p *Pointer) MouseMoved(e *desktop.MouseEvent) {
	if e.AbsolutePosition == p.last {
		return
	}
	p.last = e.AbsolutePosition
	call(p.OnMove)
}

// MouseOut implements desktop.Hoverable.
func (p *Pointer) MouseOut() { call(p.OnOut) }

// Tapped implements fyne.Tappable.
func (p *Pointer) Tapped(*fyne.PointEvent) { call(p.OnTap) }

// DoubleTapped implements fyne.DoubleTappable.
func (p *Pointer) DoubleTapped(*fyne.PointEvent) { call(p.OnDoubleTap) }

// CreateRenderer implements fyne.Widget.
func (p *Pointer) CreateRenderer() fyne.WidgetRenderer {
	return emptyRenderer{}
}

type emptyRenderer struct{}

func (emptyRenderer) Destroy()                     {}
func (emptyRenderer) Layout(fyne.Size)             {}
func (emptyRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (emptyRenderer) Objects() []fyne.CanvasObject { return nil }
func (emptyRenderer) Refresh()                     {}
