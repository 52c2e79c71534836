// Package codectest is the test suite that every codec adapter passes, and the benchmarks of every one. An adapter's own
// test calls Video or Audio with its registered name.
package codectest

import (
	"math"

	"parley/media/video"
)

// Source paints synthetic pictures that move like a camera's: a smooth background that drifts, soft texture, and shapes
// with hard edges.
type Source struct {
	Width, Height int
}

// Paint paints picture number n of the source into a frame of its size.
func (s Source) Paint(f *video.Frame, n int) {
	shift := float64(n) * 1.5
	for y := range s.Height {
		row := f.Y[y*f.StrideY : y*f.StrideY+s.Width]
		wave := 40 * math.Sin((float64(y)+shift)/37)
		for x := range row {
			row[x] = byte(120 + wave + 40*tableSin(float64(x)+shift, 53) + 6*tableSin(float64(x*3+y*2), 11))
		}
	}
	cw, ch := (s.Width+1)/2, (s.Height+1)/2
	for y := range ch {
		u, v := f.U[y*f.StrideUV:y*f.StrideUV+cw], f.V[y*f.StrideUV:y*f.StrideUV+cw]
		for x := range u {
			u[x] = byte(128 + 50*tableSin(float64(x)+shift/2, 71))
			v[x] = byte(128 + 50*tableSin(float64(y)+shift/2, 47))
		}
	}
	side := max(2, min(s.Width, s.Height)/4)
	box(f, (n*3)%max(1, s.Width-side), (n*2)%max(1, s.Height-side), side, 210)
	box(f, s.Width-side-(n*2)%max(1, s.Width-side), s.Height/2-side/2, side/2, 40)
}

// tableSin is a sine of the period 2π·scale, from a table: painting must not dominate the tests.
func tableSin(x, scale float64) float64 {
	return sines[uint(x/scale*float64(len(sines))/(2*math.Pi))%uint(len(sines))]
}

var sines = func() (t [1024]float64) {
	for i := range t {
		t[i] = math.Sin(2 * math.Pi * float64(i) / float64(len(t)))
	}
	return t
}()

func box(f *video.Frame, left, top, side int, luma byte) {
	for y := max(0, top); y < min(f.Height, top+side); y++ {
		for x := max(0, left); x < min(f.Width, left+side); x++ {
			f.Y[y*f.StrideY+x] = luma
		}
	}
}

// PaintText paints picture number n of a shared screen: lines of dark marks on white, which scroll every 30 pictures.
func PaintText(f *video.Frame, n int) {
	scroll := n / 30 * 8
	for y := range f.Height {
		for x := range f.Width {
			v := byte(235)
			line, column := (y+scroll)/16, x/9
			if (y+scroll)%16 < 10 && x%9 < 7 {
				if h := uint32(line*7919+column*104729+(y+scroll)%16*31+x%9*17) * 2654435761; h>>29 > 4 && column%11 != 0 {
					v = 30
				}
			}
			f.Y[y*f.StrideY+x] = v
		}
	}
	for i := range f.U {
		f.U[i] = 128
	}
	for i := range f.V {
		f.V[i] = 128
	}
}

// paintNoise fills the luma with noise, the worst a camera can give.
func paintNoise(f *video.Frame, n int) {
	state := uint32(n)*2654435761 + 1
	for i := range f.Y {
		state = state*1664525 + 1013904223
		f.Y[i] = 16 + byte(state>>24)%220
	}
}

// frames paints count pictures of a size.
func frames(width, height, count int) []*video.Frame {
	list := make([]*video.Frame, count)
	for i := range list {
		list[i] = video.NewFrame(width, height)
		Source{width, height}.Paint(list[i], i)
	}
	return list
}
