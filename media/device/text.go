package device

import (
	"image"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"parley/media/video"
)

var monoFont = sync.OnceValue(func() *opentype.Font {
	f, err := opentype.Parse(gomono.TTF)
	if err != nil {
		panic("device: the built-in font does not parse: " + err.Error())
	}
	return f
})

// typewriter writes lines of text, Latin and Cyrillic, into pictures. Not for concurrent use.
type typewriter struct {
	face   font.Face
	glyphs map[rune]*image.Alpha // cells of one width and height
	width  int
	height int
}

// newTypewriter with cells of about so many pixels in height.
func newTypewriter(height int) (*typewriter, error) {
	face, err := opentype.NewFace(monoFont(), &opentype.FaceOptions{Size: float64(height) * 0.8, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, err
	}
	advance, _ := face.GlyphAdvance('0')
	return &typewriter{face: face, glyphs: map[rune]*image.Alpha{}, width: advance.Ceil(), height: height}, nil
}

func (w *typewriter) glyph(r rune) *image.Alpha {
	if g, ok := w.glyphs[r]; ok {
		return g
	}
	if len(w.glyphs) > 512 {
		clear(w.glyphs)
	}
	g := image.NewAlpha(image.Rect(0, 0, w.width, w.height))
	d := font.Drawer{Dst: g, Src: image.Opaque, Face: w.face, Dot: fixed.P(0, w.height*3/4)}
	d.DrawString(string(r))
	w.glyphs[r] = g
	return g
}

// write puts white text on black at x, y (pixels, even); what does not fit is cut off.
func (w *typewriter) write(f *video.Frame, x, y int, text string) {
	if y < 0 || y+w.height > f.Height {
		return
	}
	for _, r := range text {
		if x+w.width > f.Width {
			return
		}
		g := w.glyph(r)
		for row := range w.height {
			dst := f.Y[(y+row)*f.StrideY+x:]
			for column, a := range g.Pix[row*g.Stride : row*g.Stride+w.width] {
				dst[column] = byte(16 + int(a)*219/255)
			}
		}
		for row := y / 2; row < (y+w.height)/2; row++ {
			for column := x / 2; column < (x+w.width)/2; column++ {
				f.U[row*f.StrideUV+column], f.V[row*f.StrideUV+column] = 128, 128
			}
		}
		x += w.width
	}
}
