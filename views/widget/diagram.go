package widget

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/machine"
	"parley/views/look"
)

// Sizes of a diagram, device independent pixels.
const (
	nodeHeight = 28
	nodeGap    = 14 // between the states of a column
	columnGap  = 46 // between columns, where the arrows are
	laneGap    = 9  // between the arrows that lead around the states
	nodeText   = 12
	arrowSize  = 5
)

// Diagram draws a state machine with the current state lit. States stand in columns by their distance from the initial
// one; arrows to a next column are straight, all others lead around: back below the states, ahead above them, one lane a
// target.
type Diagram struct {
	fynewidget.BaseWidget
	machine machine.Diagram
	graph   graph
	current string
}

// NewDiagram draws a machine; nothing is lit.
func NewDiagram(m machine.Diagram) *Diagram {
	d := &Diagram{machine: m, graph: layOut(m)}
	d.ExtendBaseWidget(d)
	return d
}

// SetCurrent lights a state; "" lights none.
func (d *Diagram) SetCurrent(state string) {
	if d.current == state {
		return
	}
	d.current = state
	d.Refresh()
}

// Current is the state that is lit.
func (d *Diagram) Current() string { return d.current }

// CreateRenderer implements fyne.Widget.
func (d *Diagram) CreateRenderer() fyne.WidgetRenderer {
	r := &diagramRenderer{d: d}
	for range d.machine.States {
		box := canvas.NewRectangle(color.Transparent)
		box.CornerRadius, box.StrokeWidth = 8, 1
		word := canvas.NewText("", color.Transparent)
		word.TextSize = nodeText
		r.boxes, r.words = append(r.boxes, box), append(r.words, word)
	}
	for _, a := range d.graph.arrows {
		lines := make([]*canvas.Line, len(a.path)+1) // and the two of its head
		for i := range lines {
			lines[i] = canvas.NewLine(color.Transparent)
			r.objects = append(r.objects, lines[i])
		}
		r.lines = append(r.lines, lines)
	}
	for i := range r.boxes {
		r.objects = append(r.objects, r.boxes[i], r.words[i])
	}
	r.place()
	r.apply()
	return r
}

type diagramRenderer struct {
	d       *Diagram
	boxes   []*canvas.Rectangle
	words   []*canvas.Text
	lines   [][]*canvas.Line
	objects []fyne.CanvasObject
}

func (r *diagramRenderer) Destroy()                     {}
func (r *diagramRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *diagramRenderer) MinSize() fyne.Size           { return r.d.graph.size }
func (r *diagramRenderer) Layout(fyne.Size)             {}

// place never changes: a diagram is as large as it is.
func (r *diagramRenderer) place() {
	g := r.d.graph
	for i, b := range g.boxes {
		r.boxes[i].Move(b.pos)
		r.boxes[i].Resize(b.size)
		w := r.words[i]
		w.Text = g.names[i]
		w.Move(b.pos.AddXY((b.size.Width-w.MinSize().Width)/2, (b.size.Height-w.MinSize().Height)/2))
		w.Resize(w.MinSize())
	}
	for i, a := range g.arrows {
		path := append([]fyne.Position(nil), a.path...)
		for j := 1; j < len(path); j++ {
			setLine(r.lines[i][j-1], path[j-1], path[j])
		}
		tip, left, right := a.head()
		setLine(r.lines[i][len(path)-1], left, tip)
		setLine(r.lines[i][len(path)], right, tip)
	}
}

func setLine(l *canvas.Line, from, to fyne.Position) { l.Position1, l.Position2 = from, to }

func (r *diagramRenderer) apply() {
	d := r.d
	lit := -1
	for i, s := range d.machine.States {
		fill, edge, word := theme.ColorNameButton, theme.ColorNameInputBorder, theme.ColorNameForeground
		if s == d.current {
			fill, edge, word, lit = theme.ColorNamePrimary, theme.ColorNamePrimary, theme.ColorNameForegroundOnPrimary, i
		}
		r.boxes[i].FillColor, r.boxes[i].StrokeColor = colorOf(d, fill), colorOf(d, edge)
		r.words[i].Color = colorOf(d, word)
		r.words[i].TextStyle.Bold = s == d.current
	}
	for i, a := range d.graph.arrows {
		name, width := look.Muted, float32(1)
		if a.from == lit {
			name, width = theme.ColorNamePrimary, 2
		}
		for _, l := range r.lines[i] {
			l.StrokeColor, l.StrokeWidth = colorOf(d, name), width
		}
	}
}

func (r *diagramRenderer) Refresh() {
	r.apply()
	for i, w := range r.words { // bold is wider
		b := r.d.graph.boxes[i]
		w.Move(b.pos.AddXY((b.size.Width-w.MinSize().Width)/2, (b.size.Height-w.MinSize().Height)/2))
		w.Resize(w.MinSize())
	}
	canvas.Refresh(r.d)
}

// StateName is a state's wire name without what all states of its machine begin with.
func StateName(state string) string { return state[strings.LastIndex(state, ":")+1:] }
