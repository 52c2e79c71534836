package widget

import (
	"encoding/binary"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"parley/media/video"
)

// Drawing is how pictures get to the screen.
type Drawing int

// The two ways (docs/decisions/005-window.md).
const (
	// ByImage scales and converts on the CPU: best where OpenGL is software.
	ByImage Drawing = iota
	// ByShader hands the planes to the GPU.
	ByShader
)

// surface draws the pictures of one tile. prepare runs off the window's goroutine, the others on it; the tile sees to
// it that they never overlap.
type surface interface {
	object() fyne.CanvasObject
	// prepare makes a frame ready for a field of maxW × maxH pixels and reports whether there is something to swap.
	prepare(f *video.Frame, maxW, maxH int) bool
	swap()
	clear()
}

func newSurface(d Drawing, slot string, mirror bool) surface {
	if d == ByShader {
		return newShaderSurface(slot, mirror)
	}
	return newImageSurface(mirror)
}

// fit returns the largest size with the frame's ratio inside maxW × maxH, never above the frame's own.
func fit(w, h, maxW, maxH int) (int, int) {
	if w <= 0 || h <= 0 || maxW <= 0 || maxH <= 0 {
		return 0, 0
	}
	if w <= maxW && h <= maxH {
		return w, h
	}
	if w*maxH > h*maxW {
		return maxW, max(h*maxW/w, 1)
	}
	return max(w*maxH/h, 1), maxH
}

// imageSurface is a canvas.Image over two tight buffers that are as large as the picture on the screen: one is shown, the
// other is filled.
type imageSurface struct {
	image  *canvas.Image
	buffer [2]*image.RGBA
	back   int
	mirror bool
}

func newImageSurface(mirror bool) *imageSurface {
	s := &imageSurface{image: canvas.NewImageFromImage(nil), mirror: mirror}
	s.image.ScaleMode = canvas.ImageScaleFastest
	s.image.FillMode = canvas.ImageFillContain
	return s
}

func (s *imageSurface) object() fyne.CanvasObject { return s.image }

func (s *imageSurface) prepare(f *video.Frame, maxW, maxH int) bool {
	w, h := fit(f.Width, f.Height, maxW, maxH)
	if w == 0 {
		return false
	}
	buf := s.buffer[s.back]
	if buf == nil || buf.Rect.Dx() != w || buf.Rect.Dy() != h {
		buf = image.NewRGBA(image.Rect(0, 0, w, h))
		s.buffer[s.back] = buf
	}
	if video.ScaleToRGBA(buf, f) != nil {
		return false // a frame whose planes do not fit its size: the last picture stays
	}
	if s.mirror {
		mirror(buf)
	}
	return true
}

func (s *imageSurface) swap() {
	s.image.Image = s.buffer[s.back]
	s.back = 1 - s.back
	s.image.Refresh()
}

func (s *imageSurface) clear() {
	s.buffer = [2]*image.RGBA{}
	s.image.Image = nil
	s.image.Refresh()
}

// mirror exchanges left and right in place.
func mirror(m *image.RGBA) {
	w := m.Rect.Dx()
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride : y*m.Stride+4*w]
		for a, b := 0, 4*(w-1); a < b; a, b = a+4, b-4 {
			left, right := binary.LittleEndian.Uint32(row[a:]), binary.LittleEndian.Uint32(row[b:])
			binary.LittleEndian.PutUint32(row[a:], right)
			binary.LittleEndian.PutUint32(row[b:], left)
		}
	}
}
