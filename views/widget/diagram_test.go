package widget

import (
	"image"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/connector/diagrams"
)

func TestStatesOfADiagramDoNotCoverEachOther(t *testing.T) {
	test.NewTempApp(t)
	for _, m := range diagrams.All() {
		g := layOut(m)
		for i, a := range g.boxes {
			if a.pos.X < 0 || a.pos.Y < 0 || a.pos.X+a.size.Width > g.size.Width || a.pos.Y+a.size.Height > g.size.Height {
				t.Errorf("%s: %s lies outside of %v: %+v", m.Name, g.names[i], g.size, a)
			}
			for j, b := range g.boxes[:i] {
				if a.pos.X < b.pos.X+b.size.Width && b.pos.X < a.pos.X+a.size.Width &&
					a.pos.Y < b.pos.Y+b.size.Height && b.pos.Y < a.pos.Y+a.size.Height {
					t.Errorf("%s: %s covers %s", m.Name, g.names[i], g.names[j])
				}
			}
		}
		drawn := map[[2]int]bool{}
		for _, a := range g.arrows {
			drawn[[2]int{a.from, a.to}] = true
			for _, p := range a.path {
				if p.X < 0 || p.Y < 0 || p.X > g.size.Width || p.Y > g.size.Height {
					t.Errorf("%s: the arrow from %s to %s leaves %v at %v", m.Name, g.names[a.from], g.names[a.to], g.size, p)
				}
			}
		}
		if len(drawn) != len(linksOf(m)) {
			t.Errorf("%s: %d arrows for %d ways", m.Name, len(drawn), len(linksOf(m)))
		}
	}
}

func TestTheCurrentStateIsLit(t *testing.T) {
	test.NewTempApp(t)
	m := diagrams.All()[0]
	d := NewDiagram(m)
	r := test.WidgetRenderer(d).(*diagramRenderer)
	plain := r.boxes[1].FillColor
	d.SetCurrent(m.States[1])
	if r.boxes[1].FillColor == plain || r.boxes[0].FillColor != plain || !r.words[1].TextStyle.Bold {
		t.Error("the state is not told apart")
	}
	d.SetCurrent("")
	if r.boxes[1].FillColor != plain {
		t.Error("it stays lit")
	}
}

func TestPlotsAreBoundedAndHaveGaps(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 100, 50))
	values := make([]float64, 10_000) // far more than fit
	for i := range values {
		values[i] = 5
	}
	values[len(values)-5] = math.NaN()
	drawSeries(picture, values, 11, 10, [2]int{1, 0}, color.White)
	lit := func(x int) bool {
		for y := range 50 {
			if picture.RGBAAt(x, y).A > 0 {
				return true
			}
		}
		return false
	}
	if !lit(5) || !lit(95) {
		t.Error("the line is not there")
	}
	if lit(60) { // the sixth of ten steps is the one with the gap
		t.Error("there is no gap")
	}
	if y := picture.RGBAAt(5, 25); y.A == 0 {
		t.Error("half of the scale is not in the middle")
	}
}

func TestScaleAndNumbers(t *testing.T) {
	for value, want := range map[float64]float64{0: 1, 0.3: 0.5, 7: 10, 11: 20, 180: 200, 5000: 5000} {
		if got := scale([]Series{{Values: []float64{value, math.NaN(), math.Inf(1)}}}); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v: scale %v, want %v", value, got, want)
		}
	}
	for value, want := range map[float64]string{0: "0", 1234.5: "1234", 12.34: "12.3", 1.234: "1.23", 8: "8"} {
		if got := number(value); got != want {
			t.Errorf("%v: %q, want %q", value, got, want)
		}
	}
	if latest(nil) != "–" || latest([]float64{math.NaN()}) != "–" {
		t.Error("nothing is a figure")
	}
}

func TestAPlotDrawsInItsWindow(t *testing.T) {
	test.NewTempApp(t)
	p := NewPlot("Bitrate", "kbit/s", 60)
	window := test.NewTempWindow(t, p)
	window.Resize(fyne.NewSize(340, 160))
	p.Set(Series{Name: "sent", Values: []float64{1, 2, 3}}, Series{Name: "received", Values: []float64{3, 2, 1}},
		Series{Name: "lost"}, Series{Name: "one too many"})
	if len(p.series) != MaxSeries {
		t.Errorf("%d series", len(p.series))
	}
	r := test.WidgetRenderer(p).(*plotRenderer)
	if size := r.picture.Image.Bounds().Size(); size.X < 100 || size.Y < 50 {
		t.Errorf("picture of %v", size)
	}
}
