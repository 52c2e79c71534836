package window

import (
	"image"
	"strings"

	"fyne.io/fyne/v2"

	"parley/views/widget"
)

// Ways to draw video (Options.Draw).
const (
	DrawAuto   = "auto"
	DrawImage  = "image"
	DrawShader = "shader"
)

// softwareRenderers are parts of the names under which OpenGL without a GPU goes.
var softwareRenderers = []string{"llvmpipe", "softpipe", "swrast", "swiftshader", "software", "gdi generic",
	"microsoft basic render", "virgl", "svga3d"}

// drawingFor chooses by the renderer's name. Without a name it takes the way that works everywhere.
func drawingFor(choice, renderer string) widget.Drawing {
	switch choice {
	case DrawImage:
		return widget.ByImage
	case DrawShader:
		return widget.ByShader
	}
	name := strings.ToLower(renderer)
	if name == "" {
		return widget.ByImage
	}
	for _, s := range softwareRenderers {
		if strings.Contains(name, s) {
			return widget.ByImage
		}
	}
	return widget.ByShader
}

// rendererName asks OpenGL who draws, empty when it cannot be asked. On the window's goroutine, after the window is shown.
func rendererName(w fyne.Window) string {
	inContext, ok := w.(interface{ RunWithContext(func()) })
	if !ok {
		return ""
	}
	var name string
	inContext.RunWithContext(func() { name = glRenderer() })
	return name
}

// picture is what the window shows; on the window's goroutine.
func picture(w fyne.Window) image.Image {
	c := w.Canvas()
	inContext, ok := w.(interface{ RunWithContext(func()) })
	if ok {
		var m *image.RGBA
		inContext.RunWithContext(func() { m = glPixels(c.PixelCoordinateForPosition(fyne.NewPos(c.Size().Components()))) })
		if m != nil {
			return m
		}
	}
	return c.Capture()
}
