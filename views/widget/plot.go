package widget

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"
	"golang.org/x/image/vector"

	"parley/views/look"
)

// Series is one line of a plot; a NaN is a gap.
type Series struct {
	Name   string
	Values []float64
}

// MaxSeries a plot tells apart.
const MaxSeries = 3

const (
	plotHeight  = 96
	plotWidth   = 300
	plotCaption = 22
	plotPoints  = 300 // most values of a series; older ones are left out
	plotLine    = 2   // pixels
)

// Plot draws values over time, the newest at the right. Lines differ in their dashes too, not by colour alone.
type Plot struct {
	fynewidget.BaseWidget
	title, unit string
	points      int
	series      []Series
}

// NewPlot makes an empty plot for so many values.
func NewPlot(title, unit string, points int) *Plot {
	p := &Plot{title: title, unit: unit, points: min(max(points, 2), plotPoints)}
	p.ExtendBaseWidget(p)
	return p
}

// Set draws series anew. At most MaxSeries are drawn, of each the newest values.
func (p *Plot) Set(series ...Series) {
	p.series = series[:min(len(series), MaxSeries)]
	p.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (p *Plot) CreateRenderer() fyne.WidgetRenderer {
	r := &plotRenderer{p: p, field: canvas.NewRectangle(color.Transparent), title: canvas.NewText("", color.Transparent),
		top: canvas.NewText("", color.Transparent)}
	r.picture = canvas.NewImageFromImage(image.NewRGBA(image.Rect(0, 0, 1, 1)))
	r.picture.ScaleMode = canvas.ImageScaleFastest
	r.picture.FillMode = canvas.ImageFillStretch
	r.field.CornerRadius = look.Radius
	r.title.TextSize, r.top.TextSize = 12, 11
	r.objects = []fyne.CanvasObject{r.field, r.picture, r.title, r.top}
	for range MaxSeries {
		t := canvas.NewText("", color.Transparent)
		t.TextSize = 11
		r.legend = append(r.legend, t)
		r.objects = append(r.objects, t)
	}
	return r
}

type plotRenderer struct {
	p          *Plot
	field      *canvas.Rectangle
	picture    *canvas.Image
	title, top *canvas.Text
	legend     []*canvas.Text
	objects    []fyne.CanvasObject
	size       fyne.Size
}

func (r *plotRenderer) Destroy()                     {}
func (r *plotRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *plotRenderer) MinSize() fyne.Size {
	return fyne.NewSize(plotWidth, plotHeight+2*plotCaption)
}

func (r *plotRenderer) Layout(size fyne.Size) {
	r.size = size
	r.field.Resize(size)
	r.picture.Move(fyne.NewPos(10, plotCaption))
	r.picture.Resize(fyne.NewSize(size.Width-20, size.Height-2*plotCaption))
	r.Refresh()
}

func (r *plotRenderer) Refresh() {
	p := r.p
	highest := scale(p.series)
	r.field.FillColor = colorOf(p, theme.ColorNameInputBackground)
	r.title.Text, r.title.Color = p.title, colorOf(p, theme.ColorNameForeground)
	r.title.Move(fyne.NewPos(10, 4))
	r.top.Text, r.top.Color = number(highest)+" "+p.unit, colorOf(p, look.Muted)
	r.top.Move(fyne.NewPos(r.size.Width-10-r.top.MinSize().Width, 5))
	x := float32(10)
	for i, t := range r.legend {
		t.Text = ""
		if i < len(p.series) {
			t.Text, t.Color = dashMarks[i]+" "+p.series[i].Name+" "+latest(p.series[i].Values)+" "+p.unit, r.line(i)
			t.Move(fyne.NewPos(x, r.size.Height-18))
			x += t.MinSize().Width + 12
		}
	}
	if r.size.Width > 40 && r.size.Height > 2*plotCaption {
		r.picture.Image = r.draw(int(r.size.Width-20), int(r.size.Height-2*plotCaption), highest)
	}
	canvas.Refresh(p)
}

// dashMarks stand in the legend for how a line is drawn: whole, dashed, dotted.
var dashMarks = [MaxSeries]string{"━", "╌", "┈"}

// dashes of a line: drawn and left out, in values.
var dashes = [MaxSeries][2]int{{1, 0}, {3, 2}, {1, 1}}

func (r *plotRenderer) line(i int) color.Color {
	return colorOf(r.p, [MaxSeries]fyne.ThemeColorName{theme.ColorNamePrimary, theme.ColorNameWarning, theme.ColorNameError}[i])
}

func (r *plotRenderer) draw(width, height int, highest float64) image.Image {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for i, s := range r.p.series {
		drawSeries(picture, s.Values, r.p.points, highest, dashes[i], r.line(i))
	}
	return picture
}

// drawSeries draws a line from zero at the lower to highest at the upper edge.
func drawSeries(picture *image.RGBA, values []float64, points int, highest float64, dash [2]int, c color.Color) {
	values = values[max(0, len(values)-points):]
	size := picture.Bounds().Size()
	raster := vector.NewRasterizer(size.X, size.Y)
	at := func(i int) (x, y float32, ok bool) {
		v := values[i]
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, 0, false
		}
		x = float32(size.X) * float32(points-len(values)+i) / float32(points-1)
		share := min(max(v/highest, 0), 1)
		return x, float32(size.Y-plotLine)*float32(1-share) + plotLine/2, true
	}
	for i := 1; i < len(values); i++ {
		x0, y0, ok0 := at(i - 1)
		x1, y1, ok1 := at(i)
		if !ok0 || !ok1 || i%(dash[0]+dash[1]) >= dash[0] && dash[1] > 0 {
			continue
		}
		segment(raster, x0, y0, x1, y1)
	}
	raster.DrawOp = draw.Over
	raster.Draw(picture, picture.Bounds(), image.NewUniform(c), image.Point{})
}

// segment adds a line's outline.
func segment(raster *vector.Rasterizer, x0, y0, x1, y1 float32) {
	length := float32(math.Hypot(float64(x1-x0), float64(y1-y0)))
	if length == 0 {
		return
	}
	dx, dy := (y1-y0)/length*plotLine/2, (x0-x1)/length*plotLine/2
	raster.MoveTo(x0+dx, y0+dy)
	raster.LineTo(x1+dx, y1+dy)
	raster.LineTo(x1-dx, y1-dy)
	raster.LineTo(x0-dx, y0-dy)
	raster.ClosePath()
}

// scale is the upper edge: the largest value, rounded up to 1, 2 or 5 times a power of ten.
func scale(series []Series) float64 {
	var highest float64
	for _, s := range series {
		for _, v := range s.Values {
			if v > highest && !math.IsInf(v, 0) {
				highest = v
			}
		}
	}
	if highest == 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(highest)))
	for _, step := range []float64{1, 2, 5, 10} {
		if highest <= step*power {
			return step * power
		}
	}
	return highest
}

func latest(values []float64) string {
	if len(values) == 0 || math.IsNaN(values[len(values)-1]) {
		return "–"
	}
	return number(values[len(values)-1])
}

// number writes at most three significant figures.
func number(v float64) string {
	switch {
	case v >= 100 || v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
