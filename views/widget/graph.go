package widget

import (
	"math"
	"slices"

	"fyne.io/fyne/v2"

	"parley/connector/machine"
)

// graph is where the states and arrows of a diagram lie.
type graph struct {
	size   fyne.Size
	names  []string
	boxes  []box
	arrows []arrow
}

type box struct {
	pos  fyne.Position
	size fyne.Size
}

// arrow between two states, by their index; it has at least two points.
type arrow struct {
	from, to int
	path     []fyne.Position
}

// head is the arrow's tip and the ends of its two short lines.
func (a arrow) head() (tip, left, right fyne.Position) {
	tip = a.path[len(a.path)-1]
	before := a.path[len(a.path)-2]
	angle := math.Atan2(float64(tip.Y-before.Y), float64(tip.X-before.X))
	end := func(turn float64) fyne.Position {
		return fyne.NewPos(tip.X-arrowSize*float32(math.Cos(angle+turn)), tip.Y-arrowSize*float32(math.Sin(angle+turn)))
	}
	return tip, end(0.5), end(-0.5)
}

// layOut places states in columns by their distance from the initial state, and arrows between and around them.
func layOut(m machine.Diagram) graph {
	g := graph{boxes: make([]box, len(m.States))}
	for _, s := range m.States {
		g.names = append(g.names, StateName(s))
	}
	links := linksOf(m)
	columns := columnsOf(len(m.States), slices.Index(m.States, m.Initial), links)
	above, below := lanesOf(links, columns)
	top := laneGap * float32(len(above)+1)
	bottom := g.stand(columns, laneGap+2*float32(len(below)), top)
	for _, l := range links {
		g.arrows = append(g.arrows, g.lead(l, columns, above, below, top, bottom))
	}
	for _, b := range g.boxes {
		g.size.Width = max(g.size.Width, b.pos.X+b.size.Width)
	}
	g.size.Width += laneGap + 3*float32(len(below))
	g.size.Height = bottom + laneGap*float32(len(below)+1)
	return g
}

type link struct{ from, to int }

// linksOf are the pairs of states with a transition, loops left out.
func linksOf(m machine.Diagram) (links []link) {
	for _, e := range m.Edges {
		l := link{slices.Index(m.States, e.From), slices.Index(m.States, e.To)}
		if l.from >= 0 && l.to >= 0 && l.from != l.to && !slices.Contains(links, l) {
			links = append(links, l)
		}
	}
	return links
}

// columnsOf is each state's distance from the initial one; states that nothing leads to stand last.
func columnsOf(states, initial int, links []link) []int {
	columns := make([]int, states)
	for i := range columns {
		columns[i] = -1
	}
	last := 0
	if initial >= 0 {
		columns[initial] = 0
		for waiting := []int{initial}; len(waiting) > 0; waiting = waiting[1:] {
			for _, l := range links {
				if l.from == waiting[0] && columns[l.to] < 0 {
					columns[l.to] = columns[l.from] + 1
					last = max(last, columns[l.to])
					waiting = append(waiting, l.to)
				}
			}
		}
	}
	for i := range columns {
		if columns[i] < 0 {
			columns[i] = last + 1
		}
	}
	return columns
}

// lanesOf gives every target that is reached from further away a lane: above the states when it lies ahead.
func lanesOf(links []link, columns []int) (above, below []int) {
	for _, l := range links {
		switch step := columns[l.to] - columns[l.from]; {
		case step == 1:
		case step > 1:
			if !slices.Contains(above, l.to) {
				above = append(above, l.to)
			}
		case !slices.Contains(below, l.to):
			below = append(below, l.to)
		}
	}
	return above, below
}

// stand places the states right of x and below top, and returns where they end.
func (g *graph) stand(columns []int, x, top float32) (bottom float32) {
	for column := 0; column <= slices.Max(columns); column++ {
		var width float32
		y := top
		for i, c := range columns {
			if c != column {
				continue
			}
			word := fyne.MeasureText(g.names[i], nodeText, fyne.TextStyle{Bold: true})
			g.boxes[i] = box{fyne.NewPos(x, y), fyne.NewSize(word.Width+20, nodeHeight)}
			width = max(width, word.Width+20)
			y += nodeHeight + nodeGap
			bottom = max(bottom, y)
		}
		for i, c := range columns { // as wide as the widest, so that arrows begin and end in line
			if c == column {
				g.boxes[i].size.Width = width
			}
		}
		x += width + columnGap
	}
	return bottom
}

// lead draws one arrow's way. Arrows that go around leave and enter a state beside its middle, so that ways in and out do
// not cover each other; between columns they run right beside the state.
func (g *graph) lead(l link, columns, above, below []int, top, bottom float32) arrow {
	a := arrow{from: l.from, to: l.to}
	from, to := g.boxes[l.from], g.boxes[l.to]
	right, left := from.pos.X+from.size.Width, to.pos.X
	out, in := from.pos.Y+from.size.Height*0.7, to.pos.Y+to.size.Height*0.7
	step := columns[l.to] - columns[l.from]
	if step == 1 {
		a.path = []fyne.Position{{X: right, Y: from.pos.Y + from.size.Height/2}, {X: left, Y: to.pos.Y + to.size.Height/2}}
		return a
	}
	lanes, lane := below, float32(0)
	if step > 1 {
		lanes = above
		lane = top - laneGap*float32(slices.Index(lanes, l.to)+1)
	} else {
		lane = bottom + laneGap*float32(slices.Index(lanes, l.to))
	}
	index := float32(slices.Index(lanes, l.to))
	beside := right + 4 + 3*index
	entry := left - 6 - 2*index
	if step > 1 {
		out = from.pos.Y + from.size.Height*0.3
		in = to.pos.Y + to.size.Height*0.3
	}
	a.path = []fyne.Position{{X: right, Y: out}, {X: beside, Y: out}, {X: beside, Y: lane}, {X: entry, Y: lane}, {X: entry, Y: in}, {X: left, Y: in}}
	return a
}
