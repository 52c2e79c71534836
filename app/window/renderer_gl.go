//go:build ((linux || windows || freebsd || openbsd || netbsd) && (amd64 || 386) && !gles) || darwin

package window

import (
	"image"

	"github.com/go-gl/gl/v2.1/gl"
)

// glRenderer is GL_RENDERER of the current context. Fyne has loaded the same functions already.
func glRenderer() string {
	if p := gl.GetString(gl.RENDERER); p != nil {
		return gl.GoStr(p)
	}
	return ""
}

// glPixels reads what was drawn last. Fyne's own Capture reads the front buffer, which software drivers leave black.
func glPixels(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	pix := make([]uint8, len(m.Pix))
	gl.ReadBuffer(gl.BACK)
	gl.ReadPixels(0, 0, int32(width), int32(height), gl.RGBA, gl.UNSIGNED_BYTE, gl.Ptr(pix))
	for y := range height { // OpenGL begins at the bottom
		copy(m.Pix[y*m.Stride:(y+1)*m.Stride], pix[(height-1-y)*m.Stride:])
	}
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 0xff
	}
	return m
}
